import { getDurationMs, type Pcm } from '#src/audio/pcm.ts';
import { addFailureStage, BotError } from '#src/base/errors.ts';
import { toSpeakable } from '#src/chat/text/speakable.ts';
import type { SpeechVoice, Synthesizer } from '#src/speech/speech-engine.ts';
import { findMissingLanguage } from '#src/speech/spoken-form.ts';
import type { ReplyPart } from './pipeline.ts';

/** Limit of unread items. An item that begins below the limit may exceed it. */
export type QueueBound<T> = {
  readonly limit: number;
  readonly weigh: (item: T) => number;
};

/** The producer's side of work that runs ahead of its reader. */
export interface BoundedQueue<T> {
  /** Waits until the unread items are below the limit. Throws the reason when the work has been stopped. */
  waitForSpace(): Promise<void>;
  /** Adds an item. Never waits and never throws. A producer that keeps the bound awaits `waitForSpace` first. */
  put(item: T): void;
}

type AheadWork<T> = (queue: BoundedQueue<T>, signal: AbortSignal) => Promise<void>;

/**
 * Starts work at once, and lets one reader read its results later, in order.
 *
 * An error of the work is thrown after the results before it. A reader that leaves stops the work. Aborting `signal`
 * throws `signal.reason` at once.
 *
 * @example
 * import { runAhead } from '#src/pipeline/read-ahead-speech.ts';
 *
 * const bound = { limit: 2, weigh: () => 1 };
 * const numbers = runAhead<number>(
 *   bound,
 *   async (queue) => {
 *     for (const n of [1, 2, 3]) queue.put(n);
 *   },
 *   new AbortController().signal,
 * );
 * await Array.fromAsync(numbers); // [1, 2, 3]
 */
export function runAhead<T>(
  bound: QueueBound<T>,
  work: AheadWork<T>,
  signal: AbortSignal,
): AsyncIterableIterator<T> {
  return new AheadReader(bound, work, signal);
}

/** The queue that work writes to, and the iterator of its one reader. */
class AheadReader<T> implements AsyncIterableIterator<T, undefined>, BoundedQueue<T> {
  readonly #bound: QueueBound<T>;
  readonly #signal: AbortSignal;
  /** Ends with the work, and everything that the work started ends with it. */
  readonly #stop = new AbortController();
  readonly #items: T[] = [];
  #load = 0;
  #end: { readonly error?: unknown } | undefined;
  #change: PromiseWithResolvers<void> | undefined;

  constructor(bound: QueueBound<T>, work: AheadWork<T>, signal: AbortSignal) {
    this.#bound = bound;
    this.#signal = signal;
    if (signal.aborted) this.#stop.abort(signal.reason);
    else void this.#runWork(work);
  }

  /** Returns this reader, since its results can be read once. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Takes the next result. Throws the error of the work after the results before it. */
  async next(): Promise<IteratorResult<T, undefined>> {
    let result = this.#takeResult();
    for (; !result; result = this.#takeResult()) await this.#waitForChange();
    return result;
  }

  /** Stops the work, and drops its unread results. */
  async return(): Promise<IteratorResult<T, undefined>> {
    this.#end = {};
    this.#items.length = 0;
    this.#stop.abort();
    this.#notifyWaiters();
    return { done: true, value: undefined };
  }

  /** Adds an item, unless the work has ended. */
  put(item: T): void {
    if (this.#end || this.#stop.signal.aborted) return;
    this.#load += this.#bound.weigh(item);
    this.#items.push(item);
    this.#notifyWaiters();
  }

  /** Waits until the unread items are below the limit. */
  async waitForSpace(): Promise<void> {
    this.#stop.signal.throwIfAborted();
    while (this.#load >= this.#bound.limit) {
      await this.#waitForChange();
      this.#stop.signal.throwIfAborted();
    }
  }

  async #runWork(work: AheadWork<T>) {
    const stop = this.#stop;
    const stopWork = () => {
      stop.abort(this.#signal.reason);
      this.#notifyWaiters();
    };
    this.#signal.addEventListener('abort', stopWork);
    try {
      await work(this, stop.signal);
      this.#end ??= {};
    } catch (error) {
      this.#end ??= { error: error ?? new Error('The work threw nothing.') };
    } finally {
      this.#signal.removeEventListener('abort', stopWork);
      stop.abort();
      this.#notifyWaiters();
    }
  }

  #takeResult(): IteratorResult<T, undefined> | undefined {
    this.#signal.throwIfAborted();
    const value = this.#items.shift();
    if (value !== undefined) {
      this.#load -= this.#bound.weigh(value);
      this.#notifyWaiters();
      return { done: false, value };
    }
    if (!this.#end) return undefined;
    const { error } = this.#end;
    this.#end = {};
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }

  #waitForChange() {
    this.#change ??= Promise.withResolvers();
    return this.#change.promise;
  }

  #notifyWaiters() {
    this.#change?.resolve();
    this.#change = undefined;
  }
}

/** A voice, and the synthesizer that makes its sound. */
export type ClauseVoice = {
  readonly synthesizer: Synthesizer;
  readonly voice: SpeechVoice;
};

type ClauseSound = {
  readonly text: string;
  readonly sound: AsyncIterableIterator<Pcm>;
};

/** Bound of clauses ahead: a barge-in wastes two clauses, never ten. */
const clipBound: QueueBound<ClauseSound> = { limit: 2, weigh: () => 1 };
/** Bound of sound ahead, in ms: the rest waits in the engine. Three of these and the 5 s of a track stay below 10 s. */
const soundBound: QueueBound<Pcm> = { limit: 800, weigh: getDurationMs };
/** Longest piece of sound, since the reader may hold one more piece than the limit. */
const maxPieceMs = 200;

/** Number of failed clauses in a row after which the rest of an answer is only written. */
const maxUnspokenClauses = 2;

type VoiceProgress = {
  unspokenCount: number;
  error?: unknown;
  isOut: boolean;
};

/**
 * Speaks clauses in order onto `queue`, making the next ones ahead.
 *
 * A clause whose sound fails is `unspoken`. If the voice fails for good, so is the rest. Throws the errors of
 * `clauses`, and BotError `provider.*` or `speech.*` at the end if the last clause was unspoken, unless no voice
 * speaks its language. Each clause is said by a voice that speaks its language, whatever the clauses around it.
 */
export async function speakClauses(
  clauses: AsyncIterable<string>,
  { synthesizer, voice }: ClauseVoice,
  queue: BoundedQueue<ReplyPart>,
  signal: AbortSignal,
): Promise<void> {
  const speech = { synthesizer: synthesizer.fixEngine?.() ?? synthesizer, voice };
  const progress: VoiceProgress = { unspokenCount: 0, isOut: false };
  const clips = runAhead<ClauseSound>(
    clipBound,
    async (soundQueue) => {
      for await (const clause of clauses) {
        const text = toSpeakable(clause);
        if (text === '') continue;
        if (!progress.isOut) await soundQueue.waitForSpace();
        if (progress.isOut) continue; // The text is still passed on to be read.
        queue.put({ kind: 'clause', text });
        soundQueue.put({ text, sound: beginClauseSound(text, speech, signal) });
      }
    },
    signal,
  );
  for await (const clip of clips) {
    if (progress.isOut) await clip.sound.return?.();
    else await deliverClauseSound(clip, progress, queue, signal);
  }
  if (progress.unspokenCount > 0) throw addFailureStage('speak', progress.error);
}

function beginClauseSound(
  text: string,
  { synthesizer, voice }: ClauseVoice,
  signal: AbortSignal,
) {
  return runAhead(
    soundBound,
    async (pieces, inner) => {
      for await (const pcm of synthesizer.synthesize(text, voice, inner)) {
        for (const piece of splitPcm(pcm)) pieces.put(piece);
        await pieces.waitForSpace();
      }
    },
    signal,
  );
}

async function deliverClauseSound(
  { text, sound }: ClauseSound,
  progress: VoiceProgress,
  queue: BoundedQueue<ReplyPart>,
  signal: AbortSignal,
) {
  let hasBegun = false;
  try {
    for await (const pcm of sound) {
      queue.put({ kind: 'audio', pcm, ofText: text, begins: !hasBegun });
      hasBegun = true;
      // Another clause may only begin when the last piece of this one has been taken.
      await queue.waitForSpace();
    }
    progress.unspokenCount = 0;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof BotError)) throw error;
    if (error.code === 'speech.unspeakable' && !hasBegun) return;
    const language = findMissingLanguage(error);
    queue.put({ kind: 'unspoken', text, language });
    // The next clause may be in a language that a voice speaks.
    if (language !== undefined) return;
    progress.unspokenCount++;
    progress.error = error;
    const canRecover = error.code !== 'provider.late' && error.retryable;
    progress.isOut = progress.unspokenCount >= maxUnspokenClauses || !canRecover;
  }
}

function* splitPcm(pcm: Pcm) {
  const size = Math.ceil((maxPieceMs / 1000) * pcm.rateHz);
  for (let at = 0; at < pcm.samples.length; at += size) {
    yield { ...pcm, samples: pcm.samples.subarray(at, at + size) };
  }
}
