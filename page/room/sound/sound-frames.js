/** Bytes before the payload: kind, sequence (u32 le), time in ms (f64 le). */
export const headBytes = 13;
/** A frame of sound: 20 ms of mono at 48 kHz. */
export const frameSamples = 960;
export const sampleRateHz = 48_000;

/** First byte of a frame. */
export const frameKinds = Object.freeze({
  sentPcm: 2,
  heardPcm: 4,
  /** Without a payload: the microphone is spoken into no more, for now. */
  sentEnd: 5,
});

/**
 * `atMs` is the instant of capture by the sender's clock.
 * @typedef {{ kind: number, sequence: number, atMs: number, payload: Uint8Array<ArrayBuffer> }} SoundFrame
 */

/**
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
 * @param {ArrayBuffer} bytes
 * @returns {SoundFrame | undefined}
 */
export function readFrame(bytes) {
  if (bytes.byteLength < headBytes) return undefined;
  const view = new DataView(bytes);
  const kind = view.getUint8(0);
  const [sequence, atMs] = [view.getUint32(1, true), view.getFloat64(5, true)];
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
  const whole = bytes.slice(0, bytes.length - (bytes.length % 2));
  return Float32Array.from(new Int16Array(whole.buffer), (sample) => sample / 32_767);
}

/**
 * @param {Float32Array} samples
 * @returns {number}
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
