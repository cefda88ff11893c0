import { createChildController, waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { BotError } from '#src/base/errors.ts';
import type { ReplyFinish } from '#src/base/play-end.ts';
import type { ToolCall, Usage } from '#src/chat/chat-model.ts';
import { ConfidentialText, type TextOwner } from '#src/people/confidential-text.ts';
import type { ReplyPart, ToolResult, Turn } from '#src/pipeline/pipeline.ts';
import { chooseAnswerSound } from '#src/pipeline/prompt.ts';
import type { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import type { TurnTimestamps } from '#src/ports/session-events.ts';
import type { SpeechVoice } from '#src/speech/speech-engine.ts';
import type { PreemptiveBudget } from '#src/spending/budget-authority.ts';
import type { PaidPipeline, ReplyHost } from '#src/spending/paid-engine.ts';
import type { Reservation } from '#src/spending/reservation.ts';
import type { PlainTextId } from '#src/texts/texts.ts';

/** A part of an answer, and when it came. */
export type ArrivedPart = { readonly part: ReplyPart; readonly atMs: number };

/** Words that the bot says itself. */
export type Quote = {
  readonly text: ConfidentialText;
  /** Called when all of it was heard. */
  readonly onHeard?: () => void;
};

/** The tools of one turn, as its answer calls them. */
export interface AnswerTools {
  /** Found by a tool, to be said in place of the rest of the answer. */
  readonly quote: Quote | undefined;
  /** The tool that runs, in words for people. */
  readonly runningStep: PlainTextId | undefined;
  /** Result of a call, for the model. Aborting `signal` throws `signal.reason`. */
  run(call: ToolCall, signal: AbortSignal): Promise<ToolResult>;
}

/** Parts of a pending answer. */
type PendingAnswerOptions = {
  /** Question that it answers. */
  readonly turn: Turn;
  readonly pipeline: Pick<PaidPipeline, 'paidBy'>;
  /** It is not spoken: all of it is to be written. */
  readonly isWritten: boolean;
  readonly preemptiveBudget: PreemptiveBudget;
  /** Tools that the turn may call. */
  readonly tools: AnswerTools;
  /** Owner of what the model is shown for it. */
  readonly owner: TextOwner;
  readonly nowMs: () => number;
  /** Money set aside for it. */
  readonly reservation: Reservation;
};

type EarlyParts = {
  readonly parts: readonly ArrivedPart[];
  readonly end?: 'over' | { error: unknown };
};

/** Reason of an answer to end before its model has: quoted lines replace the rest of it. */
const quotedError = new Error('quoted lines replace the rest of the answer');

/**
 * One answer from its first request on, perhaps before it is known to be wanted: nothing of it is heard and no tool
 * runs until it is wanted.
 *
 * It is read up to its first sound, or the first that fails, so that what waits is bounded. Aborting `signal` ends it.
 */
export class PendingAnswer {
  /** Pays for all requests of this answer. */
  readonly reservation;
  readonly #options;
  readonly #replyParts;
  readonly #over;
  readonly #wanted = Promise.withResolvers<void>();
  readonly #early;
  readonly #signal;
  /** Ends the wait for the next part. */
  #rejectNext: ((reason: unknown) => void) | undefined;
  #awaitsSpeech = false;
  #fate: 'open' | 'wanted' | 'vain' = 'open';
  #tokens = 0;

  constructor(parts: PendingAnswerOptions, signal: AbortSignal) {
    this.#options = parts;
    this.reservation = parts.reservation.watchUsage((usage) => this.#countTokens(usage));
    this.#over = createChildController(signal);
    const until = this.#over.signal;
    this.#signal = until;
    const close = () => {
      this.reservation.close();
      this.#rejectNext?.(until.reason);
    };
    until.addEventListener('abort', close, { once: true });
    if (until.aborted) close();
    this.#replyParts = parts.pipeline
      .paidBy(this.reservation)
      .answer(parts.turn, this.#createHost(), until)
      [Symbol.asyncIterator]();
    this.#early = this.#gatherEarly();
  }

  /** It is not spoken: all of it is to be written. */
  get isWritten(): boolean {
    return this.#options.isWritten;
  }

  /** Owner of the answer: of what the model was shown for it, else of what a tool has quoted. */
  get owner(): TextOwner {
    const { owner } = this.#options;
    return owner === 'given' ? (this.quote?.text.owner ?? 'given') : owner;
  }

  /** The only person who may know it: nothing of it enters the channel. */
  get onlyFor(): string | undefined {
    const { owner } = this.#options;
    return owner === 'given' ? undefined : owner.onlyFor;
  }

  /** Words of it as they are written. */
  toConfidentialText(words: string): ConfidentialText {
    return new ConfidentialText(words, this.owner);
  }

  /** Voice of all that is said in this answer, once it sounds. */
  get voice(): SpeechVoice {
    return chooseAnswerSound(this.#options.turn).voice;
  }

  /** It was begun on words that were not final, and those that are get an answer in another language. */
  get isInWrongLanguage(): boolean {
    return this.#options.turn.language?.isOutdated ?? false;
  }

  /** Never rejects. */
  get ready(): Promise<void> {
    return this.#early.then(() => undefined);
  }

  /** Said in place of the rest of the answer, which has ended. */
  get quote(): Quote | undefined {
    return this.#options.tools.quote;
  }

  /** The tool that runs for it, in words for people. */
  get runningStep(): PlainTextId | undefined {
    return this.#options.tools.runningStep;
  }

  /** Which stage the next part is awaited from. */
  get stage(): 'think' | 'speak' {
    return this.#awaitsSpeech ? 'speak' : 'think';
  }

  /** Marks the answer as wanted: from now on it may have effects. */
  markWanted(): void {
    this.#wanted.resolve();
    if (this.#fate !== 'open') return;
    this.#fate = 'wanted';
    this.reservation.markWanted();
    this.#options.preemptiveBudget.use(this.#tokens);
  }

  /** Ends the answer, since no caller waits for it any longer; its reader gets this error. */
  giveUp(error: BotError): void {
    this.#over.abort(error);
  }

  /**
   * Gives all of it, to be heard or read. Once.
   *
   * Errors: the pipeline's. Aborting `signal` ends it and throws `signal.reason`.
   */
  async *releaseParts(signal: AbortSignal): AsyncGenerator<ArrivedPart> {
    const leave = () => this.#over.abort(signal.reason);
    signal.addEventListener('abort', leave);
    if (signal.aborted) leave();
    try {
      signal.throwIfAborted();
      const { parts, end } = await this.#early;
      signal.throwIfAborted();
      for (const part of parts) yield part;
      if (end !== undefined && end !== 'over') throw end.error;
      for (let isOver = end === 'over'; !isOver; ) {
        const { done, value: part } = await this.#readNext();
        isOver = done === true;
        if (!done) yield this.#toArrivedPart(part);
      }
    } catch (error) {
      if (error !== quotedError) throw error;
    } finally {
      signal.removeEventListener('abort', leave);
      this.#over.abort(new Error('the answer is over'));
    }
  }

  /** Discards the answer unheard, because it is not wanted; its tokens count as wasted. */
  discardUnheard(): void {
    if (this.#fate === 'vain') return;
    if (this.#fate === 'wanted') this.#options.preemptiveBudget.use(-this.#tokens);
    this.#options.preemptiveBudget.lose(this.#tokens);
    this.#fate = 'vain';
    this.#over.abort(new Error('the answer is not wanted'));
  }

  #createHost(): ReplyHost {
    return {
      run: (call, signal) => this.#runTool(call, AbortSignal.any([signal, this.#over.signal])),
    };
  }

  /** Not before the answer is wanted, and never once it is over. */
  async #runTool(call: ToolCall, signal: AbortSignal): Promise<ToolResult> {
    await waitUnlessAborted(this.#wanted.promise, signal);
    signal.throwIfAborted();
    const result = await this.#options.tools.run(call, signal);
    if (this.quote !== undefined) this.#over.abort(quotedError);
    return result;
  }

  #countTokens({ inputTokens, outputTokens }: Usage) {
    const tokens = inputTokens + outputTokens;
    this.#tokens += tokens;
    if (this.#fate === 'wanted') this.#options.preemptiveBudget.use(tokens);
    if (this.#fate === 'vain') this.#options.preemptiveBudget.lose(tokens);
  }

  async #gatherEarly(): Promise<EarlyParts> {
    const parts: ArrivedPart[] = [];
    try {
      for (;;) {
        const { done, value: part } = await this.#readNext();
        if (done) return { parts, end: 'over' };
        parts.push(this.#toArrivedPart(part));
        if (part.kind === 'audio' || part.kind === 'unspoken') return { parts };
      }
    } catch (error) {
      return { parts, end: { error } };
    }
  }

  /** Next part; the wait ends with this answer, also where a pipeline heeds no signal. */
  #readNext(): Promise<IteratorResult<ReplyPart>> {
    return new Promise((resolve, reject) => {
      this.#signal.throwIfAborted();
      this.#rejectNext = reject;
      this.#replyParts.next().then(resolve, reject);
    });
  }

  #toArrivedPart(part: ReplyPart): ArrivedPart {
    if (part.kind === 'clause') this.#awaitsSpeech = true;
    if (part.kind === 'audio' || part.kind === 'unspoken') this.#awaitsSpeech = false;
    return { part, atMs: this.#options.nowMs() };
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Content of an answer so far; filled while it streams, so that a failure loses nothing of it. */
export type AnswerProgress = {
  text: string;
  /** Text that is to be read, not heard. */
  aside?: string;
  /** All of its text was written: it counts like text that was heard. */
  isWritten?: boolean;
  readonly instants: Writable<TurnTimestamps>;
};

/** An answer that is over. */
export type FinishedAnswer = {
  readonly reply: SpokenReply;
  readonly progress: AnswerProgress;
  readonly finish: ReplyFinish;
  readonly owner: TextOwner;
};

/**
 * Puts an answer on its track as it arrives. Waits where the track is full.
 *
 * Errors: what the pipeline throws. Aborting `signal` throws `signal.reason`.
 */
export async function writeAnswer(
  parts: AsyncIterable<ArrivedPart>,
  reply: SpokenReply,
  progress: AnswerProgress,
  signal: AbortSignal,
): Promise<void> {
  const { instants } = progress;
  for await (const { part, atMs } of parts) {
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
