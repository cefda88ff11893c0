import {
  Gain,
  getLevellingGain,
  RunningLevel,
  trackLufs,
} from '#src/audio/loudness/loudness.ts';
import { musicPerMs, musicRateHz, SampleBuffer } from '#src/audio/pcm.ts';
import { RateConverter } from '#src/audio/resampler.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import { withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { PlayWaitOutcome } from '#src/base/play-end.ts';
import type { Owner } from '#src/people/owned.ts';

/** Where a sound comes from, so that it can be opened again after a restart. */
export type SoundOrigin =
  | { readonly kind: 'library'; readonly name: string }
  | { readonly kind: 'link'; readonly url: string; readonly type?: string };

/** Person who asked for a sound. Undefined once the person was forgotten. */
export type SoundOwner = {
  person: { readonly id: PersonId; readonly name: string } | undefined;
};

/** How a sound is put on a track. */
export type ItemOptions = {
  /** Position to begin at, in ms. Ignored, as `isLooping` is, for a source without seeking. */
  readonly fromMs?: number;
  readonly isLooping?: boolean;
  /** True to put the sound before all that wait. */
  readonly isNext?: boolean;
  readonly owner?: SoundOwner;
  /** Origin, which is stored. Undefined for spoken words, which are stored nowhere. */
  readonly origin?: SoundOrigin;
};

/** Sound needed to begin, or to resume after a gap. */
const minStartSamples = 400 * musicPerMs;
const maxQueuedSamples = 2_000 * musicPerMs;
const refillSamples = 1_500 * musicPerMs;

/** A faster change of loudness is heard. */
const levelGlideSamples = 1_000 * musicPerMs;

const endlessSamples = Number.POSITIVE_INFINITY;

/** An item without sound for this long is given up. */
const sourceTimeoutMs = 8_000;
/** Breaks of a source with less sound than this between them come one after the other. */
const steadyMs = 30_000;
/** The rest after the first of them. Each further one is twice as long. */
const firstRestMs = 250;
/** After so many the source is given up. */
const maxBreaks = 6;

/**
 * One sound on a track. Reads its source ahead within a bound, in a loop if wanted. Lengths count
 * samples of one channel at 48 kHz.
 */
export class TrackItem {
  readonly source: SoundSource;
  /** Owner of the words in the sound. A track asks where they may be heard. */
  readonly wordsOwner: Owner;
  readonly origin: SoundOrigin | undefined;
  readonly id: string = crypto.randomUUID();
  /** The first result counts. */
  readonly ended: PromiseWithResolvers<PlayWaitOutcome> =
    Promise.withResolvers<PlayWaitOutcome>();
  readonly #clock: Clock;
  readonly #owner: SoundOwner | undefined;
  readonly #onChange: () => void;
  readonly #gain: Gain;
  /** Measures a link as it is read, up to 2 s before it sounds. Undefined for all other sounds. */
  readonly #level: RunningLevel | undefined;
  #isLooping: boolean;
  #reading: AbortController | undefined;
  readonly #sound = new SampleBuffer();
  #taken = 0;
  /** Samples that the source gave so far. */
  #readSamples = 0;
  /** Position in the source, and its end once a loop has reached it. */
  #at: number;
  #end = endlessSamples;
  #lead = 0;
  #isBuffering = true;
  /** Resolves when sound was taken or the reading ended. */
  #space = Promise.withResolvers<void>();
  /** Set when no more sound comes. `cause` is the failure of the source. */
  #sourceEnd: { readonly cause?: unknown } | undefined;
  #hasSounded = false;
  #isOver = false;

  /** Creates an item of an opened sound. `onChange` is called when the item may have become ready. */
  constructor(
    source: SoundSource,
    wordsOwner: Owner,
    options: ItemOptions,
    clock: Clock,
    onChange: () => void,
  ) {
    const { fromMs = 0, isLooping = false, origin, owner } = options;
    this.source = source;
    this.wordsOwner = wordsOwner;
    this.origin = origin;
    this.#owner = owner;
    this.#at = source.isSeekable ? Math.round(Math.max(0, fromMs) * musicPerMs) : 0;
    this.#hasSounded = this.#at > 0;
    this.#isLooping = source.isSeekable && isLooping;
    if (origin?.kind === 'link' && source.lufs === undefined)
      this.#level = new RunningLevel(trackLufs);
    this.#gain =
      this.#level?.gain ?? new Gain(getLevellingGain(source.lufs, trackLufs));
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** Name of the source, for people. */
  get title(): string {
    return this.source.title;
  }

  /** The person who asked for this sound. Undefined for the bot, and once the person was forgotten. */
  get owner(): SoundOwner['person'] {
    return this.#owner?.person;
  }

  /** True if the sound begins again after its end. */
  get isLooping(): boolean {
    return this.#isLooping;
  }

  /** Position in the source of the next sample. */
  get positionMs(): number {
    return this.#at / musicPerMs;
  }

  /** True once a sample was taken, or the item began in the middle. */
  get hasSounded(): boolean {
    return this.#hasSounded;
  }

  /** True if enough sound waits to begin, or nothing more comes. */
  get isReady(): boolean {
    return this.isWhole || !this.#isBuffering;
  }

  /** True if the source has ended or failed, so that no more sound comes. */
  get isWhole(): boolean {
    return this.#sourceEnd !== undefined;
  }

  /** True if the last sample was taken. */
  get isDrained(): boolean {
    return this.isWhole && this.waitingSamples === 0;
  }

  /** Number of samples that wait to be taken. */
  get waitingSamples(): number {
    return (this.#sound.to - this.#taken) / 2;
  }

  /** Begins or continues reading, `lead` samples further ahead than usual. */
  open(lead: number = 0): void {
    if (this.#isOver) return;
    this.#lead = lead;
    if (!this.#reading) this.#readFrom(this.positionMs);
  }

  /** Makes a seekable sound loop, or end after this round. */
  setLooping(on: boolean): void {
    this.#isLooping = on;
    const remaining = this.#end - this.#at;
    if (on && this.#sourceEnd && !('cause' in this.#sourceEnd)) {
      this.#endRound();
      this.#readFrom(0);
    } else if (!on && this.waitingSamples >= remaining) {
      this.#stopReading();
      this.#sound.dropFrom(this.#taken + 2 * remaining);
      this.#sourceEnd = {};
    }
  }

  /** Continues a seekable sound at another position after the next `open`. */
  seek(toMs: number): void {
    this.#stopReading();
    this.#reading = undefined;
    this.#sourceEnd = undefined;
    this.#isBuffering = true;
    this.#taken = this.#sound.to;
    this.#at = Math.round(toMs * musicPerMs);
    this.#hasSounded = true;
  }

  /** Moves waiting samples, at the loudness of all sounds, into `into` from `at` on. Returns their number. */
  takeSamples(into: Float32Array, at: number = 0): number {
    const next = this.#sound.viewSamples(this.#taken, into.length - 2 * at);
    const count = next.length / 2;
    into.set(next, 2 * at);
    this.#gain.applyToStereo(into.subarray(2 * at, 2 * at + next.length));
    this.#taken += next.length;
    this.#at += count;
    while (this.#at >= this.#end) this.#at -= this.#end;
    if (this.waitingSamples <= refillSamples + this.#lead) this.#wakeReader();
    if (count > 0) this.#hasSounded = true;
    return count;
  }

  /** Waits for enough sound before it resumes. */
  markStarved(): void {
    this.#isBuffering = true;
    this.#wakeReader();
  }

  /** Stops reading for good. Waiting samples stay. */
  close(): void {
    this.#isOver = true;
    this.#stopReading();
  }

  /** The failure of the source, also of one that ended without sound. Undefined for a sound that was played. */
  get error(): BotError | undefined {
    const { cause } = this.#sourceEnd ?? {};
    if (cause instanceof BotError) return cause;
    if (cause !== undefined)
      return new BotError(
        'source.broken',
        false,
        'The source of a sound failed.',
        cause,
      );
    if (this.#hasSounded) return undefined;
    return new BotError('source.not_audio', false, 'The source of a sound gave none.');
  }

  #endRound() {
    if (this.#end === endlessSamples)
      this.#end = this.#at + this.waitingSamples || endlessSamples;
  }

  #stopReading() {
    this.#reading?.abort(new Error('the sound is not wanted any more'));
    this.#wakeReader();
  }

  #readFrom(fromMs: number) {
    this.#reading = new AbortController();
    this.#sourceEnd = undefined;
    const { signal } = this.#reading;
    const concludeReading = (end: { readonly cause?: unknown }) => {
      if (signal.aborted) return;
      this.#sourceEnd = end;
      this.#isBuffering = false;
      this.#onChange();
    };
    void this.#readRounds(fromMs, signal).then(
      () => concludeReading({}),
      (cause: unknown) => concludeReading({ cause }),
    );
  }

  /** Reads the source, in a loop if wanted. */
  async #readRounds(startMs: number, signal: AbortSignal) {
    for (let fromMs = startMs; ; fromMs = 0) {
      const samplesBefore = this.#readSamples;
      await this.#readRound(fromMs, signal);
      // A round without sound is the last, unless it began in the middle.
      const isEmpty = this.#readSamples === samplesBefore && fromMs === 0;
      if (!this.#isLooping || isEmpty) return;
      this.#endRound();
    }
  }

  /**
   * Reads the source to its end. One that breaks after giving sound is opened again at its position, after a rest that
   * grows with each break.
   */
  async #readRound(startMs: number, signal: AbortSignal) {
    let fromMs = startMs;
    for (let breakCount = 1; ; breakCount++) {
      const samplesBefore = this.#readSamples;
      try {
        return await this.#readSource(fromMs, signal);
      } catch (cause) {
        const gaveMs = (this.#readSamples - samplesBefore) / musicPerMs;
        if (gaveMs >= steadyMs) breakCount = 1;
        if (!isBreak(cause) || gaveMs === 0 || breakCount > maxBreaks) throw cause;
        fromMs += gaveMs;
        await this.#clock.sleep(firstRestMs * 2 ** (breakCount - 1), signal);
      }
    }
  }

  async #readSource(fromMs: number, signal: AbortSignal) {
    const pieces = this.source.open(fromMs, signal)[Symbol.asyncIterator]();
    const rate = new RateConverter(musicRateHz, 2);
    try {
      for (;;) {
        await this.#waitForSpace(signal);
        const next = await withTimeout(
          pieces.next(),
          sourceTimeoutMs,
          this.#clock,
          createLateSoundError,
        );
        signal.throwIfAborted();
        if (next.done) break;
        for (const samples of rate.push(next.value)) this.#pushSamples(samples);
      }
    } finally {
      if (!signal.aborted) this.#pushSamples(rate.flush());
      void pieces.return?.().catch(() => undefined); // The source is being stopped, so its errors do not matter.
    }
  }

  #pushSamples(samples: Int16Array) {
    if (samples.length === 0) return;
    this.#readSamples += samples.length / 2;
    this.#sound.push(samples, this.#taken);
    this.#level?.addSamples(samples, this.#hasSounded ? levelGlideSamples : 0);
    if (!this.#isBuffering || this.waitingSamples < minStartSamples) return;
    this.#isBuffering = false;
    this.#onChange();
  }

  #wakeReader() {
    this.#space.resolve();
    this.#space = Promise.withResolvers();
  }

  async #waitForSpace(signal: AbortSignal) {
    while (!signal.aborted && this.waitingSamples >= maxQueuedSamples + this.#lead)
      await this.#space.promise;
    signal.throwIfAborted();
  }
}

function createLateSoundError() {
  return new BotError(
    'source.unreachable',
    false,
    'A sound did not arrive: its source stopped.',
  );
}

/** Recognises a broken connection or decoder, as after a long pause. */
function isBreak(cause: unknown) {
  return (
    cause instanceof BotError && cause.code === 'source.unreachable' && cause.retryable
  );
}
