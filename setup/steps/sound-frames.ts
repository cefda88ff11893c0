import type { Frame } from '#src/audio/frame.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resample.ts';

/** Rate and length of a frame as the bot speaks. */
const [rateHz, frameSamples] = [24_000, 480] as const;
/** Tone: 440 Hz at a quarter of full scale, faded in and out. */
const [toneHz, toneMs, toneLevel, fadeMs] = [440, 700, 8_000, 20];
const pauseMs = 300;

/** A tone, a pause, and `speech`, as frames of Opus. Errors: BotError `audio.no_codec`. */
export async function framesOf(speech: Pcm): Promise<readonly Frame[]> {
  const codec = await loadOpus();
  const encoder = codec.encoder(rateHz);
  try {
    const pause = new Int16Array(samplesIn(pauseMs));
    const sound = joinSamples([tone(), pause, atOwnRate(speech), pause]);
    const frames: Frame[] = [];
    for (let at = 0; at < sound.length; at += frameSamples) {
      const samples = new Int16Array(frameSamples);
      samples.set(sound.subarray(at, at + frameSamples));
      frames.push(Buffer.from(encoder.encode(samples)));
    }
    return frames;
  } finally {
    encoder.free();
  }
}

function tone(): Int16Array {
  const length = samplesIn(toneMs);
  const fade = samplesIn(fadeMs);
  return Int16Array.from({ length }, (_, n) => {
    const gain = Math.min(1, n / fade, (length - n) / fade);
    return Math.round(toneLevel * gain * Math.sin((2 * Math.PI * toneHz * n) / rateHz));
  });
}

function atOwnRate({ samples, rateHz: fromHz }: Pcm): Int16Array {
  const resampler = new Resampler(fromHz, rateHz);
  return joinSamples([resampler.push(samples), resampler.flush()]);
}

function samplesIn(ms: number): number {
  return (ms * rateHz) / 1000;
}
