import { SampleRing } from './sample-ring.js';
import { sampleRateHz } from './sound-frames.js';

/** The reserve in the usual case, and at most after holes. */
const [reserveMs, maxReserveMs] = [40, 240];
/** Longer silence is no hole: pauses between clauses have sound, too. */
const holeMs = 150;
/** The reserve falls after so much sound without a hole. */
const calmMs = 10_000;
const fadeMs = 3;
/** A browser that was asleep comes back to at most so much old sound. */
const maxQueuedMs = 400;

class PlaybackProcessor extends AudioWorkletProcessor {
  #ring = new SampleRing({
    reserveSamples: toSampleCount(reserveMs),
    mostSamples: toSampleCount(maxQueuedMs),
    mostReserveSamples: toSampleCount(maxReserveMs),
    holeSamples: toSampleCount(holeMs),
    calmSamples: toSampleCount(calmMs),
    fadeSamples: toSampleCount(fadeMs),
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

/** @param {number} ms */
function toSampleCount(ms) {
  return (ms * sampleRateHz) / 1_000;
}

registerProcessor('playback', PlaybackProcessor);
