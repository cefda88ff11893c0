import { getDurationMs, type Pcm } from '#src/audio/pcm.ts';
import { addFailureStage, BotError } from '#src/base/errors.ts';
import { toSpeakable } from '#src/chat/text/speakable.ts';
import type { SpeechVoice, Synthesizer } from '#src/speech/speech-engine.ts';
import type { ReplyPart } from './pipeline.ts';

/** Limit of unread items. An item that begins below the limit may exceed it. */
export type QueueBound<T> = {
  readonly limit: number;
  readonly weigh: (item: T) => number;
};

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
  /** Ends with the work, and everything that the work started ends with it. */
  const stop = new AbortController();
  const items: T[] = [];
  let load = 0;
  let ended: { readonly error?: unknown } | undefined;
  let change: PromiseWithResolvers<void> | undefined;

  async function runWork() {
    const abort = () => {
      stop.abort(signal.reason);
      notify();
    };
    signal.addEventListener('abort', abort);
    try {
      await work({ put, waitForSpace }, stop.signal);
      ended ??= {};
    } catch (error) {
      ended ??= { error: error ?? new Error('The work threw nothing.') };
    } finally {
      signal.removeEventListener('abort', abort);
      stop.abort();
      notify();
    }
  }

  async function waitForSpace() {
    stop.signal.throwIfAborted();
    while (load >= bound.limit) {
      await waitForChange();
      stop.signal.throwIfAborted();
    }
  }

  function put(item: T) {
    if (ended || stop.signal.aborted) return;
    load += bound.weigh(item);
    items.push(item);
    notify();
  }

  function takeResult(): IteratorResult<T, undefined> | undefined {
    signal.throwIfAborted();
    const value = items.shift();
    if (value !== undefined) {
      load -= bound.weigh(value);
      notify();
      return { done: false, value };
    }
    if (!ended) return undefined;
    const { error } = ended;
    ended = {};
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }

  function waitForChange() {
    change ??= Promise.withResolvers();
    return change.promise;
  }

  function notify() {
    change?.resolve();
    change = undefined;
  }

  if (signal.aborted) stop.abort(signal.reason);
  else void runWork();
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      let result = takeResult();
      for (; !result; result = takeResult()) await waitForChange();
      return result;
    },
    async return() {
      ended = {};
      items.length = 0;
      stop.abort();
      notify();
      return { done: true, value: undefined };
    },
  };
}

export type ClauseVoice = {
  readonly synthesizer: Synthesizer;
  readonly voice: SpeechVoice;
};

type ClauseSound = {
  readonly text: string;
  readonly sound: AsyncIterableIterator<Pcm>;
};

/** A barge-in wastes two clauses, never ten. */
const clipBound: QueueBound<ClauseSound> = { limit: 2, weigh: () => 1 };
/** The rest waits in the engine. Three of these and the 5 s of a track stay below 10 s. */
const soundBound: QueueBound<Pcm> = { limit: 800, weigh: getDurationMs };
/** The reader may hold one more piece than the limit. */
const maxPieceMs = 200;

const maxUnspokenClauses = 2;

type VoiceProgress = {
  unspoken: number;
  error?: unknown;
  isOut: boolean;
  readonly language: string | undefined;
};

/**
 * Speaks clauses in order onto `queue`, making the next ones ahead.
 *
 * A clause whose sound fails is `unspoken`. If the voice fails for good, so is the rest. Throws the errors of
 * `clauses`, and BotError `provider.*` or `speech.*` at the end if the last clause was unspoken, unless no voice
 * speaks its language.
 */
export async function speakClauses(
  clauses: AsyncIterable<string>,
  { synthesizer, voice }: ClauseVoice,
  queue: BoundedQueue<ReplyPart>,
  signal: AbortSignal,
) {
  const speech = { synthesizer: synthesizer.fixEngine?.() ?? synthesizer, voice };
  const course: VoiceProgress = { unspoken: 0, isOut: false, language: voice.language };
  const clips = runAhead<ClauseSound>(
    clipBound,
    async (started) => {
      for await (const clause of clauses) {
        const text = toSpeakable(clause);
        if (text === '') continue;
        if (!course.isOut) await started.waitForSpace();
        if (course.isOut) continue; // The text is still passed on to be read.
        queue.put({ kind: 'clause', text });
        started.put({ text, sound: beginClauseSound(text, speech, signal) });
      }
    },
    signal,
  );
  for await (const clip of clips) {
    if (course.isOut) await clip.sound.return?.();
    else await deliverClauseSound(clip, course, queue, signal);
  }
  if (course.unspoken > 0 && !isMissingVoice(course.error))
    throw addFailureStage('speak', course.error);
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
  course: VoiceProgress,
  queue: BoundedQueue<ReplyPart>,
  signal: AbortSignal,
) {
  let began = false;
  try {
    for await (const pcm of sound) {
      queue.put({ kind: 'audio', pcm, ofText: text, begins: !began });
      began = true;
      // Another clause may only begin when the last piece of this one has been taken.
      await queue.waitForSpace();
    }
    course.unspoken = 0;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof BotError)) throw error;
    if (error.code === 'speech.unspeakable' && !began) return;
    queue.put({
      kind: 'unspoken',
      text,
      language: isMissingVoice(error) ? course.language : undefined,
    });
    course.unspoken++;
    course.error = error;
    const mayMend = error.code !== 'provider.late' && error.retryable;
    course.isOut = course.unspoken >= maxUnspokenClauses || !mayMend;
  }
}

function isMissingVoice(error: unknown) {
  return error instanceof BotError && error.code === 'speech.no_voice';
}

function* splitPcm(pcm: Pcm) {
  const size = Math.ceil((maxPieceMs / 1000) * pcm.rateHz);
  for (let at = 0; at < pcm.samples.length; at += size) {
    yield { ...pcm, samples: pcm.samples.subarray(at, at + size) };
  }
}
