import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import type { BotError } from '#src/base/errors.ts';
import { Owned } from '#src/people/owned.ts';
import { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import type { ItemOptions, TrackItem } from '#src/playback/tracks/track-item.ts';
import type { TrackCommand } from '#src/playback/tracks/track-outcomes.ts';
import { makeSourceFromPcm } from '#test/fakes/made-source.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

export const codec = await loadOpus();

export const bandRateHz = 48_000;
/** The 5 ms behind the end of a sound in which its last level dies away. */
export const dyingSamples = 240;

/** `ms` of a tone in both channels at 48 kHz. */
export function makeTone(
  ms: number,
  { hz = 440, peak = 8000, rateHz = bandRateHz } = {},
): Int16Array {
  const frames = (ms * rateHz) / 1000;
  return Int16Array.from({ length: 2 * frames }, (_, n) =>
    Math.round(peak * Math.sin((2 * Math.PI * hz * (n >> 1)) / rateHz)),
  );
}

/** `ms` of one level in both channels. */
export function makeSteady(value: number, ms: number): SoundSource {
  const samples = new Int16Array(2 * 48 * ms).fill(value);
  return makeSourceFromPcm(`level ${value}`, {
    samples,
    rateHz: bandRateHz,
    channels: 2,
  });
}

/** Chunks as told, then nothing ever. */
export function findStuck(...levels: number[]): SoundSource {
  return {
    title: 'stuck',
    lengthMs: 60_000,
    isSeekable: false,
    async *open() {
      for (const level of levels) {
        const samples = new Int16Array(96 * 20).fill(level);
        yield { samples, rateHz: bandRateHz, channels: 2 };
      }
      await Promise.withResolvers<void>().promise;
    },
  };
}

/** A source that gives what it is told, when it is told, and counts what is asked of it. */
export class ScriptedSource implements SoundSource {
  readonly title = 'tap';
  readonly lengthMs = 60_000;
  readonly isSeekable = false;
  asked = 0;
  closed = false;
  #waiting: PromiseWithResolvers<Pcm | undefined> | undefined;
  #ready: (Pcm | undefined)[] = [];
  #broke: Error | undefined;

  give(value: number, ms: number) {
    const samples = new Int16Array(2 * 48 * ms).fill(value);
    this.#put({ samples, rateHz: bandRateHz, channels: 2 });
  }

  end() {
    this.#put(undefined);
  }

  fail(error: Error) {
    this.#broke = error;
    this.#put(undefined);
  }

  async *open(_fromMs: number, signal: AbortSignal): AsyncIterable<Pcm> {
    try {
      for (;;) {
        this.asked++;
        signal.throwIfAborted();
        if (this.#broke && this.#ready.length === 0) throw this.#broke;
        const chunk =
          this.#ready.length > 0 ? this.#ready.shift() : await this.#wait(signal);
        if (!chunk && this.#broke) throw this.#broke;
        if (!chunk) return;
        yield chunk;
      }
    } finally {
      this.closed = true;
    }
  }

  #put(chunk: Pcm | undefined) {
    if (this.#waiting) this.#waiting.resolve(chunk);
    else this.#ready.push(chunk);
    this.#waiting = undefined;
  }

  #wait(signal: AbortSignal) {
    this.#waiting = Promise.withResolvers();
    const { promise, reject } = this.#waiting;
    signal.addEventListener('abort', () => reject(signal.reason));
    return promise;
  }
}

/** Tracks on virtual time, asked every 20 ms; keeps what was heard, silence included. */
export class Band {
  readonly clock = new VirtualClock();
  readonly tracks = new NamedTracks(this.clock);
  readonly frames: Float32Array[] = [];
  isSpeaking = false;
  readonly #ends = new Map<TrackItem, BotError | 'completed' | 'cancelled'>();

  constructor() {
    this.tracks.listen(({ error, item, kind }) => {
      if (kind !== 'began')
        this.#ends.set(item, error ?? (item.isDrained ? 'completed' : 'cancelled'));
    });
  }

  /** Adds a sound that is open to anyone. */
  enqueue(name: string, source: SoundSource, options?: ItemOptions) {
    return this.tracks.enqueue(name, new Owned(source, 'given'), options);
  }

  /** Item that was added. */
  play(name: string, source: SoundSource, options?: ItemOptions) {
    const added = this.enqueue(name, source, options);
    const index = added.kind === 'added' ? added.place : 0;
    const item = this.tracks.findTrack(name)?.items[index];
    if (!item) throw new Error(`It was not taken: ${added.kind}.`);
    return item;
  }

  /** Does nothing without that track. */
  perform(command: TrackCommand, name = 'main') {
    return this.tracks.findTrack(name)?.perform(command);
  }

  /** How an item ended, if it did. */
  readonly endOf = (item: TrackItem) => this.#ends.get(item);

  /** 20 ms pass; undefined where there was nothing to hear. */
  async step(): Promise<Float32Array | undefined> {
    await this.clock.advance(20);
    const frame = this.tracks.pullFrame(this.isSpeaking)?.slice();
    this.frames.push(frame ?? new Float32Array(1920));
    return frame;
  }

  async run(ms: number) {
    for (let n = 0; n < ms / 20; n++) await this.step();
  }

  /** The left channel of all that was heard; the right one is the same. */
  get heard(): Float32Array {
    const all = new Float32Array(this.frames.length * 960);
    this.frames.forEach((frame, at) => {
      for (let n = 0; n < 960; n++) {
        if (frame[2 * n] !== frame[2 * n + 1]) throw new Error('The channels differ.');
        all[at * 960 + n] = frame[2 * n] ?? 0;
      }
    });
    return all;
  }

  /** The level in the middle of the latest frame. */
  get level(): number {
    return this.frames.at(-1)?.[960] ?? 0;
  }
}
