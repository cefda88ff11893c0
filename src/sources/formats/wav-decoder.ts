import { WavStream } from '#src/audio/wav.ts';
import type { Decoder } from '#src/sources/decode/decoder.ts';

/** WAV, and RF64, whose sizes do not fit and are left open. */
export function openWav(): Decoder {
  const wav = new WavStream();
  let isBegun = false;
  return {
    push(bytes) {
      const named = isBegun ? bytes : asRiff(bytes);
      isBegun = true;
      return wav.push(named);
    },
    end() {
      wav.end();
      return [];
    },
    free() {},
  };
}

/** The first piece holds the first four bytes, which identified the file. */
function asRiff(bytes: Uint8Array): Uint8Array {
  const renamed = Buffer.from(bytes);
  if (renamed.toString('latin1', 0, 4) === 'RF64') renamed.write('RIFF', 'latin1');
  return renamed;
}
