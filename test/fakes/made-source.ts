import { getDurationMs, type Pcm } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';

const pieceMs = 100;

/** A sound that is all there; may be played again and again. */
export function makeSourceFromPcm(title: string, pcm: Pcm): SoundSource {
  const { samples, rateHz, channels } = pcm;
  const findSampleIndex = (ms: number) => Math.floor((ms * rateHz) / 1000) * channels;
  return {
    title,
    lengthMs: getDurationMs(pcm),
    isSeekable: true,
    async *open(fromMs, signal) {
      for (
        let from = findSampleIndex(fromMs);
        from < samples.length;
        from += findSampleIndex(pieceMs)
      ) {
        signal.throwIfAborted();
        const piece = samples.subarray(from, from + findSampleIndex(pieceMs));
        yield { samples: piece, rateHz, channels };
      }
    },
  };
}
