import { expect, test } from 'vitest';
import type { Pcm } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import { speech } from '#test/audio/speech.ts';
import { fromPcm } from '#test/fakes/made-source.ts';
import { Band, codec, rate, tone } from './band.ts';
import { corners, loudness, Outlet } from './outlet.ts';

function openTracks(): { band: Band; outlet: Outlet } {
  const band = new Band();
  return { band, outlet: new Outlet(band) };
}

/** A tone that slowly rises, so that no packet is like another, by an encoder of its own. */
function packets(ms: number): SoundSource & { readonly made: readonly Buffer[] } {
  const encoder = codec.stereoEncoder();
  const sound = Int16Array.from({ length: 2 * 48 * ms }, (_, n) => {
    const at = (n >> 1) / rate;
    return 5000 * Math.sin(2 * Math.PI * (400 + 5 * at) * at);
  });
  const made = Array.from({ length: ms / 20 }, (_, n) =>
    encoder.encode(sound.slice(n * 1920, (n + 1) * 1920)),
  );
  encoder.free();
  return {
    title: 'packets',
    seekable: true,
    lengthMs: ms,
    made,
    async *open(fromMs) {
      for (const packet of made.slice(fromMs / 20)) yield { kind: 'opus', packet, samples: 960 };
    },
  };
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

test('an Opus item that sounds alone goes out packet by packet as its source gave them', async () => {
  const { band, outlet } = openTracks();
  const source = packets(2000);
  band.tracks.enqueue('music', source);
  await outlet.run(1900);
  const passed = outlet.sent.flatMap((sent, at) => {
    const from = sent ? source.made.findIndex((packet) => packet.equals(sent.opus)) : -1;
    return from < 0 ? [] : [{ at, from }];
  });
  expect(passed.length).toBeGreaterThan(50);
  expect(new Set(passed.map(({ at, from }) => at - from)).size).toBe(1);
  const heard = outlet.heard();
  expect(Math.max(...corners(heard).slice(3, 90))).toBeLessThan(80);
  for (const level of loudness(heard).slice(16, 360)) {
    expect(Math.abs(20 * Math.log10(level / 5000))).toBeLessThan(2);
  }
});

test.each([
  [
    'at less than full volume',
    (band: Band) => band.tracks.track('music')?.perform({ kind: 'volume', percent: 80 }),
  ],
  ['while another track sounds', (band: Band) => band.tracks.enqueue('rain', music(3000, 100))],
  [
    'while it fades',
    (band: Band) =>
      band.tracks.track('music')?.perform({ kind: 'fade', percent: 50, overMs: 5000 }),
  ],
])('an Opus item is not passed on %s', async (_, act) => {
  const { band, outlet } = openTracks();
  const source = packets(3000);
  band.tracks.enqueue('music', source);
  await outlet.run(1000);
  act(band);
  const before = outlet.sent.length;
  await outlet.run(1000);
  const isPassed = outlet.sent.map((sent) => source.made.some((one) => sent?.opus.equals(one)));
  expect(isPassed.slice(before)).not.toContain(true);
  expect(isPassed[before - 1]).toBe(true);
});
