import type { OpusDecoder } from '#src/audio/opus.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import type { SoundChunk, SoundSource } from '#src/audio/sound-source.ts';
import type { Clock } from '#src/base/clock.ts';
import { musicFrame, musicPerMs } from './stereo.ts';
import { opusAhead, StereoQueue } from './stereo-queue.ts';
import { StereoRate } from './stereo-rate.ts';

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

/** A sound begins, and goes on after a gap, with so much of it, or with all there is. */
const enough = 400 * musicPerMs;
/** It is read so far ahead, then not again before the low mark. */
const ahead = 2_000 * musicPerMs;
const low = 1_500 * musicPerMs;
/** In one go no more is turned into samples: the link wants its frame every 20 ms. */
const portion = 100 * musicPerMs;
/** What a packet means depends on those before it; after so long nobody can tell any more that they were not sent. */
const settling = 300 * musicPerMs;
/** Without a sound from its source for so long, an item is given up. */
const patienceMs = 8_000;

/** Reads one source ahead, within a bound, into samples of 48 kHz stereo. */
export class Pump {
  readonly sound: StereoQueue;
  readonly #source: SoundSource;
  readonly #parts: PumpParts;
  readonly #told: PumpListener;
  readonly #rate = new StereoRate();
  #decoder: OpusDecoder | undefined;
  #reading = new AbortController();
  #isLooping: boolean;
  #round = 0;
  /** Samples of this round. */
  #given = 0;
  /** Samples since others had their turn. */
  #unshared = 0;
  #isBuffering = true;
  #isHeld = false;
  #end: PumpEnd | undefined;
  #room: PromiseWithResolvers<void> | undefined;
  /** Since when the source has been asked and has given no sound. */
  #askedAtMs: number | undefined;
  #isWatched = false;

  constructor(
    source: SoundSource,
    parts: PumpParts,
    { fromMs, isLooping }: { readonly fromMs: number; readonly isLooping: boolean },
    told: PumpListener,
  ) {
    this.#source = source;
    this.#parts = parts;
    this.#told = told;
    this.#isLooping = isLooping;
    this.sound = new StereoQueue(fromMs);
    void this.#run(fromMs, this.#reading.signal);
  }

  get end(): PumpEnd | undefined {
    return this.#end;
  }

  /** There is enough to begin with, or no more will come. */
  get isReady(): boolean {
    return this.#end !== undefined || !this.#isBuffering;
  }

  /** For whoever took sound. */
  took(): void {
    if (this.sound.length <= low) this.#wake();
  }

  /** There was nothing to take: it goes on when there is enough again. */
  starve(): void {
    this.#isBuffering = true;
    this.#wake();
  }

  /** Its source is not read any further. */
  hold(on: boolean): void {
    if (on === this.#isHeld) return;
    this.#isHeld = on;
    if (!on && this.#askedAtMs !== undefined) this.#ask();
    if (!on) this.#wake();
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
    this.#decoder?.free();
    this.#decoder = undefined;
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
      while (this.#isLooping && this.#given > 0 && !signal.aborted) {
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
    this.#decoder?.free();
    this.#decoder = undefined;
    const chunks = this.#source.open(fromMs, signal)[Symbol.asyncIterator]();
    try {
      for (;;) {
        await this.#untilRoom(signal);
        if (signal.aborted) break;
        if (this.#askedAtMs === undefined) this.#ask();
        const next = await chunks.next();
        if (signal.aborted || next.done) break;
        await this.#take(next.value, signal);
      }
      if (!signal.aborted) this.#push(this.#rate.flush());
      this.#askedAtMs = undefined;
    } finally {
      if (signal.aborted) void letGo(chunks);
    }
  }

  /** From now on the source has time to give sound. */
  #ask(): void {
    this.#askedAtMs = this.#parts.clock.nowMs();
    if (!this.#isWatched) void this.#watch(this.#reading.signal);
  }

  /** One timer for as many reads as come while it runs. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    this.#isWatched = true;
    try {
      while (this.#askedAtMs !== undefined && !this.#isHeld) {
        const leftMs = this.#askedAtMs + patienceMs - clock.nowMs();
        if (leftMs <= 0) return this.#conclude({ kind: 'stalled' });
        await clock.sleep(leftMs, signal);
      }
    } catch {
      // closed meanwhile
    } finally {
      this.#isWatched = false;
    }
  }

  async #take(chunk: SoundChunk, signal: AbortSignal): Promise<void> {
    this.#unshared += musicPerMs; // a chunk may be empty
    await this.#share(signal);
    if (chunk.kind === 'opus') {
      this.#decoder ??= this.#parts.decoder();
      const samples = this.#decoder.decode(chunk.packet);
      const isFit = samples.length === 2 * musicFrame && this.#given >= settling;
      this.#push(samples, isFit ? chunk.packet : undefined, this.#round === 0 && this.#given === 0);
      return;
    }
    for (const pcm of portions(chunk.pcm)) {
      for (const piece of this.#rate.push(pcm)) this.#push(piece);
      await this.#share(signal);
      await this.#untilRoom(signal);
      if (signal.aborted) return;
    }
  }

  #push(samples: Int16Array, packet?: Uint8Array, isAhead = false): void {
    if (samples.length === 0) return;
    this.#askedAtMs = undefined;
    this.#told.read(samples);
    this.#given += samples.length / 2;
    this.#unshared += samples.length / 2;
    this.sound.push(isAhead ? samples.subarray(2 * opusAhead) : samples, this.#round, packet);
    if (!this.#isBuffering || this.sound.length < enough) return;
    this.#isBuffering = false;
    this.#told.changed();
  }

  /** A round that is next to nothing is made longer by silence: else its source would be opened without end. */
  #fill(): void {
    if (this.#given < portion) this.#push(new Int16Array(2 * (portion - this.#given)));
  }

  async #share(signal: AbortSignal): Promise<void> {
    if (this.#unshared < portion) return;
    this.#unshared = 0;
    await this.#parts.clock.sleep(0, signal);
  }

  async #untilRoom(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (this.#isHeld || this.sound.length >= ahead)) {
      this.#room ??= Promise.withResolvers();
      await this.#room.promise;
    }
  }

  #wake(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  #conclude(end: PumpEnd): void {
    if (this.#end || this.#reading.signal.aborted) return;
    this.#end = end;
    if (end.kind !== 'ended' || !this.#isLooping) this.close();
    this.#told.changed();
  }
}

/** Also where the source does not listen to its signal. */
async function letGo(chunks: AsyncIterator<SoundChunk>): Promise<void> {
  try {
    await chunks.return?.();
  } catch {
    // it was told to stop: how it does is its own affair
  }
}

function* portions({ samples, rateHz, channels }: Pcm): Generator<Pcm> {
  const length = Math.max(1, Math.floor(rateHz / 10)) * channels;
  for (let at = 0; at < samples.length; at += length) {
    yield { samples: samples.subarray(at, at + length), rateHz, channels };
  }
}
