import { toMono } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resample.ts';
import { WavStream } from '#src/audio/wav.ts';
import type { DecodedRateHz, Decoder } from './decoder.ts';

/** WAV, and RF64, whose sizes do not fit and are left open. */
export function openWav(rateHz: DecodedRateHz): Decoder {
  const wav = new WavStream();
  let resampler: Resampler | undefined;
  let isBegun = false;
  return {
    push(bytes) {
      const named = isBegun ? bytes : asRiff(bytes);
      isBegun = true;
      return wav.push(named).map((pcm) => {
        const { samples, rateHz: fromHz } = toMono(pcm);
        resampler ??= new Resampler(fromHz, rateHz);
        return resampler.push(samples);
      });
    },
    end() {
      wav.end();
      return resampler ? [resampler.flush()] : [];
    },
    free() {},
  };
}

/** The first piece holds the first four bytes: the file was told by them. */
function asRiff(bytes: Uint8Array): Uint8Array {
  const renamed = Buffer.from(bytes);
  if (renamed.toString('latin1', 0, 4) === 'RF64') renamed.write('RIFF', 'latin1');
  return renamed;
}
