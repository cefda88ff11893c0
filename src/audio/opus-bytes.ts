import { opusSamples } from './opus-toc.ts';

/** Requests of libopus (opus_defines.h) and the values we set. */
export const ctl = {
  application: 4000,
  bitrate: 4002,
  voip: 2048,
  /** Left alone libopus picks a hybrid mode at 24 kHz that costs 2.8 times as much. */
  speechBitrate: 64_000,
} as const;

/** What the smallest of the libraries takes; a packet on the wire has at most 1.5 kB. */
const payloadLimitBytes = 3828;

/** `opus` as a Buffer for a library, or a plain Error for what no decoder should be bothered with. */
export function payload(opus: Uint8Array): Buffer {
  if (opus.length > payloadLimitBytes) throw new Error('An Opus packet is too long.');
  if (opusSamples(opus) === 0) throw new Error('A payload is not Opus.');
  return Buffer.from(opus.buffer, opus.byteOffset, opus.length);
}

/**
 * The samples of `opus` that a library put at the start of `pcm`, copied.
 *
 * The first byte of the packet tells their number: mediaplex 1.0.0 gives mono at twice its length, zeros behind.
 */
export function decoded(pcm: Uint8Array, opus: Uint8Array, rateHz: number): Int16Array {
  const samples = new Int16Array((opusSamples(opus) * rateHz) / 48_000);
  if (pcm.length < samples.byteLength) throw new Error('An Opus packet gave too few samples.');
  new Uint8Array(samples.buffer).set(pcm.subarray(0, samples.byteLength));
  return samples;
}

/** 20 ms of samples as the bytes that libraries take. */
export function twentyMs(samples: Int16Array, rateHz: number): Buffer {
  if (samples.length !== rateHz / 50) throw new Error(`A frame holds ${rateHz / 50} samples.`);
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
}
