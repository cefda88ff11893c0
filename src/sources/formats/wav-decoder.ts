import type { Pcm } from '#src/audio/pcm.ts';
import type { SoundChunk } from '#src/audio/sound-source.ts';
import { WavStream } from '#src/audio/wav.ts';
import type { Decoder } from '#src/sources/decode/decoder.ts';
import type { RawFormat } from '#src/sources/fetch/ports.ts';

/** WAV, and RF64, whose sizes do not fit and are left open. */
export function openWav(): Decoder {
  const wav = new WavStream();
  let isBegun = false;
  return {
    push(bytes) {
      const named = isBegun ? bytes : asRiff(bytes);
      isBegun = true;
      return wav.push(named).map(asChunk);
    },
    end() {
      wav.end();
      return [];
    },
    free() {},
  };
}

/** Samples without a header; half a sample at the end is dropped. */
export function openRaw({ rateHz, channels }: RawFormat): Decoder {
  let rest: Buffer = Buffer.alloc(0);
  return {
    push(bytes) {
      const all = Buffer.concat([rest, bytes]);
      const usable = all.length - (all.length % (2 * channels));
      rest = all.subarray(usable);
      if (usable === 0) return [];
      const samples = new Int16Array(usable / 2);
      for (let n = 0; n < samples.length; n++) samples[n] = all.readInt16LE(2 * n);
      return [asChunk({ samples, rateHz, channels })];
    },
    end: () => [],
    free() {},
  };
}

function asChunk(pcm: Pcm): SoundChunk {
  return { kind: 'pcm', pcm };
}

/** The first piece holds the first four bytes, which identified the file. */
function asRiff(bytes: Uint8Array): Uint8Array {
  const renamed = Buffer.from(bytes);
  if (renamed.toString('latin1', 0, 4) === 'RF64') renamed.write('RIFF', 'latin1');
  return renamed;
}
