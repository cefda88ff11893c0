import type { Pcm } from '#src/audio/pcm.ts';
import { type SpeakerLayout, speakers } from '#src/audio/speakers.ts';

/** Range of accepted rates, in Hz. A file may claim any other: lower ones take seconds to resample, higher ones gigabytes. */
const rates = { leastHz: 8_000, mostHz: 384_000 } as const;

/**
 * Samples of -1 to 1 by channel as a piece of one or two channels; more are mixed down. Nothing for no samples.
 *
 * Throws a plain Error for a rate no sound has.
 */
export function pcmOf(
  channels: readonly Float32Array[],
  rateHz: number,
  layout: SpeakerLayout = 'usual',
): readonly Pcm[] {
  const [first] = channels;
  if (!first || first.length === 0) return [];
  if (!(rateHz >= rates.leastHz && rateHz <= rates.mostHz))
    throw new Error(`its rate of ${rateHz} Hz is not supported`);
  const kept = channels.length > 2 ? mixedDown(channels, layout) : channels;
  const samples = new Int16Array(first.length * kept.length);
  kept.forEach((channel, c) => {
    for (let n = 0; n < first.length; n++) {
      const value = channel[n] || 0; // hostile files hold NaN
      samples[n * kept.length + c] = Math.max(-1, Math.min(1, value)) * 32_767;
    }
  });
  return [{ samples, rateHz, channels: kept.length === 1 ? 1 : 2 }];
}

function mixedDown(
  channels: readonly Float32Array[],
  layout: SpeakerLayout,
): readonly Float32Array[] {
  const gains = speakers(channels.length, layout);
  const length = channels[0]?.length ?? 0;
  return [0, 1].map((side) => {
    const mixed = new Float32Array(length);
    channels.forEach((channel, c) => {
      const gain = gains[c]?.[side] ?? 0;
      for (let n = 0; n < length; n++) mixed[n] = (mixed[n] ?? 0) + gain * (channel[n] || 0);
    });
    return mixed;
  });
}
