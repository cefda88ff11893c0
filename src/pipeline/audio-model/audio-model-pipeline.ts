import { writeWav } from '#src/audio/formats/wav.ts';
import type { LiveSound } from '#src/audio/live-sound.ts';
import { getDurationMs } from '#src/audio/pcm.ts';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { addFailureStage } from '#src/base/errors.ts';
import type { ChatMessage, ChatModel, ChatPart, Tool } from '#src/chat/chat-model.ts';
import { withLoadingReport, withMeter } from '#src/chat/metered-chat.ts';
import {
  createReadAheadPipeline,
  maxAnswerChars,
} from '#src/pipeline/chained-pipeline.ts';
import {
  type AnswerHost,
  type AnswerSound,
  chooseAnswerSound,
  createPrompt,
  createPromptHead,
  type Pipeline,
  type ReplyPart,
  type Turn,
  type TurnUtterance,
} from '#src/pipeline/pipeline.ts';
import {
  type BoundedQueue,
  type ClauseVoice,
  type QueueBound,
  runAhead,
  speakClauses,
} from '#src/pipeline/read-ahead-speech.ts';
import { findAside, writeAnswer } from '#src/pipeline/written-answer.ts';
import { negotiate } from '#src/provider/negotiation/negotiation.ts';
import {
  isSent,
  type RequestForms,
  type RequestPart,
} from '#src/provider/negotiation/server-knowledge.ts';
import {
  isVoiceRejection,
  withVoiceMeter,
} from '#src/speech/fallbacks/speech-chains.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';
import {
  type AudibleAnswer,
  AudioReplySorter,
  ModelHabits,
} from './audio-model-reply.ts';
import type { PlacedSound } from './audio-model-words.ts';

/** The turn of an answer, and its payer. */
export type AskedAnswer = {
  readonly turn: Turn;
  readonly meter: AnswerHost['meter'];
  readonly onLiveTurn?: AnswerHost['onLiveTurn'];
};

/** Models of the pipeline. */
export type AudioModelDeps = {
  /** Opens the model for one answer. */
  readonly open: (signal: AbortSignal, asked: AskedAnswer) => ChatModel;
  /** Sends a request ahead, whose last message is the sound, while that is spoken. Never throws. */
  readonly feed?: (
    ...request: [...Parameters<NonNullable<ChatModel['feed']>>, asked: AskedAnswer]
  ) => void;
  readonly synthesizer: Synthesizer;
  readonly input: AudioInput;
};

/** A session with a server takes instructions with each question, and what it heard before it keeps in its own way. */
const orderPlace = 'instructions';

/** Bound of sound ahead, in ms. More sound waits with the server, and the text behind the sound, too. */
const soundAheadBound: QueueBound<AudibleAnswer> = {
  limit: 3_000,
  weigh: (piece) => (piece.kind === 'sound' ? getDurationMs(piece.pcm) : 0),
};
const maxSoundMs = 18 * 60_000;

/** Answers by a model that hears and speaks by itself. Text without sound is spoken by the voice. */
export function createAudioModelPipeline(deps: AudioModelDeps): Pipeline {
  const habits = new ModelHabits();
  const pipeline = createReadAheadPipeline(async (turn, answerHost, queue, signal) => {
    const prompt = await createAudioPrompt(turn, deps.input, signal);
    if (!prompt) return;
    const { voice } = chooseAnswerSound(turn);
    const { meter, onLiveTurn } = answerHost;
    const model = deps.open(signal, { turn, meter, onLiveTurn });
    const answerDeps = { model, prompt, turn, host: answerHost, habits };
    const pieces = runAhead<AudibleAnswer>(
      soundAheadBound,
      (answerQueue, inner) => askModel(answerDeps, queue, answerQueue, inner),
      signal,
    );
    const counted = withVoiceMeter(deps.synthesizer, answerHost.meter);
    const synthesizer = counted.fixEngine?.() ?? counted;
    await playAnswer(pieces, { synthesizer, voice }, queue, signal);
  });
  return {
    ...pipeline,
    feed(turn, sound, meter) {
      if (deps.input === 'transcript') return;
      const head = createPromptHead(turn, orderPlace);
      const messages = [...head, createGrowingMessage(turn, sound)];
      const { name } = chooseAnswerSound(turn).voice;
      deps.feed?.(messages, turn.tools, sound, name, { turn, meter });
    },
  };
}

type AudioAnswerDeps = {
  readonly model: ChatModel;
  readonly prompt: AudioPrompt;
  readonly turn: Turn;
  readonly host: AnswerHost;
  readonly habits: ModelHabits;
};

async function askModel(
  deps: AudioAnswerDeps,
  queue: BoundedQueue<ReplyPart>,
  answerQueue: BoundedQueue<AudibleAnswer>,
  signal: AbortSignal,
) {
  const { prompt, turn, host: answerHost } = deps;
  const wordless = new AbortController();
  void prompt.hasWords.then((has) => (has ? undefined : wordless.abort()));
  const rounds = new ModelRounds(deps, answerQueue);
  const { done, sent, tools } = turn;
  const writing = {
    chat: rounds,
    prompt: prompt.messages,
    done,
    sent,
    tools,
    host: answerHost,
  };
  let written = '';
  try {
    const until = AbortSignal.any([signal, wordless.signal]);
    for await (const part of writeAnswer(writing, until)) {
      queue.put(part);
      if (part.kind === 'text') written += part.text;
      if (written.length >= maxAnswerChars || rounds.soundMs >= maxSoundMs) break;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!wordless.signal.aborted) throw error;
  } finally {
    const aside = findAside(written);
    if (aside) queue.put(aside);
  }
}

/** The model's rounds of one answer. Each request after the first carries words in place of the sound. */
class ModelRounds implements ChatModel {
  readonly #deps: AudioAnswerDeps;
  readonly #model: ChatModel;
  readonly #answerQueue: BoundedQueue<AudibleAnswer>;
  readonly #sound: AnswerSound;
  #wordMessages: readonly ChatMessage[];
  #sorter: AudioReplySorter | undefined;

  constructor(deps: AudioAnswerDeps, answerQueue: BoundedQueue<AudibleAnswer>) {
    const { host: answerHost, model, prompt, turn } = deps;
    this.#deps = deps;
    this.#answerQueue = answerQueue;
    const metered = withMeter(model, answerHost.meter, (messages) =>
      messages.some((message) => 'wav' in message) ? prompt.soundMs : 0,
    );
    this.#model = withLoadingReport(metered, answerHost.onLoading);
    this.#sound = chooseAnswerSound(turn);
    this.#wordMessages = prompt.messages;
    void prompt.inWords.then((messages) => {
      this.#wordMessages = messages ?? this.#wordMessages;
    });
  }

  /** Length of the sound of the newest round, in ms. */
  get soundMs(): number {
    return this.#sorter?.soundMs ?? 0;
  }

  /** Asks for one round. Ends it when nothing was recognised in the sound. */
  async *reply(
    messages: readonly ChatMessage[],
    tools: readonly Tool[],
    signal: AbortSignal,
  ): AsyncGenerator<ChatPart> {
    const { habits, prompt } = this.#deps;
    // The sound was sent once, so later requests carry its words.
    const sentMessages = this.#sorter
      ? [...this.#wordMessages, ...messages.slice(prompt.messages.length)]
      : messages;
    const sorter = new AudioReplySorter(
      this.#answerQueue,
      habits,
      this.#sound.asideNotice,
      this.#sound.voice.name,
    );
    this.#sorter = sorter;
    let isWhole = false;
    try {
      for await (const part of this.#requestRound(sentMessages, tools, signal)) {
        if (!(await prompt.hasWords)) return;
        yield* sorter.sortPart(part);
      }
      isWhole = true;
    } finally {
      await sorter.endRequest(isWhole);
    }
  }

  /** Requests a round in the chosen voice, or without it if the model does not have it. */
  #requestRound(
    messages: readonly ChatMessage[],
    tools: readonly Tool[],
    signal: AbortSignal,
  ) {
    const { habits, turn } = this.#deps;
    const { name, onGone } = this.#sound.voice;
    let wasSent = false;
    const requestReply = (forms: RequestForms) => {
      const isVoiceSent = isSent(forms, 'voice');
      wasSent ||= isVoiceSent;
      const voice = isVoiceSent ? name : undefined;
      return this.#model.reply(messages, tools, signal, undefined, voice, turn.sent);
    };
    const parts = name === undefined ? [] : [{ ...voicePart, circumstance: name }];
    return negotiate(
      {
        parts,
        send: requestReply,
        isAnswer: isAnswerPart,
        findRefused: (error, forms) => {
          if (!isSent(forms, 'voice') || !isVoiceRejection(error)) throw error;
          return [{ name: 'voice' }];
        },
        onAccepted: (forms) => {
          // Later answers do not ask for it, and people are told once.
          if (name !== undefined && wasSent && !isSent(forms, 'voice'))
            onGone?.(name, 'model');
        },
        sendTrial: (_, until) =>
          this.#model.reply(trialMessages, [], until, undefined, name),
      },
      habits.knowledge,
      signal,
    );
  }
}

/** The voice of a persona. A model without that voice answers in its own. */
const voicePart: RequestPart = {
  name: 'voice',
  forms: ['chosen', ''],
  givenUp: 'never',
};
const trialMessages = [{ role: 'user', name: '', content: 'Say: yes' }] as const;

const isAnswerPart = ({ kind }: ChatPart) => kind !== 'usage';

/** Passes sound on clause by clause, and reads clauses without sound aloud. */
async function playAnswer(
  pieces: AsyncIterator<AudibleAnswer>,
  speech: ClauseVoice,
  queue: BoundedQueue<ReplyPart>,
  signal: AbortSignal,
) {
  let next = await pieces.next();
  const takeClauses = async function* () {
    for (; !next.done && next.value.kind === 'clause'; next = await pieces.next())
      yield next.value.text;
  };
  while (!next.done) {
    const { value } = next;
    if (value.kind === 'clause') {
      await speakClauses(takeClauses(), speech, queue, signal);
      continue;
    }
    await deliverPieces(
      value.kind === 'sound'
        ? value.aligner.placeSound(value.pcm)
        : value.aligner.releaseRest(),
      queue,
    );
    next = await pieces.next();
  }
}

async function deliverPieces(
  pieces: Iterable<PlacedSound>,
  queue: BoundedQueue<ReplyPart>,
) {
  for (const { pcm, ofText, begins } of pieces) {
    if (begins && ofText !== undefined) queue.put({ kind: 'clause', text: ofText });
    queue.put({ kind: 'audio', pcm, ofText, begins });
    await queue.waitForSpace();
  }
}

type AudioInput = 'audio' | 'transcript';

type AudioPrompt = {
  readonly messages: readonly ChatMessage[];
  readonly soundMs: number;
  /** True if the recogniser failed, since the model hears by itself. Never throws. */
  readonly hasWords: Promise<boolean>;
  /** For requests after the first. Never throws. */
  readonly inWords: Promise<readonly ChatMessage[] | undefined>;
};

/**
 * Creates the prompt with the sound, before its words are recognised, or with words if there is no sound or `input`
 * requires words. Undefined without a word. Throws the error of the recogniser.
 */
async function createAudioPrompt(
  turn: Turn,
  input: AudioInput,
  signal: AbortSignal,
): Promise<AudioPrompt | undefined> {
  const inWords = createPrompt(turn, signal, orderPlace);
  inWords.catch(() => undefined); // The reader of the words gets the error.
  if (input === 'transcript' || turn.utterances.every(({ pcm }) => pcm === undefined)) {
    const messages = await inWords;
    return (
      messages && { messages, soundMs: 0, hasWords: Promise.resolve(true), inWords }
    );
  }
  const heardMessages = await waitUnlessAborted(
    Promise.all(turn.utterances.map(toHeardMessages)),
    signal,
  ).catch((error: unknown) => {
    signal.throwIfAborted();
    throw addFailureStage('recognise', error);
  });
  const soundMs = turn.utterances.reduce(
    (sum, { pcm }) => sum + (pcm ? getDurationMs(pcm) : 0),
    0,
  );
  return {
    messages: [...createPromptHead(turn, orderPlace), ...heardMessages.flat()],
    soundMs,
    hasWords: inWords.then(
      (messages) => messages !== undefined,
      () => true,
    ),
    inWords: inWords.catch(() => undefined),
  };
}

/** Creates the message of an utterance of which nothing has been said yet. */
function createGrowingMessage({ utterances }: Turn, live: LiveSound): ChatMessage {
  const { name = '' } = utterances.at(-1) ?? {};
  const wav = new Uint8Array();
  const sound = { wav, toOgg: () => wav, live, words: async () => '' };
  return { role: 'user', name, content: '', ...sound };
}

/** Converts an utterance to a message with its sound, else its words, if any. */
async function toHeardMessages({
  live,
  name,
  pcm,
  transcript,
}: TurnUtterance): Promise<ChatMessage[]> {
  const recogniseWords = async () => (await transcript()).text.trim();
  if (pcm) {
    const sound = { wav: writeWav(pcm), toOgg: pcm.toOgg, live };
    return [{ role: 'user', name, content: '', ...sound, words: recogniseWords }];
  }
  const content = await recogniseWords();
  return content === '' ? [] : [{ role: 'user', name, content }];
}
