/** 120 ms at 48 kHz: https://www.rfc-editor.org/rfc/rfc6716.html#section-3.2.5 */
const maxPacketSamples = 5760;

/**
 * Frame lengths at 48 kHz by the upper five bits of the first byte:
 * https://www.rfc-editor.org/rfc/rfc6716.html#section-3.1
 */
const silkFrameSamples = [480, 960, 1920, 2880];
const hybridFrameSamples = [480, 960];
const celtFrameSamples = [120, 240, 480, 960];

/** Counts the samples of a packet at 48 kHz by its first byte. Returns 0 for bytes that cannot be Opus. */
export function countOpusSamples(opus: Uint8Array): number {
  const first = opus[0];
  if (first === undefined) return 0;
  const samples = getFrameSamples(first >> 3) * getFrameCount(first & 3, opus[1]);
  return samples <= maxPacketSamples ? samples : 0;
}

/** 20 ms, as clients send at the end of a voice. */
export const silenceFrame: Buffer = Buffer.from([0xf8, 0xff, 0xfe]);

/**
 * Recognises silence frames, which follow the last voiced one:
 * https://docs.discord.com/developers/topics/voice-connections#voice-data-interpolation
 */
export function isSilenceFrame(opus: Uint8Array): boolean {
  return silenceFrame.equals(opus);
}

function getFrameSamples(mode: number) {
  if (mode < 12) return silkFrameSamples[mode % 4] ?? 0;
  if (mode < 16) return hybridFrameSamples[mode % 2] ?? 0;
  return celtFrameSamples[mode % 4] ?? 0;
}

function getFrameCount(code: number, second: number | undefined) {
  if (code === 0) return 1;
  if (code === 3) return (second ?? 0) & 63;
  return 2;
}

/**
 * Requests and values of libopus (opus_defines.h):
 * https://opus-codec.org/docs/opus_api-1.5/group__opus__ctlvalues.html
 */
export const opusControls = {
  application: 4000,
  bitrate: 4002,
  voip: 2048,
  /** VOIP would code the bot's speech in hybrid mode, which takes 2.6 times the CPU (mediaplex 1.0.0, 24 kHz). */
  audio: 2049,
  speechBitrate: 64_000,
  musicBitrate: 128_000,
} as const;

/** Limit of the strictest library. A packet on the wire has at most 1.5 kB. */
const maxPacketBytes = 3828;

/** A packet this short holds one frame without sound (DTX). */
const maxSoundlessBytes = 2;

/** Decodes a packet. Throws a plain Error for bytes that could harm a library. */
export function decodeOpus(
  library: { decode(opus: Buffer): Uint8Array },
  opus: Uint8Array,
  rateHz: number,
  channels: 1 | 2 = 1,
): Int16Array {
  if (opus.length > maxPacketBytes) throw new Error('An Opus packet is too long.');
  const length = countOpusSamples(opus);
  if (length === 0) throw new Error('A packet is not Opus.');
  const samples = new Int16Array((length * rateHz * channels) / 48_000);
  // mediaplex 1.0.0 turns packets without sound into full-scale noise, except in CELT mode.
  if (opus.length <= maxSoundlessBytes) return samples;
  const pcm = library.decode(toBuffer(opus));
  // The same happens for a silence frame after hybrid frames.
  if (isSilenceFrame(opus)) return samples;
  if (pcm.length < samples.byteLength)
    throw new Error('An Opus packet was decoded to too few samples.');
  // mediaplex returns mono at twice its length, with zeros at the end.
  samples.set(new Int16Array(pcm.buffer, pcm.byteOffset, samples.length));
  return samples;
}

function toBuffer(opus: Uint8Array) {
  return opus instanceof Buffer
    ? opus
    : Buffer.from(opus.buffer, opus.byteOffset, opus.length);
}

export function toFrameBytes(
  samples: Int16Array,
  rateHz: number,
  channels: 1 | 2 = 1,
): Buffer {
  const length = (rateHz / 50) * channels;
  if (samples.length !== length) throw new Error(`A frame holds ${length} samples.`);
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
}
