/** 3 dB down on both sides. */
const centre = Math.SQRT1_2;
/** Speakers of sounds with two channels, three, and so on; `-` is the one for effects, which is left out. */
const layouts = {
  /** WAV, FLAC (RFC 9639, 9.1.3): centre third, the low one behind it. */
  usual: ['LR', 'LRC', 'LRLR', 'LRCLR', 'LRC-LR', 'LRC-CLR', 'LRC-LRLR'],
  /** Vorbis I, 4.3.9: the centre between left and right. */
  vorbis: ['LR', 'LCR', 'LRLR', 'LCRLR', 'LCRLR-', 'LCRLRC-', 'LCRLRLR-'],
} as const;

export type SpeakerLayout = keyof typeof layouts;

/** Interleaved samples of more than two channels, mixed down to two. */
export function mixedDown(
  samples: Int16Array,
  channels: number,
  layout: SpeakerLayout = 'usual',
): Int16Array {
  const gains = speakers(channels, layout);
  return Int16Array.from({ length: (2 * samples.length) / channels }, (_, n) => {
    const from = (n >> 1) * channels;
    return gains.reduce((sum, gain, c) => sum + (gain[n & 1] ?? 0) * (samples[from + c] ?? 0), 0);
  });
}

/** Gain of each speaker on each side, so that all at full strength stay within full scale. */
function speakers(count: number, layout: SpeakerLayout): readonly (readonly [number, number])[] {
  const letters = layouts[layout][count - 2] ?? 'LR'.repeat(count).slice(0, count);
  const gains = [...letters].map((letter): [number, number] => {
    if (letter === '-') return [0, 0];
    if (letter === 'C') return [centre, centre];
    return letter === 'L' ? [1, 0] : [0, 1];
  });
  const sums = [0, 1].map((side) => gains.reduce((sum, gain) => sum + (gain[side] ?? 0), 0));
  const most = Math.max(1, ...sums);
  return gains.map(([left, right]) => [left / most, right / most] as const);
}
