import { stat } from 'node:fs/promises';
import { LoudnessMeter } from '#src/audio/loudness/loudness-meter.ts';
import { durationMs } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import { StereoRate } from '#src/audio/stereo-rate.ts';
import type { Clock } from '#src/base/clock.ts';

/** Length of sound, in ms, from which its loudness is measured. */
const enoughMs = 60_000;
/** Longest measurement, in ms: a person waits to hear the sound meanwhile. */
const longestMs = 1_000;
const mostKept = 2_000;

/** Loudness of files, each measured when it is first wanted and again when it has changed. */
export class MeasuredLoudness {
  readonly #clock: Clock;
  readonly #known = new Map<string, number | undefined>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds its measured loudness to a sound, if it has one. Aborting `signal` throws `signal.reason`. */
  async of(path: string, source: SoundSource, signal: AbortSignal): Promise<SoundSource> {
    const lufs = await this.#lufs(path, source, signal);
    if (lufs === undefined) return source;
    const { title, lengthMs, seekable } = source;
    return {
      title,
      seekable,
      lufs,
      lengthMs,
      open: (fromMs, until) => source.open(fromMs, until),
    };
  }

  async #lufs(path: string, source: SoundSource, signal: AbortSignal): Promise<number | undefined> {
    const { mtimeMs, size } = await stat(path).catch(() => ({ mtimeMs: 0, size: 0 }));
    const key = `${mtimeMs} ${size} ${path}`;
    if (this.#known.has(key)) return this.#known.get(key);
    const meter = new LoudnessMeter();
    try {
      await this.#measure(source, meter, signal);
    } catch {
      signal.throwIfAborted();
      return meter.lufs; // the player reports the error
    }
    this.#keep(key, meter.lufs);
    return meter.lufs;
  }

  async #measure(source: SoundSource, meter: LoudnessMeter, signal: AbortSignal): Promise<void> {
    const untilMs = this.#clock.nowMs() + longestMs;
    const rate = new StereoRate();
    let leftMs = enoughMs;
    for await (const chunk of source.open(0, signal)) {
      if (chunk.kind === 'opus') continue; // never of a source that is exact
      for (const piece of rate.push(chunk.pcm)) meter.push(piece);
      leftMs -= durationMs(chunk.pcm);
      if (leftMs <= 0 || this.#clock.nowMs() >= untilMs) return;
    }
    meter.push(rate.flush());
  }

  #keep(key: string, lufs: number | undefined): void {
    this.#known.set(key, lufs);
    const [oldest] = this.#known.keys();
    if (this.#known.size > mostKept && oldest !== undefined) this.#known.delete(oldest);
  }
}
