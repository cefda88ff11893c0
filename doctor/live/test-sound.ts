import type { Frame } from '#src/audio/frame.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { joinSamples } from '#src/audio/pcm.ts';

/** Rate and frame (20 ms) of the bot's voice. */
const [rateHz, frameSamples] = [24_000, 480] as const;
/** The fades avoid clicks. */
const [toneHz, toneMs, toneLevel, fadeMs, pauseMs] = [440, 700, 8_000, 20, 300];

/** Encodes the test tone and a pause, in frames of the bot's voice. */
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

/** Makes a tone of 700 ms, 24 kHz mono. */
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
