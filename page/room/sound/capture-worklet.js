import { FrameCutter } from './sample-ring.js';
import { frameSamples } from './sound-frames.js';

/** Sends the microphone's sound in frames of 20 ms. */
class CaptureProcessor extends AudioWorkletProcessor {
  #cutter = new FrameCutter(frameSamples);
  /** @type {MessagePort | undefined} */
  #out;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      this.#out = data;
    };
  }

  /**
   * @override
   * @param {Float32Array[][]} inputs
   */
  process(inputs) {
    const samples = inputs[0]?.[0];
    if (!samples || !this.#out) return true;
    for (const frame of this.#cutter.cut(samples))
      this.#out.postMessage(frame, [frame.buffer]);
    return true;
  }
}

registerProcessor('capture', CaptureProcessor);
