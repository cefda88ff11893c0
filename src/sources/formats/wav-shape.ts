/** Where the sound of a WAV file lies, and how fast it passes. */
export type WavShape = {
  readonly dataAt: number;
  /** Undefined where its writer could not know. */
  readonly dataBytes: number | undefined;
  readonly bytesPerSecond: number;
  readonly frameBytes: number;
};

/** From 2 GiB on a size is no size but a way to leave it open. */
const openFrom = 0x7fffffff;

/** Undefined where the sound begins behind `head`, or the file is damaged: then it is read from its start. */
export function wavShape(head: Buffer): WavShape | undefined {
  let format: Pick<WavShape, 'bytesPerSecond' | 'frameBytes'> | undefined;
  for (let at = 12; at + 8 <= head.length; ) {
    const [name, size] = [head.toString('latin1', at, at + 4), head.readUInt32LE(at + 4)];
    if (name === 'data') {
      const dataBytes = size === 0 || size >= openFrom ? undefined : size;
      return format && { ...format, dataAt: at + 8, dataBytes };
    }
    if (name === 'fmt ') format = formatOf(head.subarray(at + 8));
    at += 8 + size + (size % 2);
  }
  return undefined;
}

function formatOf(chunk: Buffer): Pick<WavShape, 'bytesPerSecond' | 'frameBytes'> | undefined {
  if (chunk.length < 16) return undefined;
  const frameBytes = chunk.readUInt16LE(2) * (chunk.readUInt16LE(14) >> 3);
  const bytesPerSecond = frameBytes * chunk.readUInt32LE(4);
  return bytesPerSecond > 0 ? { frameBytes, bytesPerSecond } : undefined;
}
