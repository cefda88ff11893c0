/** Format that a WAV file tells in its first bytes. */
export type WavHeader = {
  readonly rateHz: number;
  readonly channels: number;
  readonly bits: number;
  /** Where the samples begin; 44 in the plainest file. */
  readonly dataAt: number;
  /** Size as written, which need not be true. */
  readonly dataBytes: number;
  /** Chunks before the samples, `fmt ` aside. */
  readonly others: readonly string[];
};

/** Undefined for anything but a WAV file whose samples begin within `head`. */
export function readHeader(head: Buffer): WavHeader | undefined {
  if (!/^RIFF....WAVE$/s.test(head.toString('latin1', 0, 12))) return undefined;
  const others: string[] = [];
  let format = { rateHz: 0, channels: 0, bits: 0 };
  for (let at = 12; at + 8 <= head.length; ) {
    const name = head.toString('latin1', at, at + 4);
    const sizeBytes = head.readUInt32LE(at + 4);
    if (name === 'data') return { ...format, dataAt: at + 8, dataBytes: sizeBytes, others };
    if (name === 'fmt ' && at + 24 <= head.length) {
      format = {
        channels: head.readUInt16LE(at + 10),
        rateHz: head.readUInt32LE(at + 12),
        bits: head.readUInt16LE(at + 22),
      };
    } else others.push(name.trim());
    at += 8 + sizeBytes + (sizeBytes % 2);
  }
  return undefined;
}

const placeholders: ReadonlyMap<number, string> = new Map([
  [0, '0'],
  [0xffffffff, '0xFFFFFFFF'],
  [0x7fffffff, '0x7FFFFFFF'],
]);

/** In a few words; `sizeBytes` is how long the whole file was. */
export function sayHeader(header: WavHeader, sizeBytes: number): string {
  const { rateHz, channels, bits, dataAt, dataBytes, others } = header;
  const size = placeholders.get(dataBytes);
  const isOpen = size !== undefined || dataAt + dataBytes > sizeBytes + 1;
  const end = isOpen ? `open end (size ${size ?? dataBytes})` : 'true size';
  const chunks = others.length > 0 ? `, ${others.join(' and ')} before the sound` : '';
  return `${rateHz} Hz, ${channels === 1 ? 'mono' : `${channels} channels`}, ${bits} bit, sound at byte ${dataAt}, ${end}${chunks}`;
}
