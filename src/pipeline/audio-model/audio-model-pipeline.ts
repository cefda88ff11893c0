import { writeWav } from '#src/audio/formats/wav.ts';
import type { LiveSound } from '#src/audio/live-sound.ts';
import { getDurationMs } from '#src/audio/pcm.ts';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { addFailureStage } from '#src/base/errors.ts';
import type { ChatMessage, ChatModel, ChatPart, Tool } from '#src/chat/chat-model.ts';
import { withMeter } from '#src/chat/metered-chat.ts';
import {
  createReadAheadPipeline,
  maxAnswerChars,
} from '#src/pipeline/chained-pipeline.ts';
import type {
  AnswerHost,
  Pipeline,
  ReplyPart,
  Turn,
  TurnUtterance,
} from '#src/pipeline/pipeline.ts';
import {
  chooseAnswerSound,
  createPrompt,
  createPromptHead,
} from '#src/pipeline/prompt.ts';
import {
  type BoundedQueue,
  type ClauseVoice,
  type QueueBound,
  runAhead,
  speakClauses,
} from '#src/pipeline/read-ahead-speech.ts';
import { findAside, writeAnswer } from '#src/pipeline/written-answer.ts';
import { sendUntilAccepted } from '#src/provider/reducible-request.ts';
import { withVoiceMeter } from '#src/speech/fallbacks/metered-voice.ts';
import { isVoiceRejection } from '#src/speech/fallbacks/speech-chains.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';
import {
  type AudibleAnswer,
  type AudioReplySorter,
  createAudioReplySorter,
  type ModelHabit,
} from './audio-model-reply.ts';
import type { PlacedSound } from './audio-model-words.ts';

export type AudioModelDeps = {
  readonly open: (signal: AbortSignal) => ChatModel;
  readonly feed?: ChatModel['feed'];
  readonly synthesizer: Synthesizer;
  readonly input: AudioInput;
};

/** More sound waits with the server, and the text behind it, too. */
const soundAheadBound: QueueBound<AudibleAnswer> = {
  limit: 3_000,
  weigh: (heard) => (heard.kind === 'sound' ? getDurationMs(heard.pcm) : 0),
};
const maxSoundMs = 18 * 60_000;

/** Answers by a model that hears and speaks by itself. Text without sound is spoken by the voice. */
export function createAudioModelPipeline(parts: AudioModelDeps): Pipeline {
  const habit: ModelHabit = { isSilent: false, goneVoices: new Set() };
  const pipeline = createReadAheadPipeline(async (turn, host, queue, signal) => {
    const prompt = await createAudioPrompt(turn, parts.input, signal);
    if (!prompt) return;
    const { voice } = chooseAnswerSound(turn);
    const asking = { model: parts.open(signal), prompt, turn, host, habit };
    const heard = runAhead<AudibleAnswer>(
      soundAheadBound,
      (own, inner) => askModel(asking, queue, own, inner),
      signal,
    );
    const counted = withVoiceMeter(parts.synthesizer, host.meter);
    const synthesizer = counted.fixEngine?.() ?? counted;
    await playAnswer(heard, { synthesizer, voice }, queue, signal);
  });
  return {
    ...pipeline,
    feed(turn, sound) {
      if (parts.input === 'transcript') return;
      const messages = [...createPromptHead(turn), createGrowingMessage(turn, sound)];
      const { name } = chooseAnswerSound(turn).voice;
      parts.feed?.(messages, turn.tools, sound, name);
    },
  };
}

type AudioAnswerDeps = {
  readonly model: ChatModel;
  readonly prompt: AudioPrompt;
  readonly turn: Turn;
  readonly host: AnswerHost;
  readonly habit: ModelHabit;
};

async function askModel(
  asking: AudioAnswerDeps,
  queue: BoundedQueue<ReplyPart>,
  heard: BoundedQueue<AudibleAnswer>,
  signal: AbortSignal,
) {
  const { prompt, turn, host } = asking;
  const wordless = new AbortController();
  void prompt.hasWords.then((has) => (has ? undefined : wordless.abort()));
  const rounds = createModelRounds(asking, heard);
  const { done, sent, tools } = turn;
  const writing = { chat: rounds, prompt: prompt.messages, done, sent, tools, host };
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

function createModelRounds(
  { habit, host, model: engine, prompt, turn }: AudioAnswerDeps,
  heard: BoundedQueue<AudibleAnswer>,
) {
  const model = withMeter(engine, host.meter, (messages) =>
    messages.some((message) => 'wav' in message) ? prompt.soundMs : 0,
  );
  const { asideNotice, voice } = chooseAnswerSound(turn);
  let inWords = prompt.messages;
  let current: AudioReplySorter | undefined;
  void prompt.inWords.then((words) => {
    inWords = words ?? inWords;
  });

  function replyInVoice(
    messages: readonly ChatMessage[],
    tools: readonly Tool[],
    signal: AbortSignal,
  ) {
    const { name, onGone } = voice;
    const requestReply = (chosen?: string) =>
      model.reply(messages, tools, signal, undefined, chosen, turn.sent);
    if (name === undefined || habit.goneVoices.has(name)) return requestReply();
    return sendUntilAccepted(
      {
        wanted: new Set(['voice']),
        send: (parts) => requestReply(parts.has('voice') ? name : undefined),
        isAnswer: isAnswerPart,
        reduce: (error, parts) => {
          if (parts.size === 0 || !isVoiceRejection(error)) throw error;
          return [];
        },
        onAccepted: (parts) => {
          if (parts.has('voice')) return;
          habit.goneVoices.add(name);
          onGone?.(name, 'model');
        },
      },
      signal,
    );
  }

  return {
    get soundMs(): number {
      return current?.soundMs ?? 0;
    },
    async *reply(
      messages: readonly ChatMessage[],
      tools: readonly Tool[],
      signal: AbortSignal,
    ): AsyncGenerator<ChatPart> {
      // The sound was sent once, so later requests carry its words.
      const shown = current
        ? [...inWords, ...messages.slice(prompt.messages.length)]
        : messages;
      const reply = createAudioReplySorter(heard, habit, asideNotice);
      current = reply;
      let isWhole = false;
      try {
        for await (const part of replyInVoice(shown, tools, signal)) {
          if (!(await prompt.hasWords)) return;
          yield* reply.handle(part);
        }
        isWhole = true;
      } finally {
        await reply.end(isWhole);
      }
    },
  };
}

const isAnswerPart = ({ kind }: ChatPart) => kind !== 'usage';

/** Passes sound on clause by clause, and reads clauses without sound aloud. */
async function playAnswer(
  heard: AsyncIterator<AudibleAnswer>,
  speech: ClauseVoice,
  queue: BoundedQueue<ReplyPart>,
  signal: AbortSignal,
) {
  let next = await heard.next();
  const clauses = async function* () {
    for (; !next.done && next.value.kind === 'clause'; next = await heard.next())
      yield next.value.text;
  };
  while (!next.done) {
    const { value } = next;
    if (value.kind === 'clause') {
      await speakClauses(clauses(), speech, queue, signal);
      continue;
    }
    await deliverPieces(
      value.kind === 'sound'
        ? value.words.placeSound(value.pcm)
        : value.words.releaseRest(),
      queue,
    );
    next = await heard.next();
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
  const inWords = createPrompt(turn, signal);
  inWords.catch(() => undefined); // The reader of the words gets the error.
  if (input === 'transcript' || turn.said.every(({ pcm }) => pcm === undefined)) {
    const messages = await inWords;
    return (
      messages && { messages, soundMs: 0, hasWords: Promise.resolve(true), inWords }
    );
  }
  const heard = await waitUnlessAborted(
    Promise.all(turn.said.map(toHeardMessages)),
    signal,
  ).catch((error: unknown) => {
    signal.throwIfAborted();
    throw addFailureStage('recognise', error);
  });
  const soundMs = turn.said.reduce(
    (sum, { pcm }) => sum + (pcm ? getDurationMs(pcm) : 0),
    0,
  );
  return {
    messages: [...createPromptHead(turn), ...heard.flat()],
    soundMs,
    hasWords: inWords.then(
      (words) => words !== undefined,
      () => true,
    ),
    inWords: inWords.catch(() => undefined),
  };
}

/** Creates the message of an utterance of which nothing has been said yet. */
function createGrowingMessage({ said }: Turn, live: LiveSound): ChatMessage {
  const { name = '' } = said.at(-1) ?? {};
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
  const words = async () => (await transcript()).text.trim();
  if (pcm) {
    const sound = { wav: writeWav(pcm), toOgg: pcm.toOgg, live };
    return [{ role: 'user', name, content: '', ...sound, words }];
  }
  const content = await words();
  return content === '' ? [] : [{ role: 'user', name, content }];
}
