import { OpusEncoder } from 'mediaplex';
import { soundingPart, voiceLevelDb } from './labels.ts';

const levelDb = -20;
/** Kept before and after the sound. */
const [leadMs, tailMs, fadeMs] = [20, 30, 5];
const bitrate = 20_000;
const frameSamples = 320;
const samplesPerMs = 16;

/** At the common level, with little silence around it and no click at the ends. */
export function tidy(samples: Int16Array): Int16Array {
  const [fromMs, toMs] = soundingPart(samples);
  const from = Math.max(0, fromMs - leadMs) * samplesPerMs;
  const part = samples.slice(from, (toMs + tailMs) * samplesPerMs);
  const gain = 10 ** ((levelDb - voiceLevelDb(part)) / 20);
  const fade = fadeMs * samplesPerMs;
  return part.map((sample, n) => {
    const edge = Math.min(1, n / fade, (part.length - 1 - n) / fade);
    return Math.max(-32_768, Math.min(32_767, Math.round(sample * gain * edge)));
  });
}

/** Packets of 20 ms at 20 kbit/s. */
export function encode(samples: Int16Array): Buffer[] {
  const encoder = new OpusEncoder(16_000, 1);
  encoder.setBitrate(bitrate);
  const packets: Buffer[] = [];
  // One frame more than there is sound: the encoder is 6.5 ms behind.
  for (let at = 0; at < samples.length + frameSamples / 2; at += frameSamples) {
    const frame = new Int16Array(frameSamples);
    frame.set(samples.subarray(at, at + frameSamples));
    packets.push(encoder.encode(Buffer.from(frame.buffer)));
  }
  return packets;
}
