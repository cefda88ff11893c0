const full = 32_767;
/** Below it sound passes untouched: -0.9 dB. */
const knee = 0.9;

/** Brings a sum of samples back into 16 bits: bends what is too loud, never wraps, never clips hard. */
export function limit(sum: Float32Array): Int16Array {
  const samples = new Int16Array(sum.length);
  for (const [at, sample] of sum.entries()) samples[at] = Math.round(bend(sample / full) * full);
  return samples;
}

function bend(level: number): number {
  const loud = Math.abs(level) - knee;
  if (loud <= 0) return level;
  return Math.sign(level) * (knee + (1 - knee) * Math.tanh(loud / (1 - knee)));
}
