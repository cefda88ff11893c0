import { expect, test } from 'vitest';
import type { Pcm } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import { speech } from '#test/audio/speech.ts';
import { fromPcm } from '#test/fakes/made-source.ts';
import { Band, codec, rate, tone } from './band.ts';
import { loudness, Outlet } from './outlet.ts';

function openTracks(): { band: Band; outlet: Outlet } {
  const band = new Band();
  return { band, outlet: new Outlet(band) };
}

function pcmOf(samples: Int16Array): Pcm {
  return { samples, rateHz: 24_000, channels: 1 };
}

function music(ms: number, peak: number): SoundSource {
  const samples = tone(ms, { hz: 600, peak });
  return fromPcm('music', { samples, rateHz: rate, channels: 2 });
}

test('while only speech sounds, frames are mono and exactly what they are without tracks', async () => {
  const { outlet } = openTracks();
  const encoder = codec.encoder(24_000);
  outlet.hum.isOn = true;
  await outlet.run(400);
  outlet.hum.isOn = false;
  await outlet.run(100);
  const sound = Int16Array.from(
    { length: 480 * 20 },
    (_, at) => 5000 * Math.sin((2 * Math.PI * 200 * at) / 24_000),
  );
  for (let n = 0; n < 20; n++) {
    expect(outlet.sent[n]?.opus).toEqual(encoder.encode(sound.slice(n * 480, (n + 1) * 480)));
  }
  expect(outlet.sent.slice(20)).toEqual([undefined, undefined, undefined, undefined, undefined]);
  encoder.free();
});

const recordings = [
  'human-cards-001',
  'human-librivox-0880',
  'human-goforward',
  'synth-flite-awb-repeat-that',
];

test.each(recordings)('real speech, %s, has no crack where music begins or ends', async (name) => {
  const { samples } = resample(speech(name), 24_000);
  for (const startMs of [400, 500, 600, 700]) {
    const { band, outlet } = openTracks();
    outlet.hum.speech = samples;
    outlet.hum.isOn = true;
    await outlet.run(startMs);
    band.tracks.enqueue('music', music(100, 10));
    await outlet.run(800);
    expect(outlet.sent.some((sent) => sent?.isStereo)).toBe(true);
    const said = loudness(resample(pcmOf(samples), rate).samples);
    loudness(outlet.heard()).forEach((level, at) => {
      const around = Math.max(0, ...said.slice(Math.max(0, at - 6), at + 3));
      expect(level, `${at * 5} ms, music at ${startMs}`).toBeLessThan(2 * around + 200);
    });
  }
});
