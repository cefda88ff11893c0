import { musicRateHz, SampleBuffer } from '#src/audio/pcm.ts';
import { RateConverter } from '#src/audio/resampler.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import { withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { PlayWaitOutcome } from '#src/base/play-end.ts';
import { Gain, levellingGain, musicPerMs } from '#src/playback/mix/gain.ts';

/** Where a sound can be had again. */
export type SoundOrigin =
  | { readonly kind: 'library'; readonly name: string }
  | { readonly kind: 'link'; readonly url: string; readonly type?: string };

/** Whose sounds these are; nobody's once that person was forgotten. */
export type SoundOwner = {
  person: { readonly id: string; readonly name: string } | undefined;
};

/** Fixed properties of an item. */
export type ItemOptions = {
  /** Start position in ms; ignored where the source cannot be sought. */
  readonly fromMs?: number;
  /** Ignored where the source comes only once. */
  readonly isLooping?: boolean;
  /** Before all that wait. */
  readonly isNext?: boolean;
  readonly owner?: SoundOwner;
  /** Left out for what is not to outlive the process: words that are spoken are stored nowhere. */
  readonly origin?: SoundOrigin;
};

/** Samples needed before a sound begins, or resumes after a gap; fewer where there are no more. */
const minStartSamples = 400 * musicPerMs;
/** Samples read ahead; after that nothing is read before the low mark. */
const maxQueuedSamples = 2_000 * musicPerMs;
const refillSamples = 1_500 * musicPerMs;

/** End of a source of which no round was read. */
const endlessSamples = Number.POSITIVE_INFINITY;

/** Time without sound from its source, in ms, after which an item is given up. */
const sourceTimeoutMs = 8_000;

/**
 * One sound on a track: the current one, or a queued one. Reads its source to its end, round after round where it loops,
 * ahead within a bound: 48 kHz stereo, first in, first out. All lengths are samples of one channel.
 */
export class TrackItem {
  readonly source: SoundSource;
  readonly origin: SoundOrigin | undefined;
  readonly id = crypto.randomUUID();
  /** How a wait for its end is over; only the first answer counts. */
  readonly ended = Promise.withResolvers<PlayWaitOutcome>();
  readonly #clock;
  readonly #owner;
  readonly #onChange;
  readonly #gain;
  #isLooping;
  /** The present reading of its source. */
  #reading: AbortController | undefined;
  readonly #sound = new SampleBuffer();
  /** Place in `#sound` of the next sample to be taken. */
  #taken = 0;
  /** Samples that the source gave so far. */
  #given = 0;
  /** Place in the source of the next sample to be taken, and of its end, once a loop has reached that. */
  #at;
  #end = endlessSamples;
  /** Samples read ahead beyond the usual. */
  #lead = 0;
  #isBuffering = true;
  /** Resolved after sound was taken or the reading ended. */
  #space = Promise.withResolvers<void>();
  /** No more sound comes; with a cause where the source broke, or gave nothing for too long. */
  #sourceEnd: { readonly cause?: unknown } | undefined;
  /** A sound of it was taken, or it is known to have had one. */
  #sounded = false;
  #isOver = false;

  /** `onChange` is called when it may have become ready. */
  constructor(
    source: SoundSource,
    options: ItemOptions,
    clock: Clock,
    onChange: () => void,
  ) {
    const { fromMs = 0, isLooping = false, origin, owner } = options;
    this.source = source;
    this.origin = origin;
    this.#owner = owner;
    this.#at = source.isSeekable ? Math.round(Math.max(0, fromMs) * musicPerMs) : 0;
    this.#sounded = this.#at > 0;
    this.#isLooping = source.isSeekable && isLooping;
    this.#gain = new Gain(levellingGain(source.lufs));
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get title(): string {
    return this.source.title;
  }

  get owner(): SoundOwner['person'] {
    return this.#owner?.person;
  }

  get isLooping(): boolean {
    return this.#isLooping;
  }

  /** Position of the next sample to be taken, in ms. */
  get positionMs(): number {
    return this.#at / musicPerMs;
  }

  /** Whether some of it was taken, or an earlier part is known to have been. */
  get hasSounded(): boolean {
    return this.#sounded;
  }

  /** There is enough of it to begin with, or no more will come. */
  get isReady(): boolean {
    return this.isWhole || !this.#isBuffering;
  }

  /** No more will come than is here. */
  get isWhole(): boolean {
    return this.#sourceEnd !== undefined;
  }

  /** All of it was taken. */
  get isDrained(): boolean {
    return this.isWhole && this.rest === 0;
  }

  /** Samples that were read and not taken. */
  get rest(): number {
    return (this.#sound.to - this.#taken) / 2;
  }

  /** Begins to read, or continues, so that it can sound when its turn comes; `lead` samples further ahead than usual. */
  open(lead = 0): void {
    if (this.#isOver) return;
    this.#lead = lead;
    if (!this.#reading) this.#readFrom(this.positionMs);
  }

  /** Round and round, or to the end of the present round; only of a source that can be sought. */
  loop(on: boolean): void {
    this.#isLooping = on;
    const rest = this.#end - this.#at;
    if (on && this.#sourceEnd && !('cause' in this.#sourceEnd)) {
      this.#endRound();
      this.#readFrom(0);
    } else if (!on && this.rest >= rest) {
      this.#stopReading();
      this.#sound.truncate(this.#taken + 2 * rest);
      this.#sourceEnd = {};
    }
  }

  /** Goes on from there with a new reading of its source, once it is opened; only of one that can be sought. */
  seek(toMs: number): void {
    this.#stopReading();
    this.#reading = undefined;
    this.#sourceEnd = undefined;
    this.#isBuffering = true;
    this.#taken = this.#sound.to;
    this.#at = Math.round(toMs * musicPerMs);
    this.#sounded = true;
  }

  /** Moves as much as there is to `into` from place `at` on, to its end at most, and says how much that was. */
  take(into: Float32Array, at = 0): number {
    const next = this.#sound.view(this.#taken, into.length - 2 * at);
    const count = next.length / 2;
    into.set(next, 2 * at);
    this.#gain.applyToStereo(into.subarray(2 * at, 2 * at + next.length));
    this.#taken += next.length;
    this.#at += count;
    while (this.#at >= this.#end) this.#at -= this.#end;
    if (this.rest <= refillSamples + this.#lead) this.#wakeReader();
    if (count > 0) this.#sounded = true;
    return count;
  }

  /** Reports that the item should have gone on and had no sound: it resumes when there is enough again. */
  starve(): void {
    this.#isBuffering = true;
    this.#wakeReader();
  }

  /** Lets go of its source, for good. */
  close(): void {
    this.#isOver = true;
    this.#stopReading();
  }

  /** Why there is no more of it, where something broke, or no sound at all. */
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
    if (this.#sounded) return undefined;
    return new BotError('source.not_audio', false, 'The source of a sound gave none.');
  }

  /** Remembers the end of the source, all of which was read once. */
  #endRound() {
    if (this.#end === endlessSamples)
      this.#end = this.#at + this.rest || endlessSamples;
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

  /**
   * A round without sound is the last, unless it began behind its start. A source that breaks is opened again where it was, as
   * long as it gave sound since it was opened last.
   */
  async #readRounds(startMs: number, signal: AbortSignal) {
    for (let fromMs = startMs; ; ) {
      const before = this.#given;
      try {
        await this.#readSource(fromMs, signal);
        const isEmpty = this.#given === before && fromMs === 0;
        if (!this.#isLooping || isEmpty) return;
        this.#endRound();
        fromMs = 0;
      } catch (cause) {
        if (!isBreak(cause) || this.#given === before) throw cause;
        fromMs += (this.#given - before) / musicPerMs;
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
      void pieces.return?.().catch(() => undefined); // the source is being stopped: its errors are ignored
    }
  }

  #pushSamples(samples: Int16Array) {
    if (samples.length === 0) return;
    this.#given += samples.length / 2;
    this.#sound.push(samples, this.#taken);
    if (!this.#isBuffering || this.rest < minStartSamples) return;
    this.#isBuffering = false;
    this.#onChange();
  }

  /** Has the limit of sound checked again. */
  #wakeReader() {
    this.#space.resolve();
    this.#space = Promise.withResolvers();
  }

  /** Aborting `signal` throws `signal.reason`. */
  async #waitForSpace(signal: AbortSignal) {
    while (!signal.aborted && this.rest >= maxQueuedSamples + this.#lead)
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

/** A connection or a decoder broke, say while a track was paused. */
function isBreak(cause: unknown) {
  return (
    cause instanceof BotError && cause.code === 'source.unreachable' && cause.retryable
  );
}
