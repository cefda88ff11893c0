import { listenRateHz } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { controllerUnder, unlessAborted } from '#src/base/waiting.ts';
import { embedded } from '#src/provider/models/models.ts';
import { joinTexts } from '#src/speech/join-texts.ts';
import type { Listening, OnPartial, Transcript } from '#src/speech/ports.ts';
import { shortPauseMs, UtteranceSound } from '#src/speech/utterance-sound.ts';
import type { RecognitionGrammar } from './pocketsphinx.ts';

/** The next sound of a stretch. */
export type SoundPiece = {
  /** Samples of the stretch before this one. */
  readonly at: number;
  readonly samples: Int16Array;
  readonly last: boolean;
};

/** Sound between two pauses. */
class Stretch {
  readonly from: number;
  to = Number.POSITIVE_INFINITY;
  /** Up to here the recogniser has it. */
  fed: number;
  isVoiced = false;
  losses = 0;
  end = ending();

  constructor(from: number) {
    this.from = from;
    this.fed = from;
  }
}

/** Longest piece of work, half a second: a person who waits for an answer waits at most 50 ms for another person's piece. */
const longestPiece = listenRateHz / 2;
/** Silence before a stretch, in samples; longer noise spoils the recognition after it. */
const leadSamples = 0.25 * listenRateHz;

/** One utterance in the queue of the embedded recogniser, which fetches its sound piece by piece. */
export class EmbeddedListening implements Listening {
  readonly signal: AbortSignal;
  readonly grammar: RecognitionGrammar | undefined;
  readonly #over: AbortController;
  readonly #onPartial: OnPartial;
  readonly #wake: () => void;
  readonly #clock: Clock;
  readonly #sound = new UtteranceSound();
  readonly #texts: string[] = [];
  /** Ended by a pause and not done yet, in order. */
  #paused: Stretch[] = [];
  #open = new Stretch(0);
  #failed = false;
  #reported = '';

  /** `wake` is called when there is something to fetch. */
  constructor(
    onPartial: OnPartial,
    wake: () => void,
    clock: Clock,
    grammar: RecognitionGrammar | undefined,
    signal: AbortSignal,
  ) {
    this.grammar = grammar;
    this.#onPartial = onPartial;
    this.#clock = clock;
    this.#wake = wake;
    this.#over = controllerUnder(signal);
    this.signal = this.#over.signal;
  }

  push(samples: Int16Array): void {
    if (this.signal.aborted) return;
    this.#sound.push(samples);
    this.#open.isVoiced ||= !this.#sound.isSilentFrom(this.#open.from);
    if (this.#open.isVoiced) this.#wake();
    else this.#open = new Stretch(Math.max(this.#open.from, this.#sound.length - leadSamples));
  }

  async settle(signal: AbortSignal): Promise<Transcript> {
    await this.#clock.sleep(shortPauseMs, AbortSignal.any([this.signal, signal]));
    return await this.finish(signal);
  }

  /** As `settle`, without waiting for more sound first. */
  async finish(signal: AbortSignal): Promise<Transcript> {
    const either = AbortSignal.any([this.signal, signal]);
    if (this.#failed) this.#revive();
    if (this.#open.isVoiced) {
      this.#open.to = this.#sound.length;
      this.#paused.push(this.#open);
      this.#open = new Stretch(this.#sound.length);
    }
    const ends = this.#paused.map(({ end }) => end.promise);
    this.#wake();
    await unlessAborted(Promise.all(ends), either);
    return { text: joinTexts(this.#texts), language: 'en', usage: { by: embedded } };
  }

  [Symbol.dispose](): void {
    this.#over.abort(new Error('not listened to any more'));
    this.#sound.drop();
  }

  /** A caller waits for the words. */
  get isUrgent(): boolean {
    return this.#paused.length > 0 && !this.#failed;
  }

  get hasMore(): boolean {
    if (this.#failed) return false;
    return this.isUrgent || (this.#open.isVoiced && this.#open.fed < this.#sound.length);
  }

  /** The recogniser is in the middle of a stretch of this. */
  get isBegun(): boolean {
    return !this.#failed && this.#current.fed > this.#current.from;
  }

  next(): SoundPiece {
    const now = this.#current;
    const [at, from] = [now.fed - now.from, now.fed];
    now.fed = Math.min(from + longestPiece, now.to, this.#sound.length);
    const samples = this.#sound.between(from, now.fed).slice();
    return { at, samples, last: now.fed === now.to };
  }

  /** The recogniser has turned to something else. */
  forget(): void {
    this.#current.fed = this.#current.from;
  }

  /** The recogniser crashed on it: its sound is sent again, once. */
  lost(): void {
    this.forget();
    if (++this.#current.losses > 1) this.fail(new BotError('speech.failed', true, brokeDown));
  }

  heard(text: string): void {
    const all = joinTexts([...this.#texts, text]);
    if (this.signal.aborted || all === this.#reported || text === '') return;
    this.#reported = all;
    this.#onPartial(all);
  }

  finished(text: string): void {
    this.#texts.push(text);
    this.#paused.shift()?.end.resolve();
  }

  /** Rejects everything that waits; the next settle tries again. */
  fail(error: unknown): void {
    this.#failed = true;
    for (const { end } of this.#paused) end.reject(error);
  }

  get #current(): Stretch {
    return this.#paused[0] ?? this.#open;
  }

  #revive(): void {
    this.#failed = false;
    for (const stretch of [...this.#paused, this.#open]) {
      Object.assign(stretch, { fed: stretch.from, losses: 0, end: ending() });
    }
  }
}

const brokeDown = 'The embedded recogniser crashed twice on the same words.';

/** A promise that its waiter rejects with the error; unwaited for, it ends nothing. */
function ending(): PromiseWithResolvers<void> {
  const end = Promise.withResolvers<void>();
  end.promise.catch(() => {});
  return end;
}
