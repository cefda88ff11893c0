import { SampleRing } from './sample-ring.js';
import { sampleRateHz } from './sound-frames.js';

/** Sound that waits before the first of it plays. */
const reserveMs = 40;
/** A browser that was asleep comes back to at most so much old sound. */
const mostMs = 400;

/** Plays the frames that come through the port it is handed. */
class PlaybackProcessor extends AudioWorkletProcessor {
  #ring = new SampleRing({
    reserveSamples: (reserveMs * sampleRateHz) / 1_000,
    mostSamples: (mostMs * sampleRateHz) / 1_000,
  });

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      data.onmessage = (/** @type {MessageEvent<Float32Array>} */ frame) =>
        this.#ring.push(frame.data);
    };
  }

  /**
   * @override
   * @param {Float32Array[][]} _inputs
   * @param {Float32Array[][]} outputs
   */
  process(_inputs, outputs) {
    const [first, ...others] = outputs[0] ?? [];
    if (!first) return true;
    this.#ring.pull(first);
    for (const channel of others) channel.set(first);
    return true;
  }
}

registerProcessor('playback', PlaybackProcessor);
