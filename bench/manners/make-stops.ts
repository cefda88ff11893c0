// Makes the clips of people who say stop: npm run node -- bench/manners/make-stops.ts
import { mkdir, writeFile } from 'node:fs/promises';
import { OpusEncoder } from 'mediaplex';
import { pack } from '#bench/turns/clips.ts';
import { soundingPart } from '#bench/turns/labels.ts';
import { type Pcm, toMono } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { openEmbeddedSynthesizer } from '#src/speech/embedded/embedded-synthesizer.ts';
import { joined } from '#test/audio/speech.ts';
import { readStops, stopPath } from './stops.ts';

const frameSamples = 320;
const samplesPerMs = 16;
const bitrate = 16_000;

await mkdir(new URL('stops/', import.meta.url), { recursive: true });
await using flite = await openEmbeddedSynthesizer();
for (const stop of await readStops()) {
  const pieces: Pcm[] = [];
  const signal = AbortSignal.timeout(20_000);
  for await (const pcm of flite.synthesize(stop.say, { name: stop.voice }, signal)) {
    pieces.push(resample(toMono(pcm), 16_000));
  }
  const all = joined(pieces.map(({ samples }) => samples));
  const [fromMs, toMs] = soundingPart(all);
  const part = all.slice(Math.max(0, fromMs - 20) * samplesPerMs, (toMs + 20) * samplesPerMs);
  await writeFile(stopPath(stop), pack(encode(part)));
}

function encode(samples: Int16Array): Buffer[] {
  const encoder = new OpusEncoder(16_000, 1);
  encoder.setBitrate(bitrate);
  const packets: Buffer[] = [];
  for (let at = 0; at < samples.length; at += frameSamples) {
    const frame = new Int16Array(frameSamples);
    frame.set(samples.subarray(at, at + frameSamples));
    packets.push(encoder.encode(Buffer.from(frame.buffer)));
  }
  return packets;
}
