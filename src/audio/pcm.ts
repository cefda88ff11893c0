/** Sound as signed 16-bit samples, channels interleaved. */
export type Pcm = {
  readonly samples: Int16Array;
  readonly rateHz: number;
  readonly channels: 1 | 2;
};

/** Rate of everything that listens: recognisers and voice activity. */
export const listenRateHz = 16_000;
/** Rate of everything that speaks: the mixer and the Opus encoder. */
export const speakRateHz = 24_000;

export function durationMs({ samples, rateHz, channels }: Pcm): number {
  return (samples.length / channels / rateHz) * 1000;
}
