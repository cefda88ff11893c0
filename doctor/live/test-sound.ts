import type { Frame } from '#src/audio/frame.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { joinSamples } from '#src/audio/pcm.ts';

/** The bot speaks at this rate, in frames of 20 ms. */
const [rateHz, frameSamples] = [24_000, 480] as const;
/** The tone is a quarter of full scale, faded in and out so that it does not click, with a pause after it. */
const [toneHz, toneMs, toneLevel, fadeMs, pauseMs] = [440, 700, 8_000, 20, 300];

/** Encodes a tone and a pause as Opus frames. */
export function makeTestSound(codec: OpusCodec): readonly Frame[] {
  const encoder = codec.createEncoder(rateHz);
  const sound = joinSamples([makeTestTone(), new Int16Array(countSamples(pauseMs))]);
  const frames: Frame[] = [];
  for (let at = 0; at < sound.length; at += frameSamples) {
    const samples = new Int16Array(frameSamples);
    samples.set(sound.subarray(at, at + frameSamples));
    frames.push(Buffer.from(encoder.encode(samples)));
  }
  return frames;
}

export function makeTestTone(): Int16Array {
  const length = countSamples(toneMs);
  const fade = countSamples(fadeMs);
  return Int16Array.from({ length }, (_, n) => {
    const gain = Math.min(1, n / fade, (length - n) / fade);
    return Math.round(toneLevel * gain * Math.sin((2 * Math.PI * toneHz * n) / rateHz));
  });
}

function countSamples(ms: number) {
  return (ms * rateHz) / 1000;
}
