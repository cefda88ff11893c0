import { durationMs, type Pcm } from '#src/audio/pcm.ts';

/** Sound that is decoded, or read, only to reach the wanted position. */
export class Skip {
  #leftMs: number;

  constructor(ms: number) {
    this.#leftMs = ms;
  }

  get leftMs(): number {
    return this.#leftMs;
  }

  /** Leaves out `ms` of sound undecoded where the wanted position lies more than `preRollMs` behind them. */
  passes(ms: number, preRollMs: number): boolean {
    const isFar = this.#leftMs > preRollMs + ms;
    if (isFar) this.#leftMs -= ms;
    return isFar;
  }

  /** Cuts the unwanted start off a piece; undefined where nothing of it is left. */
  cut(pcm: Pcm): Pcm | undefined {
    if (this.#leftMs <= 0) return pcm;
    const { samples, rateHz, channels } = pcm;
    const cut = Math.round((this.#leftMs * rateHz) / 1000) * channels;
    this.#leftMs = cut < samples.length ? 0 : this.#leftMs - durationMs(pcm);
    return cut < samples.length ? { ...pcm, samples: samples.subarray(cut) } : undefined;
  }
}
