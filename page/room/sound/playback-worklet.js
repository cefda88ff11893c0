import { SampleRing } from './sample-ring.js';
import { sampleRateHz } from './sound-frames.js';

/** The reserve in the usual case. */
const reserveMs = 40;
/** The largest reserve, after holes. */
const maxReserveMs = 240;
/** Longer silence is no hole: pauses between clauses have sound, too. */
const holeMs = 150;
/** The reserve falls after so much sound without a hole. */
const calmMs = 10_000;
const fadeMs = 3;
/** A browser that was asleep comes back to at most so much old sound. */
const maxQueuedMs = 400;

/** Plays the frames that the worker sends to its port. */
class PlaybackProcessor extends AudioWorkletProcessor {
  #ring = new SampleRing({
    reserveSamples: toSampleCount(reserveMs),
    maxSamples: toSampleCount(maxQueuedMs),
    maxReserveSamples: toSampleCount(maxReserveMs),
    holeSamples: toSampleCount(holeMs),
    calmSamples: toSampleCount(calmMs),
    fadeSamples: toSampleCount(fadeMs),
  });

  /** Waits for the port of the worker. */
  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      data.onmessage = (/** @type {MessageEvent<Float32Array>} */ frame) =>
        this.#ring.push(frame.data);
    };
  }

  /**
   * Fills every channel with the same sound.
   * @override
   * @param {Float32Array[][]} _inputs
   * @param {Float32Array[][]} outputs
   * @returns {boolean} true: it stays alive
   */
  process(_inputs, outputs) {
    const [firstChannel, ...otherChannels] = outputs[0] ?? [];
    if (!firstChannel) return true;
    this.#ring.pull(firstChannel);
    for (const channel of otherChannels) channel.set(firstChannel);
    return true;
  }
}

/**
 * Counts the samples of a duration.
 * @param {number} ms
 * @returns {number}
 */
function toSampleCount(ms) {
  return (ms * sampleRateHz) / 1_000;
}

registerProcessor('playback', PlaybackProcessor);
