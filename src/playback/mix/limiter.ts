/** The largest sample. */
export const full = 32_767;
/** Level below which sound passes untouched: -0.9 dB. */
const knee = 0.9;

/** Brings a sum of samples back into 16 bits: bends peaks, never wraps, never clips hard. */
export function limit(sum: Float32Array): Int16Array {
  const samples = new Int16Array(sum.length);
  for (let n = 0; n < sum.length; n++) {
    samples[n] = Math.round(bend((sum[n] ?? 0) / full) * full);
  }
  return samples;
}

/** One sample, of which 1 is full scale; below `from` it stays as it is. */
export function bend(level: number, from = knee): number {
  const loud = Math.abs(level) - from;
  if (loud <= 0) return level;
  return Math.sign(level) * (from + (1 - from) * Math.tanh(loud / (1 - from)));
}
