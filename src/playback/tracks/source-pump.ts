import { joinSamples } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import { StereoRate } from '#src/audio/stereo-rate.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { StreamDeadline } from '#src/base/waiting.ts';
import { musicPerMs } from '#src/playback/mix/stereo.ts';

/** No more sound comes; with a cause where the source broke, or gave nothing for too long. */
export type PumpEnd = { readonly cause?: unknown };

export type PumpOptions = {
  /** Start position in the source. */
  readonly fromMs: number;
  readonly isLooping: boolean;
  /** `isReady` or `end` may have become something else. */
  readonly changed: () => void;
  readonly read: (samples: Int16Array) => void;
};

/** Samples needed before a sound begins, or resumes after a gap; fewer where there are no more. */
const enough = 400 * musicPerMs;
/** Samples read ahead; after that nothing is read before the low mark. */
const ahead = 2_000 * musicPerMs;
const low = 1_500 * musicPerMs;

/** Time without sound from its source, in ms, after which an item is given up. */
const sourceTimeoutMs = 8_000;

/**
 * Reads one source to its end, round after round where it loops, ahead within a bound: 48 kHz stereo, first in, first out. All
 * lengths are samples of one channel.
 */
export class Pump {
  readonly #source: SoundSource;
  readonly #options: PumpOptions;
  readonly #clock: Clock;
  #reading = new AbortController();
  /** Samples that were read and not taken. */
  #sound: Int16Array = new Int16Array(0);
  #taken = 0;
  /** Round that sounds: its start in the source, in ms, and its first sample. */
  #fromMs: number;
  #roundAt = 0;
  /** First samples of the rounds behind it. */
  #rounds: number[] = [];
  #isLooping: boolean;
  #isBuffering = true;
  #isHeld = false;
  /** Within the present wait for the source. */
  #wasHeld = false;
  /** Resolved after sound was taken or the reading ended. */
  #space = Promise.withResolvers<void>();
  #end: PumpEnd | undefined;

  constructor(source: SoundSource, clock: Clock, options: PumpOptions) {
    this.#source = source;
    this.#options = options;
    this.#clock = clock;
    this.#fromMs = options.fromMs;
    this.#isLooping = options.isLooping;
    void this.#run(options.fromMs, this.#reading.signal);
  }

  /** Position of the next sample to be taken, in ms. */
  get positionMs(): number {
    return this.#fromMs + (this.#taken - this.#roundAt) / musicPerMs;
  }

  get end(): PumpEnd | undefined {
    return this.#end;
  }

  /** Whether there is enough to begin with, or no more will come. */
  get isReady(): boolean {
    return this.#end !== undefined || !this.#isBuffering;
  }

  /** Samples that were read and not taken. */
  get length(): number {
    return this.#sound.length / 2;
  }

  /** Moves as much as there is to `into` from place `at` on, to its end at most, and says how much that was. */
  take(into: Float32Array, at: number): number {
    const count = this.peek(into, at);
    this.#taken += count;
    this.#sound = this.#sound.subarray(2 * count);
    while ((this.#rounds[0] ?? Number.POSITIVE_INFINITY) <= this.#taken) {
      this.#roundAt = this.#rounds.shift() ?? 0;
      this.#fromMs = 0;
    }
    if (this.length <= low) this.#wake();
    return count;
  }

  /** As `take`, without taking them. */
  peek(into: Float32Array, at = 0): number {
    const next = this.#sound.subarray(0, into.length - 2 * at);
    into.set(next, 2 * at);
    return next.length / 2;
  }

  /** Round and round, or to the end of the present round. */
  loop(on: boolean): void {
    this.#isLooping = on;
    const [next] = this.#rounds;
    if (on && this.#end && !('cause' in this.#end)) {
      this.#end = undefined;
      this.#rounds.push(this.#given);
      void this.#run(0, this.#reading.signal);
    } else if (!on && next !== undefined) {
      this.close();
      this.#reading = new AbortController();
      this.#sound = this.#sound.subarray(0, 2 * (next - this.#taken));
      this.#rounds = [];
      this.#end = {};
    }
  }

  /** The queue was empty: it resumes when there is enough again. */
  starve(): void {
    this.#isBuffering = true;
    this.#wake();
  }

  /** Stops reading from the source, or resumes. */
  hold(on: boolean): void {
    if (on === this.#isHeld) return;
    this.#isHeld = on;
    this.#wasHeld = true;
    if (!on) this.#wake();
  }

  /** Lets go of the source. */
  close(): void {
    this.#reading.abort(new Error('the sound is not wanted any more'));
    this.#wake();
  }

  /** A round without sound is the last, unless it began behind its start. */
  async #run(fromMs: number, signal: AbortSignal): Promise<void> {
    try {
      for (let startMs = fromMs; ; startMs = 0) {
        const before = this.#given;
        await this.#round(startMs, signal);
        const isEmpty = this.#given === before && startMs === 0;
        if (!this.#isLooping || isEmpty) return this.#conclude({}, signal);
        this.#rounds.push(this.#given);
      }
    } catch (cause) {
      this.#conclude({ cause }, signal);
    }
  }

  /** A source that breaks is opened again where it was, as long as it gave sound since it was opened last. */
  async #round(fromMs: number, signal: AbortSignal): Promise<void> {
    for (const start = this.#given; ; ) {
      const before = this.#given;
      try {
        return await this.#read(fromMs + (before - start) / musicPerMs, signal);
      } catch (cause) {
        if (!isBreak(cause) || this.#given === before) throw cause;
      }
    }
  }

  async #read(fromMs: number, signal: AbortSignal): Promise<void> {
    const pieces = this.#source.open(fromMs, signal)[Symbol.asyncIterator]();
    const rate = new StereoRate();
    using deadline = new StreamDeadline(this.#clock);
    try {
      for (;;) {
        await this.#untilSpace(signal);
        const next = await this.#inTime(pieces.next(), deadline);
        signal.throwIfAborted();
        if (next.done) break;
        for (const samples of rate.push(next.value)) this.#push(samples);
      }
    } finally {
      if (!signal.aborted) this.#push(rate.flush());
      void letGo(pieces);
    }
  }

  /** The next sound of the source; a wait in which the sound was held does not count. */
  async #inTime<T>(next: Promise<T>, deadline: StreamDeadline): Promise<T> {
    for (;;) {
      this.#wasHeld = this.#isHeld;
      try {
        return await deadline.within(next, sourceTimeoutMs, late);
      } catch (cause) {
        if (!this.#wasHeld) throw cause;
      }
    }
  }

  /** Samples that the source gave so far. */
  get #given(): number {
    return this.#taken + this.length;
  }

  #push(samples: Int16Array): void {
    if (samples.length === 0) return;
    this.#options.read(samples);
    this.#sound = joinSamples([this.#sound, samples]);
    if (!this.#isBuffering || this.length < enough) return;
    this.#isBuffering = false;
    this.#options.changed();
  }

  #conclude(end: PumpEnd, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#end = end;
    this.#isBuffering = false;
    this.#options.changed();
  }

  /** Has the limit of sound checked again. */
  #wake(): void {
    this.#space.resolve();
    this.#space = Promise.withResolvers();
  }

  /** Aborting `signal` throws `signal.reason`. */
  async #untilSpace(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (this.#isHeld || this.length >= ahead)) await this.#space.promise;
    signal.throwIfAborted();
  }
}

function late(): BotError {
  return new BotError('source.unreachable', false, 'A sound did not arrive: its source stopped.');
}

/** A connection or a decoder broke, say while a track was paused. */
function isBreak(cause: unknown): boolean {
  return cause instanceof BotError && cause.code === 'source.unreachable' && cause.retryable;
}

/** Also where the source has ended by itself. */
async function letGo(pieces: AsyncIterator<unknown>): Promise<void> {
  try {
    await pieces.return?.();
  } catch {
    // the source is being stopped: its errors are ignored
  }
}
