import { createChildController, waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { BotError } from '#src/base/errors.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { ReplyFinish } from '#src/base/play-end.ts';
import type { ToolCall, Usage } from '#src/chat/chat-model.ts';
import { type Origin, Owned, type Owner } from '#src/people/owned.ts';
import type { WordsJudge } from '#src/pipeline/chained-pipeline.ts';
import {
  type AnswerHost,
  chooseAnswerSound,
  formatLanguageOrder,
  type ReplyPart,
  type ToolResult,
  type Turn,
} from '#src/pipeline/pipeline.ts';
import type { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import type { AnswerUsage, TurnTimestamps } from '#src/ports/session-events.ts';
import type { SpeechVoice } from '#src/speech/speech-engine.ts';
import type { PaidPipeline, ReplyHost } from '#src/spending/paid-engine.ts';
import type { Reservation } from '#src/spending/reservation.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** A part of an answer, and the monotonic ms of its arrival. */
export type ArrivedPart = { readonly part: ReplyPart; readonly atMs: number };

/** Text of other people that a tool found, said in place of the rest of an answer. */
export type Quote = {
  readonly text: Owned<string>;
  /** People whose words it repeats, so that an erasure finds what was made of it. */
  readonly authorIds?: readonly PersonId[];
  /** Called once the quoted text has been heard. */
  readonly onHeard?: () => void;
};

/** The tool calls of one answer. */
export interface AnswerTools {
  readonly quote: Quote | undefined;
  readonly runningStep: TextLine | undefined;
  /** Takes the failures of calls that people have not been told of. */
  takeFailures(): readonly TextLine[];
  /** Tests whether the chat was told of a change in just these words. */
  isTold(text: string): boolean;
  /** Runs one call of the model. Aborting `signal` throws `signal.reason`. */
  run(call: ToolCall, signal: AbortSignal): Promise<ToolResult>;
}

type PendingAnswerOptions = {
  readonly turn: Turn;
  readonly pipeline: Pick<PaidPipeline, 'withReservation'>;
  readonly isWritten: boolean;
  readonly preemptiveBudget: PreemptiveBudget;
  readonly tools: AnswerTools;
  readonly awaitJudgement?: WordsJudge['awaitJudgement'] | undefined;
  /** Called once the answer is wanted, for each turn of a live model or its stand-in. */
  readonly onLiveTurn?: AnswerHost['onLiveTurn'];
  /** Owner and sources of the words in its prompt. */
  readonly origin: Origin;
  /** Returns monotonic ms, for the times of a turn. */
  readonly nowMs: () => number;
  readonly reservation: Reservation;
};

/** A quote replaces the rest of the answer, so the answer ends before its model does. */
const quotedError = new Error('quoted lines replace the rest of the answer');

/**
 * One answer from its first request on. The answer is made up to its first sound at once. No sound leaves and no tool
 * runs before `markWanted`. Then read `releaseParts`, or call `discardUnheard`.
 */
export class PendingAnswer {
  /** Money set aside for this answer. It closes as the answer ends. */
  readonly reservation: Reservation;
  readonly #options;
  readonly #replyParts;
  readonly #ending;
  readonly #wanted = Promise.withResolvers<void>();
  readonly #early;
  readonly #signal;
  #rejectNext: ((reason: unknown) => void) | undefined;
  #awaitsSpeech = false;
  #isLoading = false;
  #fate: 'open' | 'wanted' | 'vain' = 'open';
  #usage: AnswerUsage | undefined;

  constructor(options: PendingAnswerOptions, signal: AbortSignal) {
    this.#options = options;
    this.reservation = options.reservation.watchUsage((usage) =>
      this.#countTokens(usage),
    );
    this.#ending = createChildController(signal);
    const until = this.#ending.signal;
    this.#signal = until;
    const closeReservation = () => {
      this.reservation.close();
      this.#rejectNext?.(until.reason);
    };
    until.addEventListener('abort', closeReservation, { once: true });
    if (until.aborted) closeReservation();
    this.#replyParts = options.pipeline
      .withReservation(this.reservation)
      .answer(options.turn, this.#createHost(), until)
      [Symbol.asyncIterator]();
    this.#early = this.#gatherEarly();
  }

  /** Tokens of all requests to the chat model so far. Undefined before the first is counted. */
  get usage(): AnswerUsage | undefined {
    return this.#usage;
  }

  /** True if the answer is read in the chat, and not spoken. */
  get isWritten(): boolean {
    return this.#options.isWritten;
  }

  /** Gets the owner of the words in the prompt, else of the quote. */
  get owner(): Owner {
    const { owner } = this.#options.origin;
    return owner === 'given' ? (this.quote?.text.owner ?? 'given') : owner;
  }

  /** Only person that may know the answer, if there is one. */
  get onlyFor(): PersonId | undefined {
    const { owner } = this.#options.origin;
    return owner === 'given' ? undefined : owner.onlyFor;
  }

  /** Wraps a text of this answer with its owner and the sources of its prompt. */
  toOwnedText(text: string): Owned<string> {
    return new Owned(text, this.owner, this.#options.origin.sources);
  }

  /** Tests whether the chat was told of a change in just the words of this answer, so that they stand there. */
  isTold(text: string): boolean {
    return this.#options.tools.isTold(text.trim());
  }

  /** Voice of all clauses. It follows the language of the turn as far as known. */
  get voice(): SpeechVoice {
    return chooseAnswerSound(this.#options.turn).voice;
  }

  /** Language (BCP 47) in which the asker is answered, as far as known now. */
  get language(): string | undefined {
    return this.#options.turn.language?.now;
  }

  /** Order on the language of the answer, as its prompt has it once `ready` resolves. */
  get languageOrder(): string {
    return formatLanguageOrder(this.#options.turn.language);
  }

  /** True if the turn's final transcript calls for another language than this answer was begun in. */
  get isInWrongLanguage(): boolean {
    return this.#options.turn.language?.isOutdated ?? false;
  }

  /** Resolves once the first sound waits, or the answer has ended without one. Never rejects. */
  get ready(): Promise<unknown> {
    return this.#early;
  }

  /** Text of others that a tool gave, which replaces the rest of the answer. */
  get quote(): Quote | undefined {
    return this.#options.tools.quote;
  }

  /** Sentence about the work of the tool that runs now, or about a model that is still loading. */
  get runningStep(): TextLine | undefined {
    const { runningStep } = this.#options.tools;
    return runningStep ?? (this.#isLoading ? { id: 'fail.loading' } : undefined);
  }

  /** Takes the failures of calls that people have not been told of. */
  takeFailures(): readonly TextLine[] {
    return this.#options.tools.takeFailures();
  }

  /** Stage that the answer waits for, which a deadline error names. */
  get stage(): 'think' | 'speak' {
    return this.#awaitsSpeech ? 'speak' : 'think';
  }

  /** Lets tools run, and counts the tokens as used. Call it once the turn's end is decided. */
  markWanted(): void {
    this.#wanted.resolve();
    if (this.#fate !== 'open') return;
    this.#fate = 'wanted';
    this.reservation.markWanted();
    this.#options.preemptiveBudget.use(this.#countAllTokens());
  }

  /** Ends the answer. `releaseParts` throws `error`. */
  giveUp(error: BotError): void {
    this.#ending.abort(error);
  }

  /** Yields all parts once. Errors: as the pipeline. */
  async *releaseParts(signal: AbortSignal): AsyncGenerator<ArrivedPart> {
    const endAnswer = () => this.#ending.abort(signal.reason);
    signal.addEventListener('abort', endAnswer);
    if (signal.aborted) endAnswer();
    try {
      signal.throwIfAborted();
      const { arrived, end } = await this.#early;
      signal.throwIfAborted();
      for (const part of arrived) yield part;
      if (end !== undefined && end !== 'over') throw end.error;
      for (let isOver = end === 'over'; !isOver; ) {
        const { done, value: part } = await this.#readNext();
        isOver = done === true;
        if (!done) yield this.#toArrivedPart(part);
      }
    } catch (error) {
      if (error !== quotedError) throw error;
    } finally {
      signal.removeEventListener('abort', endAnswer);
      this.#ending.abort(new Error('the answer is over'));
    }
  }

  /** Ends the answer. Its tokens count as wasted. */
  discardUnheard(): void {
    if (this.#fate === 'vain') return;
    if (this.#fate === 'wanted')
      this.#options.preemptiveBudget.use(-this.#countAllTokens());
    this.#options.preemptiveBudget.lose(this.#countAllTokens());
    this.#fate = 'vain';
    this.#ending.abort(new Error('the answer is not wanted'));
  }

  #createHost(): ReplyHost {
    const { awaitJudgement } = this.#options;
    return {
      run: (call, signal) =>
        this.#runTool(call, AbortSignal.any([signal, this.#ending.signal])),
      wordsJudge: awaitJudgement && {
        awaitJudgement,
        waitUntilWanted: (signal) => waitUnlessAborted(this.#wanted.promise, signal),
      },
      onLoading: () => {
        this.#isLoading = true;
      },
      onLiveTurn: (failure) =>
        void this.#wanted.promise.then(() => this.#options.onLiveTurn?.(failure)),
    };
  }

  async #runTool(call: ToolCall, signal: AbortSignal) {
    // A tool runs only once the answer is wanted, and never after its end.
    await waitUnlessAborted(this.#wanted.promise, signal);
    signal.throwIfAborted();
    const result = await this.#options.tools.run(call, signal);
    if (this.quote !== undefined) this.#ending.abort(quotedError);
    return result;
  }

  #countTokens({ inputTokens, outputTokens }: Usage) {
    const tokens = inputTokens + outputTokens;
    const { usage = { inputTokens: 0, outputTokens: 0 } } = this;
    this.#usage = {
      inputTokens: usage.inputTokens + inputTokens,
      outputTokens: usage.outputTokens + outputTokens,
    };
    if (this.#fate === 'wanted') this.#options.preemptiveBudget.use(tokens);
    if (this.#fate === 'vain') this.#options.preemptiveBudget.lose(tokens);
  }

  #countAllTokens() {
    const { inputTokens = 0, outputTokens = 0 } = this.#usage ?? {};
    return inputTokens + outputTokens;
  }

  async #gatherEarly(): Promise<{
    readonly arrived: readonly ArrivedPart[];
    readonly end?: 'over' | { error: unknown };
  }> {
    const arrived: ArrivedPart[] = [];
    try {
      for (;;) {
        const { done, value: part } = await this.#readNext();
        if (done) return { arrived, end: 'over' };
        arrived.push(this.#toArrivedPart(part));
        if (part.kind === 'audio' || part.kind === 'unspoken') return { arrived };
      }
    } catch (error) {
      return { arrived, end: { error } };
    }
  }

  /** Reads the next part. Rejects at the answer's end, even if a pipeline heeds no signal. */
  #readNext(): Promise<IteratorResult<ReplyPart>> {
    return new Promise((resolve, reject) => {
      this.#signal.throwIfAborted();
      this.#rejectNext = reject;
      this.#replyParts.next().then(resolve, reject);
    });
  }

  #toArrivedPart(part: ReplyPart) {
    if (part.kind !== 'usage') this.#isLoading = false;
    if (part.kind === 'clause') this.#awaitsSpeech = true;
    if (part.kind === 'audio' || part.kind === 'unspoken') this.#awaitsSpeech = false;
    return { part, atMs: this.#options.nowMs() };
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The text and times of an answer so far, kept while the answer streams, so that a failure loses nothing. */
export type AnswerProgress = {
  text: string;
  aside?: string;
  /** True if people got the answer in writing, so that all of its text counts as heard. */
  isWritten?: boolean;
  /** True if a message has just these words. */
  isMessage?: boolean;
  /** Why some of it had no sound: speech failed, or no voice speaks its language. */
  unspoken?: 'failed' | 'voiceless';
  /** Language (BCP 47) of the first clause that no voice speaks. */
  missingLanguage?: string | undefined;
  readonly instants: Partial<Writable<TurnTimestamps>>;
};

/** An answer that is over, with its reply on the track. */
export type FinishedAnswer = {
  readonly reply: SpokenReply;
  readonly progress: AnswerProgress;
  readonly finish: ReplyFinish;
  readonly pending: Pick<PendingAnswer, 'toOwnedText'>;
};

/**
 * Writes the parts of an answer to its track as they arrive, and waits where the track is full. Errors: those of the
 * parts.
 */
export async function writeAnswer(
  arrivals: AsyncIterable<ArrivedPart>,
  reply: Pick<SpokenReply, 'endSentence' | 'write'>,
  progress: AnswerProgress,
  signal: AbortSignal,
): Promise<void> {
  const { instants } = progress;
  for await (const { part, atMs } of arrivals) {
    switch (part.kind) {
      case 'text':
        instants.firstTokenAtMs ??= atMs;
        progress.text += part.text;
        break;
      case 'clause':
        instants.firstClauseAtMs ??= atMs;
        break;
      case 'audio':
        instants.firstSpeechAtMs ??= atMs;
        if (part.begins) reply.endSentence();
        await reply.write(part.pcm, part.ofText, signal);
        break;
      case 'aside':
        progress.aside = part.text;
        break;
      case 'unspoken':
      case 'tool':
      case 'cut':
      case 'usage':
        break;
    }
  }
}

const maxLostShare = 0.15;
/** The share applies from this number of tokens. */
const graceTokens = 4_000;

/** Bounds the tokens of preemptive answers that nobody hears, in one session. */
export class PreemptiveBudget {
  #usedTokens = 0;
  #lostTokens = 0;

  /** Whether a further preemptive answer may begin. */
  get allows(): boolean {
    const totalTokens = Math.max(graceTokens, this.#usedTokens + this.#lostTokens);
    return this.#lostTokens <= maxLostShare * totalTokens;
  }

  /** Counts tokens of an answer that people hear. Negative tokens take a count back. */
  use(tokens: number): void {
    this.#usedTokens += tokens;
  }

  /** Counts tokens of an answer that was discarded. */
  lose(tokens: number): void {
    this.#lostTokens += tokens;
  }
}
