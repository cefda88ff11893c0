/** Longest a packet may be (RFC 6716, section 3.2.5), at 48 kHz. */
const longestSamples = 5760;

/** Lengths of one frame at 48 kHz by the upper five bits of the first byte (RFC 6716, table 2). */
const silk = [480, 960, 1920, 2880];
const hybrid = [480, 960];
const celt = [120, 240, 480, 960];

/** Samples at 48 kHz that an Opus packet holds, as its first byte tells; 0 if it cannot be Opus. */
export function opusSamples(opus: Uint8Array): number {
  const first = opus[0];
  if (first === undefined) return 0;
  const samples = frameSamples(first >> 3) * frameCount(first & 3, opus[1]);
  return samples <= longestSamples ? samples : 0;
}

/** Coding mode of a packet: for speech, for any sound, or one for the low band and the other for the high band. */
export type OpusMode = 'silk' | 'hybrid' | 'celt';

/** Mode in its first byte (RFC 6716, table 2). */
export function opusMode(opus: Uint8Array): OpusMode {
  const mode = (opus[0] ?? 0) >> 3;
  if (mode < 12) return 'silk';
  return mode < 16 ? 'hybrid' : 'celt';
}

function frameSamples(mode: number): number {
  if (mode < 12) return silk[mode % 4] ?? 0;
  if (mode < 16) return hybrid[mode % 2] ?? 0;
  return celt[mode % 4] ?? 0;
}

function frameCount(code: number, second: number | undefined): number {
  if (code === 0) return 1;
  if (code === 3) return (second ?? 0) & 63;
  return 2;
}
