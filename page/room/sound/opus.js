import { sampleRateHz } from './sound-frames.js';

/** @type {AudioEncoderConfig} */
const config = {
  codec: 'opus',
  sampleRate: sampleRateHz,
  numberOfChannels: 1,
  bitrate: 48_000,
  opus: { frameDuration: 20_000 },
};

const frameMs = 20;

/** Frames of 20 ms as Opus, by the browser's own encoder. */
export class OpusEncoder {
  #encoder;
  /** When the frames that are being encoded were captured, in ms. @type {number[]} */
  #capturedMs = [];
  #frames = 0;
  /** When the frame that was sent last was captured, in ms. */
  #sentMs = 0;

  /**
   * @param {(atMs: number, packet: Uint8Array<ArrayBuffer>) => void} send
   * @returns {Promise<OpusEncoder | undefined>} undefined: this browser has none
   */
  static async open(send) {
    if (typeof AudioEncoder === 'undefined') return undefined;
    const { supported } = await AudioEncoder.isConfigSupported(config).catch(() => ({
      supported: false,
    }));
    return supported ? new OpusEncoder(send) : undefined;
  }

  /** @param {(atMs: number, packet: Uint8Array<ArrayBuffer>) => void} send */
  constructor(send) {
    this.#encoder = new AudioEncoder({
      output: (chunk) => {
        const packet = new Uint8Array(chunk.byteLength);
        chunk.copyTo(packet);
        this.#sentMs = this.#capturedMs.shift() ?? this.#sentMs + frameMs; // of a flush there is one more
        send(this.#sentMs, packet);
      },
      error: ({ message }) => {
        throw new Error(message);
      },
    });
    this.#encoder.configure(config);
  }

  /**
   * @param {Float32Array<ArrayBuffer>} samples
   * @param {number} atMs
   */
  encode(samples, atMs) {
    this.#capturedMs.push(atMs);
    const data = new AudioData({
      format: 'f32-planar',
      sampleRate: sampleRateHz,
      numberOfFrames: samples.length,
      numberOfChannels: 1,
      timestamp: this.#frames++ * 20_000,
      data: samples,
    });
    this.#encoder.encode(data);
    data.close();
  }

  /** Resolves once everything is encoded and sent. */
  async flush() {
    await this.#encoder.flush();
  }
}
