/** One undecoded voice packet of one person, in order of arrival. */
export type Packet = {
  readonly speakerId: string;
  /** RTP sequence, 16 bit, wraps. */
  readonly sequence: number;
  /** RTP timestamp at 48 kHz, 32 bit, wraps; 960 per 20 ms. */
  readonly timestamp: number;
  readonly opus: Uint8Array;
  readonly atMs: number;
};

/** Five of these follow the last voiced frame of many clients (Discord docs, "Voice Data Interpolation"). */
export function isSilenceFrame(opus: Uint8Array): boolean {
  return opus.length === 3 && opus[0] === 0xf8 && opus[1] === 0xff && opus[2] === 0xfe;
}

/** Still end-to-end encrypted: it ends in the marker that opening takes away (DAVE protocol, "Payload Format"). */
export function isSealed(opus: Uint8Array): boolean {
  const { length } = opus;
  return opus[length - 1] === 0xfa && opus[length - 2] === 0xfa;
}
