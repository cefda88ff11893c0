import { FrameCutter } from './sample-ring.js';
import { frameSamples } from './sound-frames.js';

/** Sends the microphone's sound in frames of 20 ms. */
class CaptureProcessor extends AudioWorkletProcessor {
  #cutter = new FrameCutter(frameSamples);
  /** The port of the worker. @type {MessagePort | undefined} */
  #port;

  /** Waits for the port of the worker. */
  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      this.#port = data;
    };
  }

  /**
   * Sends the frames that are full now.
   * @override
   * @param {Float32Array[][]} inputs
   * @returns {boolean} true: it stays alive
   */
  process(inputs) {
    const samples = inputs[0]?.[0];
    if (!samples || !this.#port) return true;
    for (const frame of this.#cutter.cut(samples))
      this.#port.postMessage(frame, [frame.buffer]);
    return true;
  }
}

registerProcessor('capture', CaptureProcessor);
