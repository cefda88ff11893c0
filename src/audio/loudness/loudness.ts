/** Loudness as root mean square: 0 is digital silence, 1 is full scale. */
export function rms(samples: Int16Array): number {
  if (samples.length === 0) return 0;
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length) / 32_768;
}

/** RMS level in dB below full scale: 0 is the loudest, -100 stands for silence. */
export function energyDb(samples: Int16Array): number {
  return loudnessDb(rms(samples));
}

/** Root mean square (0 to 1) as dB below full scale: 0 is the loudest, -100 stands for silence. */
export function loudnessDb(level: number): number {
  return Math.max(-100, 20 * Math.log10(level));
}
