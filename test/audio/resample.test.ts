import { expect, test } from 'vitest';
import { rms } from '#src/audio/loudness.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { Resampler, resample } from '#src/audio/resample.ts';
import { fc } from '#test/properties.ts';
import { joined } from './speech.ts';

const inputs = [16_000, 22_050, 24_000, 44_100, 48_000];
const outputs = [16_000, 24_000, 48_000];
const pairs = inputs.flatMap((fromHz) => outputs.map((toHz) => [fromHz, toHz] as const));

function tone(rateHz: number, toneHz: number, amplitude = 10_000): Pcm {
  const samples = Int16Array.from({ length: rateHz / 2 }, (_, n) => {
    return Math.round(amplitude * Math.sin((2 * Math.PI * toneHz * n) / rateHz));
  });
  return { samples, rateHz, channels: 1 };
}

/** Largest difference, the ends left out, where the sound begins as if cut off. */
function worst(a: Int16Array, b: Int16Array): number {
  let difference = 0;
  for (let n = 200; n < a.length - 200; n++) {
    difference = Math.max(difference, Math.abs((a[n] ?? 0) - (b[n] ?? 0)));
  }
  return difference;
}

test.each(pairs)('a tone at %i Hz is the same tone at %i Hz', (fromHz, toHz) => {
  const out = resample(tone(fromHz, 1000), toHz);
  const wanted = tone(toHz, 1000);
  expect(out.samples).toHaveLength(wanted.samples.length);
  expect(worst(out.samples, wanted.samples)).toBeLessThan(10);
});

test('what the lower rate cannot hold is taken away, not folded down', () => {
  for (const [fromHz, toneHz] of [
    [48_000, 11_000],
    [44_100, 8600],
  ] as const) {
    const { samples } = resample(tone(fromHz, toneHz), 16_000);
    expect(rms(samples.subarray(200, -200))).toBeLessThan(0.0002);
  }
});

test('where the stream is cut does not change a sample', () => {
  const cuts = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 30 });
  fc.assert(
    fc.property(fc.constantFrom(...pairs), cuts, ([fromHz, toHz], lengths) => {
      const { samples } = tone(fromHz, 440);
      const resampler = new Resampler(fromHz, toHz);
      const pieces: Int16Array[] = [];
      let at = 0;
      for (const length of lengths) {
        pieces.push(resampler.push(samples.subarray(at, at + length)));
        at += length;
      }
      pieces.push(resampler.push(samples.subarray(at)), resampler.flush());
      const whole = resample({ samples, rateHz: fromHz, channels: 1 }, toHz).samples;
      expect(Buffer.from(joined(pieces).buffer).equals(Buffer.from(whole.buffer))).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test('a rate that fits nothing is changed as well, within a bounded table', () => {
  const out = resample(tone(22_051, 440), 24_000);
  expect(worst(out.samples, tone(24_000, 440).samples)).toBeLessThan(60);
});

test('full scale does not wrap around', () => {
  const samples = Int16Array.from({ length: 4800 }, (_, n) => (n % 48 < 24 ? 32_767 : -32_768));
  const out = resample({ samples, rateHz: 48_000, channels: 1 }, 16_000).samples;
  for (let n = 100; n < 1500; n++) {
    const place = n % 16;
    if (place > 1 && place < 7) expect(out[n]).toBeGreaterThan(20_000);
    if (place > 9 && place < 15) expect(out[n]).toBeLessThan(-20_000);
  }
});

test('after a flush the same resampler begins a new sound', () => {
  const { samples } = tone(24_000, 300);
  const resampler = new Resampler(24_000, 16_000);
  const first = joined([resampler.push(samples), resampler.flush()]);
  expect(joined([resampler.push(samples), resampler.flush()])).toEqual(first);
});

test('the channels of stereo stay apart', () => {
  const samples = new Int16Array(9600).map((_, n) => (n % 2 === 0 ? 5000 : -3000));
  const out = resample({ samples, rateHz: 48_000, channels: 2 }, 16_000).samples;
  expect(out).toHaveLength(3200);
  expect([out[1600], out[1601]]).toEqual([5000, -3000]);
});

test('at equal rates samples pass as they are', () => {
  const { samples } = tone(16_000, 300);
  const resampler = new Resampler(16_000, 16_000);
  expect(resampler.push(samples)).toBe(samples);
  expect(resampler.flush()).toHaveLength(0);
});
