export type FliteVoice = 'slt' | 'rms' | 'awb' | 'kal16' | 'kal';

/** Brings each voice to -16 LUFS in both ears, as far as its peaks allow (measured: -13.3, -18.8, -17.8, -26.4, -17.5). */
export const voiceGains: Readonly<Record<FliteVoice, number>> = {
  slt: 0.73,
  rms: 1.38,
  awb: 1.23,
  kal16: 3.3,
  kal: 1.19,
};

/** Voice that speaks where none is named, or none that there is. */
export const standardEmbeddedVoice: FliteVoice = 'slt';
/** Names it takes, the standard one first. */
export const embeddedVoices: readonly string[] = Object.keys(voiceGains);

/** Peak between samples is up to 0.3 dB higher, and stays below -1 dB. */
const loudest = 0.85 * 32767;
/** A window quieter than this holds no speech: voices idle at 4 to 60, an f begins at 70. */
const silenceRms = 64;
const windowMs = 10;
const leadMs = 60;
const tailMs = 200;

/**
 * One piece as it is to be played: brought to the common loudness without clipping, and with short silences.
 *
 * Flite puts 150 to 270 ms of silence before the first sound, which a listener would wait for; after the last it
 * leaves 60 to 190 ms, less than a pause between sentences (five voices).
 */
export function tidySound(samples: Int16Array, rateHz: number, gain: number): Int16Array {
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1);
  const safe = Math.min(gain, loudest / peak);
  const [from, to] = soundingPart(samples, (rateHz * windowMs) / 1000);
  const start = Math.max(0, from - (rateHz * leadMs) / 1000);
  const tidy = new Int16Array(to - start + (rateHz * tailMs) / 1000);
  const part = samples.subarray(start, start + tidy.length);
  for (const [n, sample] of part.entries()) tidy[n] = Math.round(sample * safe);
  return tidy;
}

function soundingPart(samples: Int16Array, windowLength: number): readonly [number, number] {
  const loud: number[] = [];
  for (let at = 0; at < samples.length; at += windowLength) {
    if (loudness(samples.subarray(at, at + windowLength)) > silenceRms) loud.push(at);
  }
  const [first = 0, last = samples.length] = [loud.at(0), loud.at(-1)];
  return [first, Math.min(samples.length, last + windowLength)];
}

/** Root mean square without the constant part, which some voices have. */
function loudness(window: Int16Array): number {
  const mean = window.reduce((sum, sample) => sum + sample, 0) / window.length;
  return Math.sqrt(window.reduce((sum, sample) => sum + (sample - mean) ** 2, 0) / window.length);
}
