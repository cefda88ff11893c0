import { type CanaryWindow, canariesIn, canaryWindowSamples } from '#bench/chaos/judge/canary.ts';
import type { HeardFrame } from '#sandbox/voice/voice-ports.ts';

/** 48 kHz to 16 kHz; what lies above 8 kHz holds no canary and is no louder than noise. */
const everyth = 3;
/** A gap longer than this begins a new sound. */
const gapMs = 400;

export type HeardCanary = CanaryWindow & { readonly atMs: number };

/** Finds the canaries in what one person hears, a change at a time. */
export class CanaryListener {
  #samples = new Int16Array(0);
  #lastAtMs = Number.NEGATIVE_INFINITY;
  #last: CanaryWindow | undefined;

  /** New canaries in these frames, which come in order of arrival: another question, or another third of the answer. */
  hear(frames: readonly HeardFrame[]): readonly HeardCanary[] {
    const found: HeardCanary[] = [];
    for (const { audible, samples, atMs } of frames) {
      if (!audible) continue;
      if (atMs - this.#lastAtMs > gapMs) this.#restart();
      this.#lastAtMs = atMs;
      this.#add(samples);
      for (const window of this.#read()) {
        if (!this.#isNew(window)) continue;
        this.#last = window;
        found.push({ ...window, atMs });
      }
    }
    return found;
  }

  #restart(): void {
    this.#samples = new Int16Array(0);
    this.#last = undefined;
  }

  #add(samples: Int16Array): void {
    const more = samples.filter((_, n) => n % everyth === 0);
    const joined = new Int16Array(this.#samples.length + more.length);
    joined.set(this.#samples);
    joined.set(more, this.#samples.length);
    this.#samples = joined;
  }

  /** Whole windows only; half of the last one stays for the next. */
  #read(): readonly CanaryWindow[] {
    if (this.#samples.length < canaryWindowSamples) return [];
    const windows = canariesIn(this.#samples);
    this.#samples = this.#samples.slice(canaryWindowSamples / 2);
    return windows;
  }

  #isNew({ who, number, part }: CanaryWindow): boolean {
    const last = this.#last;
    return last?.who !== who || last.number !== number || last.part !== part;
  }
}
