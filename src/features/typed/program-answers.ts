import { createHash } from 'node:crypto';
import type { Clock } from '#src/base/clock.ts';
import { holdStream } from '#src/base/hold-stream.ts';
import type { GuildId } from '#src/base/ids.ts';
import { toNonEmptyText } from '#src/base/json.ts';
import type { ChatMessage } from '#src/chat/chat-model.ts';
import type {
  Deps,
  SessionDependencies,
} from '#src/conversation/session-dependencies.ts';
import type {
  FailedStream,
  OpenStream,
  ProgramAnswer,
  ProgramMessage,
  ProgramPart,
  ProgramQuestion,
  ProgramSpeech,
  ProgramText,
} from '#src/features/contract/http-api-ports.ts';
import {
  tooMuchAtOnce,
  WrittenAnswerConcurrency,
} from '#src/features/contract/written-answer-concurrency.ts';
import type {
  PipelineName,
  ReplyPart,
  ReplyStyle,
  Turn,
  TurnUtterance,
} from '#src/pipeline/pipeline.ts';
import { type StoredSettings, toSpokenStyle } from '#src/settings/stored-settings.ts';
import type { Recordings } from '#src/sources/recordings.ts';
import { withTranscriptionOptions } from '#src/speech/hints.ts';
import { createBudgetError } from '#src/spending/reservation.ts';
import { openProgramSpeech } from './program-speech.ts';
import { runOnce, transcribeSound } from './question-utterances.ts';
import { openUnspokenAnswer, type UnspokenQuestion } from './unspoken-answer.ts';

const maxPerServer = 4;

type ProgramSettings = Pick<StoredSettings, 'getForGuild' | 'getStyle' | 'loadGuild'>;

/** Answers programs over HTTP, with four answers at a time in each server. */
export class ProgramAnswers {
  readonly keptWords: KeptWords;
  readonly #deps: SessionDependencies;
  readonly #settings: ProgramSettings;
  readonly #recordings: Recordings;
  readonly #ending: AbortSignal;
  readonly #concurrency = new WrittenAnswerConcurrency(maxPerServer, maxPerServer);

  /** Creates the answers. Aborting `ending` ends them and forgets the kept words. */
  constructor(
    deps: SessionDependencies,
    settings: ProgramSettings,
    recordings: Recordings,
    ending: AbortSignal,
  ) {
    this.#deps = deps;
    this.#settings = settings;
    this.#recordings = recordings;
    this.#ending = ending;
    const keptWords = new KeptWords(deps.clock);
    ending.addEventListener('abort', () => keptWords.forget(), { once: true });
    this.keptWords = keptWords;
  }

  /**
   * Lists pipelines, the server's own first, without those whose
   * conversation belongs to one channel.
   */
  listPipelines(guildId: GuildId): readonly PipelineName[] {
    const { pipeline } = this.#settings.getForGuild(guildId);
    return this.#deps.pipelines.names
      .filter((name) => name !== 'realtime' && name !== 'live')
      .toSorted((a, b) => Number(b === pipeline) - Number(a === pipeline));
  }

  /** Answers a question. The parts throw errors of the pipeline. */
  answerQuestion(
    question: ProgramQuestion,
    signal: AbortSignal,
  ): Promise<ProgramAnswer> {
    return this.#openInSlot(question, signal, (until) =>
      this.#openAnswer(question, until),
    );
  }

  /**
   * Speaks a text, mono at `speakRateHz`. The sound throws errors of the synthesizer.
   */
  openSpeech(text: ProgramText, signal: AbortSignal): Promise<ProgramSpeech> {
    return this.#openInSlot(text, signal, (until) =>
      openProgramSpeech('speech to a program', text, this.#deps, this.#settings, until),
    );
  }

  /** The stream counts for the limit until it was read. */
  async #openInSlot<Part, Other extends { readonly kind: 'failed' | 'unspeakable' }>(
    { asker, guildId }: Pick<ProgramQuestion, 'asker' | 'guildId'>,
    signal: AbortSignal,
    open: (until: AbortSignal) => Promise<OpenStream<Part> | Other>,
  ): Promise<OpenStream<Part> | Other | FailedStream> {
    using stack = new DisposableStack();
    if (!stack.use(this.#concurrency.enter(guildId, asker.id))) return tooMuchAtOnce;
    const until = AbortSignal.any([signal, this.#ending]);
    const answer = await open(until);
    if (answer.kind !== 'open') return answer;
    return { kind: 'open', parts: holdStream(answer.parts, stack.move(), until) };
  }

  async #openAnswer(
    question: ProgramQuestion,
    signal: AbortSignal,
  ): Promise<ProgramAnswer> {
    const { guildId, onUsage, speechModel: model, voice } = question;
    await this.#settings.loadGuild(guildId);
    const style = toSpokenStyle(this.#settings.getStyle(guildId), { voice, model });
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    const unspokenQuestion = this.#toUnspokenQuestion(question, style, until);
    const answers: AsyncIterable<ReplyPart>[] = [];
    while (answers.length < question.choices) {
      const answer = openUnspokenAnswer(unspokenQuestion, this.#deps, until, onUsage);
      if (answer.kind === 'failed') {
        // Reservations of the other answers become free.
        over.abort();
        return answer;
      }
      answers.push(answer.parts);
    }
    return { kind: 'open', parts: readInTurn(answers, over) };
  }

  #toUnspokenQuestion(
    question: ProgramQuestion,
    style: ReplyStyle,
    signal: AbortSignal,
  ): UnspokenQuestion {
    const { asker, guildId, isSpoken } = question;
    const { pipelines } = this.#deps;
    const conversation = new ProgramConversation(
      question,
      {
        ...this.#deps,
        style,
        recordings: this.#recordings,
        keptWords: this.keptWords,
      },
      signal,
    );
    return {
      askerId: asker.id,
      guildId,
      pipeline: isSpoken
        ? pipelines.open(this.#choosePipeline(question))
        : pipelines.textOnly(),
      isWritten: !isSpoken,
      turn: conversation.toKnownTurn(),
      ready: runOnce(() => conversation.toRecognisedTurn()),
    };
  }

  #choosePipeline({
    guildId,
    messages,
    pipeline,
  }: Pick<ProgramQuestion, 'guildId' | 'messages' | 'pipeline'>) {
    if (messages.some(({ content }) => content.some(isPicture))) return 'chained';
    return pipeline ?? this.listPipelines(guildId)[0] ?? 'chained';
  }
}

/** Reads one answer after the other. Ending the stream early ends unread answers. */
async function* readInTurn(
  answers: readonly AsyncIterable<ReplyPart>[],
  over: AbortController,
) {
  try {
    yield* answers;
  } finally {
    over.abort();
  }
}

type ProgramConversationDeps = Deps<'clock' | 'spending' | 'transcriber'> & {
  readonly recordings: Recordings;
  readonly keptWords: KeptWords;
  /** System messages replace the instructions of this style. */
  readonly style: ReplyStyle;
};

type SoundTexts = ReadonlyMap<ProgramPart, string>;

/** The conversation that a program sent with its request, as a turn of a pipeline. */
class ProgramConversation {
  readonly #question: ProgramQuestion;
  readonly #deps: ProgramConversationDeps;
  readonly #signal: AbortSignal;
  /** Content of the last message, which is the question. */
  readonly #questionParts: readonly ProgramPart[];

  /** Creates the conversation. Aborting `signal` ends its recognition with the reason. */
  constructor(
    question: ProgramQuestion,
    deps: ProgramConversationDeps,
    signal: AbortSignal,
  ) {
    this.#question = question;
    this.#deps = deps;
    this.#signal = signal;
    this.#questionParts = question.messages.at(-1)?.content ?? [];
  }

  /** Builds a turn at once, in which sounds have no words. */
  toKnownTurn(): Turn {
    return this.#toTurn(this.#question.messages, new Map(), []);
  }

  /**
   * Builds a turn, in which sounds become utterances. Throws errors of the
   * recogniser, and BotError `source.*` or `budget.used`.
   */
  async toRecognisedTurn(): Promise<Turn> {
    const { messages } = this.#question;
    const isHeard =
      this.#questionParts.some(({ input_audio }) => input_audio) &&
      !this.#questionParts.some(isPicture);
    const history = isHeard ? messages.slice(0, -1) : messages;
    const texts = new Map<ProgramPart, string>();
    for (const part of history.flatMap(({ content }) => content))
      if (part.input_audio) texts.set(part, await this.#recogniseSound(part));
    const utterances = await Array.fromAsync(
      isHeard ? this.#questionParts : [],
      (part) => this.#toUtterance(part),
    );
    return this.#toTurn(history, texts, utterances);
  }

  #toTurn(
    messages: readonly ProgramMessage[],
    texts: SoundTexts,
    utterances: readonly TurnUtterance[],
  ): Turn {
    const { style } = this.#deps;
    const isInstructed = this.#question.messages.some(({ role }) => role === 'system');
    return {
      utterances,
      style: isInstructed ? { ...style, instructions: '' } : style,
      history: messages.map((message) => toChatMessage(message, texts)),
      tools: [],
      sent: this.#question.sent,
    };
  }

  async #readSound({ input_audio }: ProgramPart) {
    const { guildId } = this.#question;
    const bytes = Buffer.from(`${input_audio?.data}`, 'base64');
    const file = { url: '', name: 'sound', bytes };
    return await this.#deps.recordings.read(guildId, file, this.#signal);
  }

  #recogniseSound(part: ProgramPart): Promise<string> {
    const { asker, guildId, keptFor, transcriptionModel: model } = this.#question;
    const { keptWords, spending, transcriber } = this.#deps;
    const hash = createHash('sha256')
      .update(`${part.input_audio?.data}`)
      .digest('base64');
    return keptWords.getOrMake(`${keptFor}${hash} ${model}`, async () => {
      const listening = spending.openRecordingBudget(guildId, asker.id);
      if ('line' in listening) throw createBudgetError(listening.cap);
      const recogniser = withTranscriptionOptions(
        transcriber.withReservation(listening.reservation),
        { model },
      );
      const pcm = await this.#readSound(part);
      return (await transcribeSound(pcm, recogniser, this.#signal)).text.trim();
    });
  }

  async #toUtterance(part: ProgramPart): Promise<TurnUtterance> {
    const { asker, messages } = this.#question;
    const atMs = this.#deps.clock.nowMs();
    return {
      speakerId: asker.id,
      name: toNonEmptyText(messages.at(-1)?.name) ?? '',
      fromMs: atMs,
      text: part.text,
      pcm: part.input_audio && (await this.#readSound(part)),
      transcript: async () => ({
        text: part.text ?? (await this.#recogniseSound(part)),
      }),
    };
  }
}

function toChatMessage({ content, ...fields }: ProgramMessage, texts: SoundTexts) {
  const parts = content.map((part) =>
    part.input_audio ? toTextPart(texts.get(part) || '(no words)') : part,
  );
  const text = parts.map((part) => part.text ?? '').join('\n');
  // Plain text is one string, the form that every server takes.
  const isPlain = parts.every(
    (part) => part.text !== undefined && Object.keys(part).length === 2,
  );
  const written = text === '' && fields.role === 'assistant' ? null : text; // it called tools
  // `sent` holds the role, so the type of the message is not known here.
  return {
    role: fields.role,
    content: text,
    pictures: parts.flatMap(({ image_url }) => image_url?.url ?? []),
    sent: { ...fields, content: isPlain ? written : parts },
  } as ChatMessage;
}

/** Wraps a text as a part of a program's message. */
export function toTextPart(text: string): ProgramPart {
  return { type: 'text', text };
}

/** Tests whether a part is a picture, which only a chat model takes. */
function isPicture({ image_url }: ProgramPart): boolean {
  return image_url !== undefined;
}

type KeptText = { readonly text: Promise<string>; readonly stopTimer: () => void };

/** A text is kept this long after its last use. */
export const keptWordsMs: number = 15 * 60_000;
/** One more drops the text unused for longest. */
const maxTexts = 1_000;

/**
 * Keeps words of sounds from programs, and of answers to them, in memory. The prefix of a key is server and token, so that a token
 * finds only its own.
 *
 * @example
 * import type { Clock } from '#src/base/clock.ts';
 * import { KeptWords } from '#src/features/typed/program-answers.ts';
 *
 * declare const clock: Clock;
 * const keptWords = new KeptWords(clock);
 * const words = await keptWords.getOrMake('server token hash', async () => 'hello');
 */
export class KeptWords {
  readonly #clock: Pick<Clock, 'later'>;
  readonly #texts = new Map<string, KeptText>();

  constructor(clock: Pick<Clock, 'later'>) {
    this.#clock = clock;
  }

  /** Finds words and keeps them longer. Rejects with the error of the maker. */
  find(key: string): Promise<string> | undefined {
    const entry = this.#texts.get(key);
    if (!entry) return undefined;
    this.keep(key, entry.text);
    return entry.text;
  }

  /** Returns kept words, or makes them once for concurrent callers. */
  getOrMake(key: string, make: () => Promise<string>): Promise<string> {
    // A waiting caller makes the words after a failure.
    const text = this.#texts.get(key)?.text.catch(make) ?? make();
    this.keep(key, text);
    return text;
  }

  /** Keeps words in place of those with the same key. Words that fail are dropped. */
  keep(key: string, text: Promise<string>): void {
    this.#drop(key);
    const dropIfUnchanged = () => {
      // The timer of an older text must not drop a newer one.
      if (this.#texts.get(key)?.text === text) this.#drop(key);
    };
    this.#texts.set(key, {
      text,
      stopTimer: this.#clock.later(keptWordsMs, dropIfUnchanged),
    });
    text.catch(dropIfUnchanged);
    const [oldestKey = key] = this.#texts.keys();
    if (this.#texts.size > maxTexts) this.#drop(oldestKey);
  }

  /** Forgets words with a key that begins with `prefix`: a token, or a server with a space. */
  forget(prefix: string = ''): void {
    for (const key of [...this.#texts.keys()])
      if (key.startsWith(prefix)) this.#drop(key);
  }

  #drop(key: string) {
    this.#texts.get(key)?.stopTimer();
    this.#texts.delete(key);
  }
}
