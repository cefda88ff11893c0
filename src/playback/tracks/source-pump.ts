import type { Pcm } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import { StereoRate } from '#src/audio/stereo-rate.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { StreamDeadline } from '#src/base/waiting.ts';
import { musicPerMs } from '#src/playback/mix/stereo.ts';
import { StereoQueue } from './stereo-queue.ts';

/** No more sound comes; with a cause where the source broke, or gave nothing for too long. */
export type PumpEnd = { readonly cause?: unknown };

export type PumpListener = {
  /** `isReady` or `end` may have become something else. */
  readonly changed: () => void;
  readonly read: (samples: Int16Array) => void;
};

/** Samples needed before a sound begins, or resumes after a gap; fewer where there are no more. */
const enough = 400 * musicPerMs;
/** Samples read ahead; after that nothing is read before the low mark. */
const ahead = 2_000 * musicPerMs;
const low = 1_500 * musicPerMs;

/** Limit of samples converted in one go, 100 ms: the link wants its frame every 20 ms. */
const portion = 100 * musicPerMs;

/** Time without sound from its source, in ms, after which an item is given up. */
const sourceTimeoutMs = 8_000;

/** Reads one source to its end, ahead within a bound, into samples of 48 kHz stereo. */
export class Pump {
  readonly sound = new StereoQueue();
  readonly #source: SoundSource;
  readonly #listener: PumpListener;
  readonly #rate = new StereoRate();
  readonly #clock: Clock;
  readonly #reading = new AbortController();
  /** Start position in the source. */
  readonly fromMs: number;
  #isBuffering = true;
  #isHeld = false;
  /** Within the present wait for the source. */
  #wasHeld = false;
  /** Resolved after sound was taken or the reading ended. */
  #space = Promise.withResolvers<void>();
  /** Samples that the source gave so far. */
  #given = 0;
  /** Samples of work since others had their turn. */
  #unshared = 0;
  #end: PumpEnd | undefined;

  constructor(source: SoundSource, clock: Clock, fromMs: number, listener: PumpListener) {
    this.#source = source;
    this.#listener = listener;
    this.#clock = clock;
    this.fromMs = fromMs;
    void this.#run(this.#reading.signal);
  }

  /** Position of the next sample to be taken. */
  get positionMs(): number {
    return this.fromMs + this.sound.taken / musicPerMs;
  }

  get end(): PumpEnd | undefined {
    return this.#end;
  }

  /** Whether there is enough to begin with, or no more will come. */
  get isReady(): boolean {
    return this.#end !== undefined || !this.#isBuffering;
  }

  /** Whether all of it was taken. */
  get isDrained(): boolean {
    return this.#end !== undefined && this.sound.length === 0;
  }

  /** Reports that sound was taken. */
  consumed(): void {
    if (this.sound.length <= low) this.#wake();
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

  /** A source that breaks is opened again where it was, as long as it gave sound since it was opened last. */
  async #run(signal: AbortSignal): Promise<void> {
    for (;;) {
      const before = this.#given;
      try {
        await this.#read(this.fromMs + before / musicPerMs, signal);
        return this.#conclude({});
      } catch (cause) {
        if (!isBreak(cause) || this.#given === before) return this.#conclude({ cause });
      }
    }
  }

  async #read(fromMs: number, signal: AbortSignal): Promise<void> {
    const pieces = this.#source.open(fromMs, signal)[Symbol.asyncIterator]();
    using deadline = new StreamDeadline(this.#clock);
    try {
      for (;;) {
        await this.#untilSpace(signal);
        const next = await this.#inTime(pieces.next(), deadline);
        signal.throwIfAborted();
        if (next.done) break;
        await this.#accept(next.value, signal);
      }
    } finally {
      this.#push(this.#rate.flush());
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

  async #accept(pcm: Pcm, signal: AbortSignal): Promise<void> {
    await this.#share(musicPerMs, signal); // also where it is empty
    for (const piece of portions(pcm)) {
      for (const samples of this.#rate.push(piece)) {
        this.#push(samples);
        await this.#share(samples.length / 2, signal);
        await this.#untilSpace(signal);
      }
    }
  }

  #push(samples: Int16Array): void {
    if (samples.length === 0) return;
    this.#listener.read(samples);
    this.#given += samples.length / 2;
    this.sound.push(samples);
    if (!this.#isBuffering || this.sound.length < enough) return;
    this.#isBuffering = false;
    this.#listener.changed();
  }

  #conclude(end: PumpEnd): void {
    if (this.#reading.signal.aborted) return;
    this.#end = end;
    this.#isBuffering = false;
    this.#listener.changed();
  }

  /** Has the limit of sound checked again. */
  #wake(): void {
    this.#space.resolve();
    this.#space = Promise.withResolvers();
  }

  /** Aborting `signal` throws `signal.reason`. */
  async #untilSpace(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (this.#isHeld || this.sound.length >= ahead))
      await this.#space.promise;
    signal.throwIfAborted();
  }

  /** Counts `samples` of work, and lets other work run after each portion. Aborting `signal` throws `signal.reason`. */
  async #share(samples: number, signal: AbortSignal): Promise<void> {
    this.#unshared += samples;
    if (this.#unshared < portion) return;
    this.#unshared = 0;
    await this.#clock.sleep(0, signal);
  }
}

function* portions({ samples, rateHz, channels }: Pcm): Generator<Pcm> {
  const length = Math.max(1, Math.floor(rateHz / 10)) * channels;
  for (let at = 0; at < samples.length; at += length) {
    yield { samples: samples.subarray(at, at + length), rateHz, channels };
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
async function letGo(pieces: AsyncIterator<Pcm>): Promise<void> {
  try {
    await pieces.return?.();
  } catch {
    // the source is being stopped: its errors are ignored
  }
}
