import { LoudnessMeter, trackLufs } from '#src/audio/loudness/loudness.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { measureLoudness } from '#test/audio/measure-loudness.ts';
import { makeSourceFromPcm } from '#test/fakes/made-source.ts';
import { Band, bandRateHz, makeTone } from './band.ts';

const peakOf = (dbfs: number) => 32_768 * 10 ** (dbfs / 20);

function makeSine(dbfs: number, ms: number, rateHz = bandRateHz): Pcm {
  return {
    samples: makeTone(ms, { hz: 997, peak: peakOf(dbfs), rateHz }),
    rateHz,
    channels: 2,
  };
}

/** Loudness of the mix, in LUFS, from `fromMs` to `toMs`. */
function measureHeard(band: Band, fromMs: number, toMs: number) {
  const meter = new LoudnessMeter();
  for (const frame of band.frames.slice(fromMs / 20, toMs / 20))
    meter.addSamples(Int16Array.from(frame));
  return meter.lufs ?? Number.NaN;
}

test.each([bandRateHz, 44_100, 24_000])(
  '997 Hz at -23 dBFS on both sides is -23 LUFS, at %i Hz',
  (hz) => {
    expect(Math.abs((measureLoudness(makeSine(-23, 3000, hz)) ?? 0) + 23)).toBeLessThan(
      0.1,
    );
  },
);

test('on one side alone it is 3 LU quieter, and full scale is -3 LUFS', () => {
  const { samples } = makeSine(0, 3000);
  const left = samples.map((sample, n) => (n % 2 === 0 ? sample : 0));
  const lufs = measureLoudness({ samples: left, rateHz: bandRateHz, channels: 2 }) ?? 0;
  expect(Math.abs(lufs + 3.01)).toBeLessThan(0.1);
});

test.each([
  [
    [-36, 10],
    [-23, 60],
    [-36, 10],
  ],
  [
    [-72, 10],
    [-36, 10],
    [-23, 60],
    [-36, 10],
    [-72, 10],
  ],
])(
  'what is far below the rest does not count (EBU Tech 3341, cases 3 and 4)',
  (...parts) => {
    const meter = new LoudnessMeter();
    for (const [dbfs = 0, seconds = 0] of parts)
      meter.addSamples(makeSine(dbfs, seconds * 1000).samples);
    expect(Math.abs((meter.lufs ?? 0) + 23)).toBeLessThan(0.1);
  },
);

test('silence has no loudness, nor has less than 400 ms', () => {
  expect(
    measureLoudness({
      samples: new Int16Array(96_000),
      rateHz: bandRateHz,
      channels: 2,
    }),
  ).toBeUndefined();
  expect(measureLoudness(makeSine(-23, 390))).toBeUndefined();
});

test.each([-9, -14, -23, -31])(
  'a sound known to be at %i LUFS plays within 1 LU of all others',
  async (db) => {
    const band = new Band();
    const pcm = makeSine(db, 4000);
    band.enqueue('main', {
      ...makeSourceFromPcm('known', pcm),
      lufs: measureLoudness(pcm) ?? 0,
    });
    await band.run(3000);
    expect(Math.abs(measureHeard(band, 100, 3000) - trackLufs)).toBeLessThan(1);
  },
);

test.each([-9, -14, -31])(
  'a link at %i LUFS, which nobody measured, plays within 1 LU of all others from its first second on, and begins no later',
  async (db) => {
    const origin = { kind: 'link', url: 'https://example.com/a.mp3' } as const;
    const [band, plain] = [new Band(), new Band()];
    band.enqueue('main', makeSourceFromPcm('link', makeSine(db, 4000)), { origin });
    plain.enqueue('main', makeSourceFromPcm('program', makeSine(db, 4000)));
    await Promise.all([band.run(3000), plain.run(3000)]);
    expect(Math.abs(measureHeard(band, 100, 1000) - trackLufs)).toBeLessThan(1);
    expect(Math.abs(measureHeard(band, 1000, 3000) - trackLufs)).toBeLessThan(1);
    const firstFrame = ({ frames }: Band) =>
      frames.findIndex((frame) => frame.some((sample) => sample !== 0));
    expect(firstFrame(band)).toBe(firstFrame(plain));
    expect(Math.abs(measureHeard(plain, 1000, 3000) - db)).toBeLessThan(1);
  },
);
