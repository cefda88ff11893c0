import type { OpusDecoder } from '#src/audio/opus/opus.ts';
import type { SoundChunk, SoundSource } from '#src/audio/sound-source.ts';
import type { Clock } from '#src/base/clock.ts';
import { musicPerMs } from '#src/playback/mix/stereo.ts';
import { StereoIntake, type TakenSound } from './stereo-intake.ts';
import { opusAhead, StereoQueue } from './stereo-queue.ts';

/** Why no more sound comes: the source ended, broke, or gave nothing for too long. */
export type PumpEnd =
  | { readonly kind: 'ended' }
  | { readonly kind: 'broke'; readonly cause: unknown }
  | { readonly kind: 'stalled' };

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
  readonly #patience: SourceTimeout;
  readonly #pace: ReadPace;
  #reading = new AbortController();
  #isLooping: boolean;
  #round = 0;
  /** Samples of this round. */
  #given = 0;
  #isBuffering = true;
  #isHeld = false;
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
    this.#patience = new SourceTimeout(parts.clock, () => this.#conclude({ kind: 'stalled' }));
    this.#pace = new ReadPace(parts.clock, () => !this.#isHeld && this.sound.length < ahead);
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
    if (this.sound.length <= low) this.#pace.wake();
  }

  /** The queue was empty: it resumes when there is enough again. */
  starve(): void {
    this.#isBuffering = true;
    this.#pace.wake();
  }

  /** Stops reading from the source, or resumes. */
  hold(on: boolean): void {
    if (on === this.#isHeld) return;
    this.#isHeld = on;
    this.#patience.hold(on, this.#reading.signal);
    if (!on) this.#pace.wake();
  }

  /** Round and round, from the round that sounds on. */
  loop(on: boolean): void {
    this.#isLooping = on;
    if (on && this.#end?.kind === 'ended') {
      this.#end = undefined;
      this.#restart();
    } else if (!on && this.#round > this.sound.round) {
      this.sound.dropLaterRounds();
      this.#conclude({ kind: 'ended' });
    }
  }

  /** Lets go of the source. */
  close(): void {
    this.#reading.abort(new Error('the sound is not wanted any more'));
    this.#intake.free();
    this.#pace.wake();
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
      if (!signal.aborted) this.#conclude({ kind: 'ended' });
    } catch (cause) {
      if (!signal.aborted) this.#conclude({ kind: 'broke', cause });
    }
  }

  async #read(fromMs: number, signal: AbortSignal): Promise<void> {
    this.#given = 0;
    const chunks = this.#source.open(fromMs, signal)[Symbol.asyncIterator]();
    try {
      for (;;) {
        await this.#pace.untilSpace(signal);
        if (signal.aborted) return;
        this.#patience.ask(signal);
        const next = await chunks.next();
        if (signal.aborted) return;
        if (next.done) break;
        await this.#accept(next.value, signal);
      }
      this.#push(this.#intake.flush());
      this.#patience.calm();
    } finally {
      void letGo(chunks);
    }
  }

  async #accept(chunk: SoundChunk, signal: AbortSignal): Promise<void> {
    await this.#pace.share(musicPerMs, signal); // also where it is empty
    const isAhead = chunk.kind === 'opus' && this.#round === 0 && this.#given === 0;
    for (const taken of this.#intake.accept(chunk)) {
      this.#push(taken, isAhead);
      await this.#pace.share(taken.samples.length / 2, signal);
      await this.#pace.untilSpace(signal);
      if (signal.aborted) return;
    }
  }

  #push({ samples, packet }: TakenSound, isAhead = false): void {
    if (samples.length === 0) return;
    this.#patience.calm();
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
    if (end.kind !== 'ended' || !this.#isLooping) this.close();
    this.#listener.changed();
  }
}

/** Also where the source has ended by itself. */
async function letGo(chunks: AsyncIterator<SoundChunk>): Promise<void> {
  try {
    await chunks.return?.();
  } catch {
    // the source is being stopped: its errors are ignored
  }
}

/** Pace of reading from a source: only below the limit of queued sound, and not before other work had its turn. */
class ReadPace {
  readonly #clock: Clock;
  readonly #hasSpace: () => boolean;
  #space: PromiseWithResolvers<void> | undefined;
  /** Samples since others had their turn. */
  #unshared = 0;

  /** `hasSpace` is asked again after every `wake`. */
  constructor(clock: Clock, hasSpace: () => boolean) {
    this.#clock = clock;
    this.#hasSpace = hasSpace;
  }

  /** Checks the limit again, after sound was taken or the reading ended. */
  wake(): void {
    this.#space?.resolve();
    this.#space = undefined;
  }

  /** Returns once the queue is below its limit, or `signal` is aborted. */
  async untilSpace(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#hasSpace()) {
      this.#space ??= Promise.withResolvers();
      await this.#space.promise;
    }
  }

  /** Counts `samples` of work, and lets other work run after each portion; aborting `signal` throws `signal.reason`. */
  async share(samples: number, signal: AbortSignal): Promise<void> {
    this.#unshared += samples;
    if (this.#unshared < portion) return;
    this.#unshared = 0;
    await this.#clock.sleep(0, signal);
  }
}

/** Limits the silence of a source while it is read. One timer for any number of reads. */
class SourceTimeout {
  readonly #clock: Clock;
  readonly #onLost: () => void;
  #askedAtMs: number | undefined;
  #isHeld = false;
  #isWatched = false;

  constructor(clock: Clock, onLost: () => void) {
    this.#clock = clock;
    this.#onLost = onLost;
  }

  /** The source is asked, unless it has been; watched until `signal` is aborted. */
  ask(signal: AbortSignal): void {
    if (this.#askedAtMs !== undefined) return;
    this.#begin(signal);
  }

  /** Ends the wait: the source gave a sound, or came to its end. */
  calm(): void {
    this.#askedAtMs = undefined;
  }

  /** Pauses the limit while the sound is not wanted; the time restarts afterwards. */
  hold(on: boolean, signal: AbortSignal): void {
    this.#isHeld = on;
    if (!on && this.#askedAtMs !== undefined) this.#begin(signal);
  }

  #begin(signal: AbortSignal): void {
    this.#askedAtMs = this.#clock.nowMs();
    if (!this.#isWatched) void this.#watch(signal);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    this.#isWatched = true;
    try {
      while (this.#askedAtMs !== undefined && !this.#isHeld) {
        const leftMs = this.#askedAtMs + sourceTimeoutMs - this.#clock.nowMs();
        if (leftMs <= 0) return this.#onLost();
        await this.#clock.sleep(leftMs, signal);
      }
    } catch {
      // the reading has ended
    } finally {
      this.#isWatched = false;
    }
  }
}
