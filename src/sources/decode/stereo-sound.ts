import { musicRateHz, type Pcm } from '#src/audio/pcm.ts';
import type { SoundChunk } from '#src/audio/sound-source.ts';
import { StereoRate } from '#src/audio/stereo-rate.ts';

/** Sound of any rate and channels as tracks are mixed, 48 kHz stereo, in pieces of any length. */
export class StereoSound {
  readonly #rate = new StereoRate();

  push(pcm: Pcm): readonly SoundChunk[] {
    return this.#rate.push(pcm).flatMap(asChunk);
  }

  end(): readonly SoundChunk[] {
    return asChunk(this.#rate.flush());
  }
}

function asChunk(samples: Int16Array): readonly SoundChunk[] {
  if (samples.length === 0) return [];
  return [{ kind: 'pcm', pcm: { samples, rateHz: musicRateHz, channels: 2 } }];
}
