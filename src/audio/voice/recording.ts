import { joinSamples, listenRateHz, type Pcm } from '#src/audio/pcm.ts';

/**
 * Kept from before the voice was noticed, since the first word counts: onset is noticed up to 150 ms late (Silero v5 on
 * recordings, p90), three windows make a beginning, and a soft first sound comes before both.
 */
const preRollMs = 400;
/** Kept after the last voice: word endings are quiet. */
const tailMs = 200;

const samplesOf = (ms: number): number => (ms * listenRateHz) / 1000;

/** Sound of one utterance: a short past while there is no voice, everything since the voice began, cut where it ended. */
export class Recording {
  #chunks: Int16Array[] = [];
  #length = 0;
  #voiced = 0;
  #running = false;

  /** 16 kHz mono, any length. While not running only the last 400 ms are kept. */
  push(samples: Int16Array): void {
    this.#chunks.push(samples);
    this.#length += samples.length;
    if (!this.#running) this.#forget();
  }

  begin(): void {
    this.#running = true;
    this.#voiced = this.#length;
  }

  /** The last pushed sound held voice. */
  voiced(): void {
    this.#voiced = this.#length;
  }

  /** All of it up to now. */
  soFar(): Pcm {
    return { samples: joinSamples(this.#chunks), rateHz: listenRateHz, channels: 1 };
  }

  /** Ends the utterance and hands it over; the next one begins with the sound behind the cut, if any. */
  take(): Pcm {
    const kept = Math.min(this.#length, this.#voiced + samplesOf(tailMs));
    const all = joinSamples(this.#chunks);
    this.#running = false;
    this.#chunks = [all.slice(kept)];
    this.#length -= kept;
    this.#voiced = 0;
    this.#forget();
    return { samples: all.subarray(0, kept), rateHz: listenRateHz, channels: 1 };
  }

  #forget(): void {
    for (;;) {
      const first = this.#chunks[0];
      if (!first || this.#length - first.length < samplesOf(preRollMs)) return;
      this.#chunks.shift();
      this.#length -= first.length;
    }
  }
}
