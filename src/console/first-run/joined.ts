import { type Pcm, speakRateHz } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';

/** One mono sound at the rate of the first piece; an engine keeps to one rate. */
export function joined(pieces: readonly Pcm[]): Pcm {
  const rateHz = pieces[0]?.rateHz ?? speakRateHz;
  const all = pieces.map((piece) => resample(piece, rateHz).samples);
  const samples = new Int16Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of all) {
    samples.set(piece, at);
    at += piece.length;
  }
  return { samples, rateHz, channels: 1 };
}
