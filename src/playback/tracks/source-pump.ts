import type { OpusDecoder } from '#src/audio/opus/opus.ts';
import type { SoundChunk, SoundSource } from '#src/audio/sound-source.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { StreamDeadline } from '#src/base/waiting.ts';
import { musicPerMs } from '#src/playback/mix/stereo.ts';
import { StereoIntake, type TakenSound } from './stereo-intake.ts';
import { opusAhead, StereoQueue } from './stereo-queue.ts';

/** No more sound comes; with a cause where the source broke, or gave nothing for too long. */
export type PumpEnd = { readonly cause?: unknown };

export type PumpParts = {
  readonly clock: Clock;
  /** 48 kHz stereo, for a source of Opus packets. */
  readonly decoder: () => OpusDecoder;
};

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

/** Limit of samples decoded in one go, 100 ms: the link wants its frame every 20 ms. */
const portion = 100 * musicPerMs;

/** Time without sound from its source, in ms, after which an item is given up. */
const sourceTimeoutMs = 8_000;

/** Reads one source ahead, within a bound, into samples of 48 kHz stereo. */
export class Pump {
  readonly sound: StereoQueue;
  readonly #source: SoundSource;
  readonly #listener: PumpListener;
  readonly #intake: StereoIntake;
  readonly #clock: Clock;
  #reading = new AbortController();
  #isLooping: boolean;
  #round = 0;
  /** Samples of this round. */
  #given = 0;
  #isBuffering = true;
  #isHeld = false;
  /** Within the present wait for the source. */
  #wasHeld = false;
  /** Resolved after sound was taken or the reading ended. */
  #space = Promise.withResolvers<void>();
  /** Samples of work since others had their turn. */
  #unshared = 0;
  #end: PumpEnd | undefined;

  constructor(
    source: SoundSource,
    parts: PumpParts,
    { fromMs, isLooping }: { readonly fromMs: number; readonly isLooping: boolean },
    listener: PumpListener,
  ) {
    this.#source = source;
    this.#listener = listener;
    this.#intake = new StereoIntake(parts.decoder);
    this.#clock = parts.clock;
    this.#isLooping = isLooping;
    this.sound = new StereoQueue(fromMs);
    void this.#run(fromMs, this.#reading.signal);
  }

  get end(): PumpEnd | undefined {
    return this.#end;
  }

  /** Whether there is enough to begin with, or no more will come. */
  get isReady(): boolean {
    return this.#end !== undefined || !this.#isBuffering;
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

  /** Round and round, from the round that sounds on. */
  loop(on: boolean): void {
    this.#isLooping = on;
    if (on && this.#end && !('cause' in this.#end)) {
      this.#end = undefined;
      this.#restart();
    } else if (!on && this.#round > this.sound.round) {
      this.sound.dropLaterRounds();
      this.#conclude({});
    }
  }

  /** Lets go of the source. */
  close(): void {
    this.#reading.abort(new Error('the sound is not wanted any more'));
    this.#intake.free();
    this.#wake();
  }

  #restart(): void {
    this.#reading = new AbortController();
    this.#round++;
    void this.#run(0, this.#reading.signal);
  }

  async #run(fromMs: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#read(fromMs, signal);
      let isBeyond = fromMs > 0 && this.#given === 0; // it ends before that: its next round begins
      while (this.#isLooping && (this.#given > 0 || isBeyond) && !signal.aborted) {
        isBeyond = false;
        this.#fill();
        this.#round++;
        await this.#read(0, signal);
      }
      if (!signal.aborted) this.#conclude({});
    } catch (cause) {
      if (!signal.aborted) this.#conclude({ cause });
    }
  }

  async #read(fromMs: number, signal: AbortSignal): Promise<void> {
    this.#given = 0;
    const chunks = this.#source.open(fromMs, signal)[Symbol.asyncIterator]();
    using deadline = new StreamDeadline(this.#clock);
    try {
      for (;;) {
        await this.#untilSpace(signal);
        if (signal.aborted) return;
        const next = await this.#inTime(chunks.next(), deadline);
        if (signal.aborted) return;
        if (next.done) break;
        await this.#accept(next.value, signal);
      }
      this.#push(this.#intake.flush());
    } finally {
      void letGo(chunks);
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

  async #accept(chunk: SoundChunk, signal: AbortSignal): Promise<void> {
    await this.#share(musicPerMs, signal); // also where it is empty
    const isAhead = chunk.kind === 'opus' && this.#round === 0 && this.#given === 0;
    for (const taken of this.#intake.accept(chunk)) {
      this.#push(taken, isAhead);
      await this.#share(taken.samples.length / 2, signal);
      await this.#untilSpace(signal);
      if (signal.aborted) return;
    }
  }

  #push({ samples, packet }: TakenSound, isAhead = false): void {
    if (samples.length === 0) return;
    this.#listener.read(samples);
    this.#given += samples.length / 2;
    this.sound.push(isAhead ? samples.subarray(2 * opusAhead) : samples, this.#round, packet);
    if (!this.#isBuffering || this.sound.length < enough) return;
    this.#isBuffering = false;
    this.#listener.changed();
  }

  /** A round that is next to nothing is made longer by silence: else its source would be opened without end. */
  #fill(): void {
    const lacking = portion - this.#given;
    if (lacking > 0) this.#push({ samples: new Int16Array(2 * lacking) });
  }

  #conclude(end: PumpEnd): void {
    if (this.#end || this.#reading.signal.aborted) return;
    this.#end = end;
    this.#isBuffering = false;
    if ('cause' in end || !this.#isLooping) this.close();
    this.#listener.changed();
  }

  /** Has the limit of sound checked again. */
  #wake(): void {
    this.#space.resolve();
    this.#space = Promise.withResolvers();
  }

  async #untilSpace(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (this.#isHeld || this.sound.length >= ahead))
      await this.#space.promise;
  }

  /** Counts `samples` of work, and lets other work run after each portion. Aborting `signal` throws `signal.reason`. */
  async #share(samples: number, signal: AbortSignal): Promise<void> {
    this.#unshared += samples;
    if (this.#unshared < portion) return;
    this.#unshared = 0;
    await this.#clock.sleep(0, signal);
  }
}

function late(): BotError {
  return new BotError('source.unreachable', true, 'A sound did not arrive: its source stopped.');
}

/** Also where the source has ended by itself. */
async function letGo(chunks: AsyncIterator<SoundChunk>): Promise<void> {
  try {
    await chunks.return?.();
  } catch {
    // the source is being stopped: its errors are ignored
  }
}
