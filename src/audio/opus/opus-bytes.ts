import { isSilenceFrame } from '#src/audio/packet.ts';
import { type OpusMode, opusSamples } from './opus-toc.ts';

/** Requests of libopus (opus_defines.h) and the values we set. */
export const ctl = {
  application: 4000,
  bitrate: 4002,
  /** From libopus's private header (opus_private.h). */
  forceMode: 11_002,
  voip: 2048,
  audio: 2049,
  /** Left alone libopus picks a hybrid mode at 24 kHz that costs 2.8 times as much. */
  speechBitrate: 64_000,
  /** Bit rate of stereo. */
  musicBitrate: 128_000,
} as const;

const modes = { silk: 1000, hybrid: 1001, celt: 1002, auto: -1000 } as const;

/** Argument of `ctl.forceMode`. */
export function modeValue(mode: OpusMode | undefined): number {
  return modes[mode ?? 'auto'];
}

/** Largest packet that all of the libraries take; a packet on the wire has at most 1.5 kB. */
const payloadLimitBytes = 3828;

/** A packet this short holds one frame without sound: its sender saves bandwidth while all is quiet (DTX). */
const soundlessBytes = 2;

/**
 * Decodes `opus` with a library's decoder; throws a plain Error for bytes that could harm a library.
 *
 * Packets without sound are zeros: mediaplex 1.0.0 makes full-scale noise of them, in every mode but CELT, and of a silence frame after
 * hybrid frames (2026-11).
 */
export function decoded(
  library: { decode(opus: Buffer): Uint8Array },
  opus: Uint8Array,
  rateHz: number,
  channels: 1 | 2 = 1,
): Int16Array {
  if (opus.length > payloadLimitBytes) throw new Error('An Opus packet is too long.');
  const length = opusSamples(opus);
  if (length === 0) throw new Error('A packet is not Opus.');
  const samples = new Int16Array((length * rateHz * channels) / 48_000);
  if (opus.length <= soundlessBytes) return samples;
  const pcm = library.decode(asBuffer(opus));
  if (isSilenceFrame(opus)) return samples;
  if (pcm.length < samples.byteLength)
    throw new Error('An Opus packet was decoded to too few samples.');
  // The first byte gives their number: mediaplex gives mono at twice its length, zeros behind.
  samples.set(new Int16Array(pcm.buffer, pcm.byteOffset, samples.length));
  return samples;
}

/** Bytes from the network already are a Buffer. */
function asBuffer(opus: Uint8Array): Buffer {
  return opus instanceof Buffer ? opus : Buffer.from(opus.buffer, opus.byteOffset, opus.length);
}

/** 20 ms of samples as the bytes that libraries take. */
export function twentyMs(samples: Int16Array, rateHz: number, channels: 1 | 2 = 1): Buffer {
  const length = (rateHz / 50) * channels;
  if (samples.length !== length) throw new Error(`A frame holds ${length} samples.`);
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
}
