import { expect, test } from 'vitest';
import { joinSamples } from '#src/audio/pcm.ts';
import { changeOfRate } from '#src/audio/polyphase/change-of-rate.ts';
import { Resampler, resample } from '#src/audio/resample.ts';
import { fc } from '#test/properties.ts';

const amplitude = 20_000;
/** Where a stream begins and ends as if cut off. */
const edge = 400;
const usual = [
  [44_100, 48_000],
  [24_000, 48_000],
  [22_050, 24_000],
  [16_000, 24_000],
  [48_000, 16_000],
  [44_100, 16_000],
] as const;
const rates = fc.constantFrom(8000, 16_000, 22_050, 22_051, 24_000, 44_100, 48_000, 96_000);
const pieces = fc.array(fc.int16Array({ maxLength: 120 }), { maxLength: 20 });

/** One channel at another rate, with one multiplication at a time in double precision. */
function plainly(samples: Int16Array, fromHz: number, toHz: number): Int16Array {
  const { up, down, half, phases, taps } = changeOfRate(fromHz, toHz);
  return Int16Array.from({ length: Math.ceil((samples.length * up) / down) }, (_, n) => {
    const from = Math.floor((n * down) / up) - half + 1;
    const row = Math.floor((((n * down) % up) * phases) / up) * 2 * half;
    let sum = 0;
    for (let tap = 0; tap < 2 * half; tap++) {
      sum += (taps[row + tap] ?? 0) * (samples[from + tap] ?? 0);
    }
    return Math.max(-32_768, Math.min(32_767, Math.round(sum)));
  });
}

function sine(rateHz: number, hz: number): Int16Array {
  return Int16Array.from({ length: rateHz / 5 }, (_, n) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hz * n) / rateHz)),
  );
}

/** The sine of that frequency in a sound, and what is beside it, by least squares. */
function sineIn(sound: Int16Array, rateHz: number, hz: number) {
  const inner = sound.subarray(edge, -edge);
  const waves = Array.from(inner, (_, n) => (2 * Math.PI * hz * n) / rateHz);
  const [sines, cosines] = [waves.map(Math.sin), waves.map(Math.cos)];
  const [ss, sc, cc] = [product(sines, sines), product(sines, cosines), product(cosines, cosines)];
  const [xs, xc] = [product(sines, inner), product(cosines, inner)];
  const a = (xs * cc - xc * sc) / (ss * cc - sc * sc);
  const b = (xc * ss - xs * sc) / (ss * cc - sc * sc);
  const left = sines.map((s, n) => (inner[n] ?? 0) - a * s - b * (cosines[n] ?? 0));
  const power = ((a * a + b * b) * inner.length) / 2;
  return {
    snrDb: 10 * Math.log10(power / product(left, left)),
    gainDb: 20 * Math.log10(Math.hypot(a, b) / amplitude),
  };
}

function product(a: readonly number[], b: ArrayLike<number>): number {
  return a.reduce((sum, value, n) => sum + value * (b[n] ?? 0), 0);
}

function levelDb(sound: Int16Array): number {
  const inner = sound.subarray(edge, -edge);
  const power = inner.reduce((sum, sample) => sum + sample * sample, 0) / inner.length;
  return 10 * Math.log10(power / (amplitude ** 2 / 2));
}

function throughPieces(resampler: Resampler, all: readonly Int16Array[]): Int16Array {
  return joinSamples([...all.map((piece) => resampler.push(piece)), resampler.flush()]);
}

/** Largest difference of two sounds of the same length. */
function apart(a: Int16Array, b: Int16Array): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((most, sample, n) => Math.max(most, Math.abs(sample - (b[n] ?? 0))), 0);
}

/** One side of what is interleaved. */
const side = (both: Int16Array, which: number) => both.filter((_, n) => n % 2 === which);

test('a sine is as clean at another rate as 16 bits allow', () => {
  for (const [fromHz, toHz] of usual) {
    for (const share of [0.05, 0.2, 0.5, 0.7, 0.8]) {
      const hz = (share * Math.min(fromHz, toHz)) / 2;
      const out = new Resampler(fromHz, toHz).push(sine(fromHz, hz));
      const { snrDb, gainDb } = sineIn(out, toHz, hz);
      expect(snrDb, `${hz} Hz, ${fromHz} to ${toHz}`).toBeGreaterThan(87);
      expect(Math.abs(gainDb)).toBeLessThan(0.002);
    }
  }
});

test('what lies above the lower rate is 75 dB down', () => {
  for (const [fromHz, toHz] of usual.filter(([from, to]) => from > to)) {
    for (const [above, db] of [
      [1.08, -75],
      [1.2, -85],
      [1.5, -85],
    ] as const) {
      const out = new Resampler(fromHz, toHz);
      expect(levelDb(out.push(sine(fromHz, (above * toHz) / 2)))).toBeLessThan(db);
    }
  }
});

test('mirror images of high notes are 60 dB below them', () => {
  for (const [fromHz, toHz, hz, db] of [
    [44_100, 48_000, 18_000, 86],
    [44_100, 48_000, 20_000, 72],
    [44_100, 48_000, 21_000, 64],
    [24_000, 48_000, 11_000, 70],
  ] as const) {
    const out = new Resampler(fromHz, toHz).push(sine(fromHz, hz));
    expect(sineIn(out, toHz, hz).snrDb).toBeGreaterThan(db);
  }
});

test('SIMD gives what single multiplications give, to the last bit but one', () => {
  fc.assert(
    fc.property(rates, rates, pieces, (fromHz, toHz, all) => {
      const out = throughPieces(new Resampler(fromHz, toHz), all);
      if (fromHz !== toHz)
        expect(apart(out, plainly(joinSamples(all), fromHz, toHz))).toBeLessThanOrEqual(1);
    }),
    { numRuns: 30 },
  );
});

test('SIMD works through sounds of many blocks, each at its place', () => {
  for (const [fromHz, toHz] of [...usual, [8000, 48_000], [384_000, 16_000]] as const) {
    const noise = Int16Array.from({ length: 9000 }, () => 60_000 * (Math.random() - 0.5));
    const both = throughPieces(new Resampler(fromHz, toHz, 2), [noise]);
    for (const which of [0, 1]) {
      const wanted = plainly(side(noise, which), fromHz, toHz);
      expect(apart(side(both, which), wanted)).toBeLessThanOrEqual(1);
    }
  }
});

test('two channels at once come out as each would alone, wherever they are cut', () => {
  fc.assert(
    fc.property(rates, rates, pieces, (fromHz, toHz, all) => {
      const pairs = all.map((piece) => piece.subarray(0, piece.length - (piece.length % 2)));
      const out = throughPieces(new Resampler(fromHz, toHz, 2), pairs);
      for (const which of [0, 1]) {
        const alone = pairs.map((piece) => side(piece, which));
        const wanted = throughPieces(new Resampler(fromHz, toHz), alone);
        expect(apart(side(out, which), wanted)).toBe(0);
      }
    }),
    { numRuns: 30 },
  );
});

test('sound at another rate is exactly as long as it was, wherever it is cut', () => {
  fc.assert(
    fc.property(rates, rates, pieces, (fromHz, toHz, all) => {
      const { length } = joinSamples(all);
      const out = throughPieces(new Resampler(fromHz, toHz), all);
      expect(out).toHaveLength(fromHz === toHz ? length : Math.ceil((length * toHz) / fromHz));
    }),
    { numRuns: 50 },
  );
});

test('sound read from a later place is in phase with sound read from the start', () => {
  const samples = sine(44_100, 997);
  const rateHz = 44_100;
  const whole = resample({ samples, rateHz, channels: 1 }, 48_000).samples;
  const later = resample({ samples: samples.subarray(147 * 30), rateHz, channels: 1 }, 48_000);
  const tail = whole.subarray(160 * 30);
  expect(later.samples).toHaveLength(tail.length);
  expect(later.samples.subarray(32)).toEqual(tail.subarray(32));
});

test('streams that share a table do not hear each other', () => {
  const [one, other] = [sine(44_100, 440), sine(44_100, 3000)];
  const streams = [new Resampler(44_100, 48_000), new Resampler(44_100, 48_000)] as const;
  const out: Int16Array[] = [];
  for (let at = 0; at < one.length; at += 441) {
    out.push(streams[0].push(one.subarray(at, at + 441)));
    streams[1].push(other.subarray(at, at + 441));
  }
  out.push(streams[0].flush());
  const alone = resample({ samples: one, rateHz: 44_100, channels: 1 }, 48_000).samples;
  expect(joinSamples(out)).toEqual(alone);
});

test('after a flush a new stream of two channels begins as the first one did', () => {
  const resampler = new Resampler(44_100, 48_000, 2);
  const sound = Int16Array.from({ length: 2000 }, (_, n) => 8000 * Math.sin(n / 9));
  const first = throughPieces(resampler, [sound]);
  expect(throughPieces(resampler, [sound])).toEqual(first);
});
