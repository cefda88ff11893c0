/** The largest sample. */
export const full = 32_767;
/** Level below which sound passes untouched: -0.9 dB. */
const knee = 0.9;

/** One sample, of which 1 is full scale; below `from` it stays as it is. */
export function bend(level: number, from = knee): number {
  const loud = Math.abs(level) - from;
  if (loud <= 0) return level;
  return Math.sign(level) * (from + (1 - from) * Math.tanh(loud / (1 - from)));
}
