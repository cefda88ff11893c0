import { expect, test } from 'vitest';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { ProsodyMeter } from './prosody-meter.ts';

const rateHz = 16_000;

/** A voice with harmonics whose pitch goes straight from one to the other. */
function glide(fromHz: number, toHz: number, lengthMs: number, gain = 0.3): Int16Array {
  let phase = 0;
  return Int16Array.from(
    { length: (lengthMs * rateHz) / 1000 },
    (_, n, length = (lengthMs * rateHz) / 1000) => {
      phase += (2 * Math.PI * (fromHz + ((toHz - fromHz) * n) / length)) / rateHz;
      const wave = Math.sin(phase) + 0.5 * Math.sin(2 * phase) + 0.3 * Math.sin(3 * phase);
      return (wave * gain * 32_767) / 1.8;
    },
  );
}

function heard(...parts: readonly Int16Array[]) {
  const meter = new ProsodyMeter();
  for (const part of parts) meter.push(part);
  return meter.prosody();
}

const pause = (lengthMs: number) => new Int16Array((lengthMs * rateHz) / 1000);

test('a pitch that falls an octave in 500 ms falls 2.4 semitones per 100 ms', () => {
  const { pitchSlope } = heard(glide(220, 220, 600), glide(220, 110, 500));
  expect(pitchSlope).toBeLessThan(-2);
  expect(pitchSlope).toBeGreaterThan(-4);
});

test('a last pitch is told in semitones above the median, and by its rank', () => {
  const fallen = heard(glide(200, 200, 1000), glide(100, 100, 120));
  expect(fallen.pitchAboveMedian).toBeCloseTo(-12, 0);
  expect(fallen.pitchRank).toBeLessThan(0.1);
  const risen = heard(glide(150, 150, 1000), glide(225, 225, 120));
  expect(risen.pitchAboveMedian).toBeCloseTo(7, 0);
  expect(risen.pitchRank).toBeGreaterThan(0.8);
});

test('a last syllable four times as long as those before is lengthened fourfold', () => {
  const syllable = [glide(120, 120, 100), pause(100)];
  const { lengthening } = heard(
    ...syllable,
    ...syllable,
    ...syllable,
    glide(120, 120, 400),
    pause(60),
  );
  expect(lengthening).toBeCloseTo(4, 0);
});

test('a voice that ends 12 dB quieter is below its mean level', () => {
  const { levelAboveMean } = heard(glide(130, 130, 1000), glide(130, 130, 200, 0.075));
  expect(levelAboveMean).toBeLessThan(-6);
});

test('silence and noise have no pitch, and nothing is told of them', () => {
  const random = seededRandom(1);
  const noise = Int16Array.from({ length: rateHz }, () => 4000 * (random() - 0.5));
  expect(heard(pause(500))).toEqual(new ProsodyMeter().prosody());
  expect(heard(noise)).toEqual(new ProsodyMeter().prosody());
});
