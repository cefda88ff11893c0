import { MusicLimiter } from '#src/playback/mix/mixer.ts';
import type { TrackCommand } from '#src/playback/tracks/track-outcomes.ts';
import { makeSourceFromPcm } from '#test/fakes/made-source.ts';
import { fc } from '#test/properties.ts';
import { Band, bandRateHz, makeSteady, makeTone } from './band.ts';

/** The largest difference between neighbours: of a click, thousands. */
function findSteepest(sound: Float32Array) {
  let most = 0;
  for (let n = 1; n < sound.length; n++) {
    most = Math.max(most, Math.abs((sound[n] ?? 0) - (sound[n - 1] ?? 0)));
  }
  return most;
}

/** A tone that is nowhere near zero when it begins. */
function loudTone(ms: number) {
  const samples = Int16Array.from({ length: 96 * ms }, (_, n) =>
    Math.round(10_000 * Math.cos((2 * Math.PI * 100 * (n >> 1)) / bandRateHz)),
  );
  return makeSourceFromPcm('tone', { samples, rateHz: bandRateHz, channels: 2 });
}

/** Limit of the step between samples: 131 for the tone itself, 42 to 63 more for a ramp of 5 ms. */
const smooth = 210;

test.each<[string, TrackCommand?]>([
  ['begins'],
  ['is turned up', { kind: 'volume', percent: 150 }],
  ['is turned to silence', { kind: 'volume', percent: 0 }],
  ['is muted', { kind: 'mute' }],
  ['is paused', { kind: 'pause' }],
  ['is stopped', { kind: 'stop' }],
  ['is skipped', { kind: 'skip' }],
  ['is sought in', { kind: 'seek', to: { kind: 'at', ms: 1013 } }],
  ['is paused with all'],
])('a track that %s does not click', async (what, command) => {
  const band = new Band();
  band.enqueue('main', loudTone(2000));
  band.enqueue('main', loudTone(400));
  await band.run(200);
  if (command) band.perform(command);
  band.tracks.pause(what === 'is paused with all');
  await band.run(200);
  band.tracks.pause(false);
  band.perform({ kind: 'resume' });
  band.perform({ kind: 'unmute' });
  await band.run(3000);
  expect(findSteepest(band.heard)).toBeLessThan(smooth);
});

test('while the bot speaks, tracks go down by 14 dB in 80 ms, and come back in 400 ms', async () => {
  const band = new Band();
  band.enqueue('a', makeSteady(10_000, 20_000));
  band.enqueue('b', makeSteady(2000, 20_000));
  await band.run(200);
  band.isSpeaking = true;
  await band.run(80);
  const down = 20 * Math.log10((band.heard.at(-1) ?? 0) / 12_000);
  expect(down).toBeCloseTo(-14, 1);
  await band.run(500);
  expect(20 * Math.log10(band.level / 12_000)).toBeCloseTo(-14, 1);
  band.isSpeaking = false;
  await band.run(200);
  expect(band.level).toBeGreaterThan(5000);
  expect(band.level).toBeLessThan(9000);
  await band.run(220);
  expect(band.level).toBe(12_000);
});

type Part = { hz: number; peak: number; percent: number; rateHz: number };

/** One sample of the left channel, in float64. */
function mixIdeal(parts: readonly Part[], at: number) {
  return parts.reduce((all, { hz, peak, percent }) => {
    return (
      all + ((peak * percent) / 100) * Math.sin((2 * Math.PI * hz * at) / bandRateHz)
    );
  }, 0);
}

/** Energy of the signal, and of its difference from that, over 20 ms. */
function measureDifference(
  out: Int16Array,
  parts: readonly Part[],
  frame: number,
): [number, number] {
  let [signal, error] = [0, 0];
  for (let n = frame === 0 ? 240 : 0; n < 960; n++) {
    const wanted = mixIdeal(parts, frame * 960 + n);
    signal += wanted ** 2;
    error += (wanted - (out[2 * n] ?? 0)) ** 2;
  }
  return [signal, error];
}

const part: fc.Arbitrary<Part> = fc.record({
  hz: fc.integer({ min: 50, max: 8000 }),
  peak: fc.integer({ min: 3000, max: 6000 }),
  percent: fc.integer({ min: 60, max: 120 }),
  rateHz: fc.constantFrom(48_000, 44_100, 24_000),
});

test('the sum is the sum, below -60 dB away from a mix computed at leisure, and too loud a one keeps its sign', () =>
  fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 4 }), async (parts) => {
      const band = new Band();
      const limiter = new MusicLimiter();
      for (const [n, { hz, peak, percent, rateHz }] of parts.entries()) {
        const samples = makeTone(1000, { hz, peak, rateHz });
        band.enqueue(
          `t${n}`,
          makeSourceFromPcm('part', { samples, rateHz, channels: 2 }),
        );
        band.perform({ kind: 'volume', percent }, `t${n}`);
      }
      let [signal, error] = [0, 0];
      for (let at = 0; at < 45; at++) {
        const sum = (await band.step()) ?? new Float32Array(1920);
        const [more, off] = measureDifference(limiter.limitSum(sum), parts, at);
        [signal, error] = [signal + more, error + off];
      }
      expect(10 * Math.log10(error / signal)).toBeLessThan(-60);
      const loud = limiter.limitSum(new Float32Array(1920).fill(90_000));
      expect(Math.min(...loud)).toBeGreaterThan(29_000);
    }),
    { numRuns: 15 },
  ));
