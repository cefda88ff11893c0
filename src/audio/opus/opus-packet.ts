/** 120 ms at 48 kHz: https://www.rfc-editor.org/rfc/rfc6716.html#section-3.2.5 */
export const maxPacketSamples = 5760;

/**
 * Frame lengths at 48 kHz by the upper five bits of the first byte:
 * https://www.rfc-editor.org/rfc/rfc6716.html#section-3.1
 */
const silkFrameSamples = [480, 960, 1920, 2880];
const hybridFrameSamples = [480, 960];
const celtFrameSamples = [120, 240, 480, 960];

/** Counts the samples of a packet at 48 kHz by its first byte. Returns 0 for bytes that cannot be Opus. */
export function countOpusSamples(opus: Uint8Array): number {
  const tableOfContents = opus[0];
  if (tableOfContents === undefined) return 0;
  const samples =
    getFrameSamples(tableOfContents >> 3) * getFrameCount(tableOfContents & 3, opus[1]);
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
