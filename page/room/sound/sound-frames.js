/** Bytes before the payload: kind, sequence (u32 le), time in ms (f64 le). @type {number} */
export const headBytes = 13;
/** A frame of sound: 20 ms of mono at 48 kHz. @type {number} */
export const frameSamples = 960;
/** Samples a second, everywhere in the page. @type {number} */
export const sampleRateHz = 48_000;

/** First byte of a frame. @type {Readonly<{ sentPcm: number, heardPcm: number, sentEnd: number }>} */
export const frameKinds = Object.freeze({
  sentPcm: 2,
  heardPcm: 4,
  /** Without a payload: the microphone is spoken into no more, for now. */
  sentEnd: 5,
});

/**
 * A frame on its way between the page and the sandbox.
 * @typedef {object} SoundFrame
 * @property {number} kind one of `frameKinds`
 * @property {number} sequence
 * @property {number} atMs instant of capture by the sender's clock
 * @property {Uint8Array<ArrayBuffer>} payload
 */

/**
 * Encodes a frame.
 * @param {SoundFrame} frame
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function writeFrame({ kind, sequence, atMs, payload }) {
  const bytes = new Uint8Array(headBytes + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, kind);
  view.setUint32(1, sequence >>> 0, true);
  view.setFloat64(5, atMs, true);
  bytes.set(payload, headBytes);
  return bytes;
}

/**
 * Decodes a frame.
 * @param {ArrayBuffer} bytes
 * @returns {SoundFrame | undefined} undefined where it is too short
 */
export function readFrame(bytes) {
  if (bytes.byteLength < headBytes) return undefined;
  const view = new DataView(bytes);
  const kind = view.getUint8(0);
  const sequence = view.getUint32(1, true);
  const atMs = view.getFloat64(5, true);
  return { kind, sequence, atMs, payload: new Uint8Array(bytes, headBytes) };
}

/**
 * Encodes as 16 bit, little-endian. Samples beyond -1 and 1 are cut off.
 * @param {Float32Array} samples
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function toPcmBytes(samples) {
  const pcm = Int16Array.from(samples, (sample) =>
    Math.round(Math.max(-1, Math.min(1, sample)) * 32_767),
  );
  return new Uint8Array(pcm.buffer);
}

/**
 * Decodes 16 bit, without an odd last byte.
 * @param {Uint8Array} bytes
 * @returns {Float32Array<ArrayBuffer>}
 */
export function toPcmSamples(bytes) {
  const pcm = bytes.slice(0, bytes.length - (bytes.length % 2));
  return Float32Array.from(new Int16Array(pcm.buffer), (sample) => sample / 32_767);
}

/**
 * Measures the root mean square of samples, 0 without any.
 * @param {Float32Array} samples
 * @returns {number} 0 to 1
 */
export function measureRms(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
}

/**
 * Maps -60 dB and less to 0, and full scale to 1.
 * @param {number} rms
 * @returns {number}
 */
export function toMeterPosition(rms) {
  return rms <= 0.001 ? 0 : Math.min(1, 1 + (20 * Math.log10(rms)) / 60);
}
