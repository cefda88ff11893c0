import { joinSamples, listenRateHz, type Pcm } from '#src/audio/pcm.ts';

/**
 * The first word counts. A voice is noticed up to 150 ms late (Silero v5, p90 on our recordings), three windows begin
 * an utterance, and a soft first sound comes before both.
 */
const preRollMs = 400;
const tailMs = 200;

const toSamples = (ms: number): number => (ms * listenRateHz) / 1000;

/** Sound of one utterance: 400 ms before the voice, and all of it until the voice ended. */
export class UtteranceBuffer {
  #chunks: Int16Array[] = [];
  #length = 0;
  #voicedLength = 0;
  #isRunning = false;

  push(samples: Int16Array): void {
    this.#chunks.push(samples);
    this.#length += samples.length;
    if (!this.#isRunning) this.#dropOldSamples();
  }

  begin(): void {
    this.#isRunning = true;
    this.#voicedLength = this.#length;
  }

  markVoice(): void {
    this.#voicedLength = this.#length;
  }

  copySound(): Pcm {
    return { samples: joinSamples(this.#chunks), rateHz: listenRateHz, channels: 1 };
  }

  /** Ends the utterance. The next one begins with the sound after the cut. */
  take(): Pcm {
    const kept = Math.min(this.#length, this.#voicedLength + toSamples(tailMs));
    const all = joinSamples(this.#chunks);
    this.#isRunning = false;
    this.#chunks = [all.slice(kept)];
    this.#length -= kept;
    this.#voicedLength = 0;
    this.#dropOldSamples();
    return { samples: all.subarray(0, kept), rateHz: listenRateHz, channels: 1 };
  }

  #dropOldSamples() {
    for (;;) {
      const first = this.#chunks[0];
      if (!first || this.#length - first.length < toSamples(preRollMs)) return;
      this.#chunks.shift();
      this.#length -= first.length;
    }
  }
}
