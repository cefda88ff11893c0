import { expect, test } from 'vitest';
import { limit } from '#src/playback/mix/limiter.ts';
import { SampleQueue } from '#src/playback/reply/sample-queue.ts';
import { Spans } from '#src/playback/reply/sentences.ts';
import { SpeakRate } from '#src/playback/reply/speak-rate.ts';
import { fc } from '#test/properties.ts';
import { level } from './listening.ts';

const piece = fc.int16Array({ maxLength: 60 });

test('samples come out of the queue as they went in, whatever the lengths', () => {
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat(90), { minLength: 1 }), (pieces, lengths) => {
      const queue = new SampleQueue();
      for (const one of pieces) queue.push(one);
      const out = lengths.flatMap((length) => {
        const into = new Int16Array(length);
        return [...into.subarray(0, queue.take(into))];
      });
      const all = pieces.flatMap((one) => [...one]);
      expect(out).toEqual(all.slice(0, out.length));
      expect(queue.length).toBe(all.length - out.length);
    }),
  );
});

test('what was taken comes back as it was, as far as it was kept', () => {
  const pieces = fc.array(piece, { minLength: 1 });
  fc.assert(
    fc.property(pieces, fc.nat(200), fc.nat(200), fc.nat(100), (all, taken, returned, keep) => {
      const queue = new SampleQueue(keep);
      for (const one of all) queue.push(one);
      const sound = all.flatMap((one) => [...one]);
      const at = queue.take(new Int16Array(taken));
      const back = queue.back(returned);
      expect(back).toBe(Math.min(returned, keep, at));
      const near = new Int16Array(10);
      queue.read(-1, near);
      const from = at - back - 1;
      if (queue.kept > 0)
        expect([...near]).toEqual(Array.from(near, (_, n) => sound[from + n] ?? 0));
      const rest = new Int16Array(sound.length);
      expect(queue.take(rest)).toBe(sound.length - at + back);
      expect([...rest.subarray(0, sound.length - at + back)]).toEqual(sound.slice(at - back));
    }),
  );
});

test('places that left twice are counted once', () => {
  const span = fc.tuple(fc.nat(60), fc.nat(20));
  fc.assert(
    fc.property(fc.array(span), span, (added, [from, length]) => {
      const spans = new Spans();
      const places = new Set<number>();
      for (const [at, count] of added) {
        spans.add(at, at + count);
        for (let n = 0; n < count; n++) places.add(at + n);
      }
      const within = [...places].filter((place) => place >= from && place < from + length);
      expect(spans.within(from, from + length)).toBe(within.length);
    }),
  );
});

test('the limiter never wraps, keeps the sign, and never makes the louder sum the quieter sound', () => {
  const loud = fc.array(fc.double({ min: -300_000, max: 300_000, noNaN: true }), { minLength: 2 });
  fc.assert(
    fc.property(loud, (values) => {
      const sum = Float32Array.from(values).sort();
      const out = limit(sum);
      expect(out).toEqual(out.toSorted());
      sum.forEach((value, at) => {
        expect(Math.abs(Math.sign(value) - Math.sign(out[at] ?? 0))).toBeLessThanOrEqual(
          Math.abs(value) < 1 ? 1 : 0,
        );
      });
    }),
  );
});

test('sound below the knee of the limiter passes untouched', () => {
  const sum = Float32Array.from([0, 1, -1, 29_000, -29_000]);
  expect([...limit(sum)]).toEqual([...sum]);
});

test.each([8000, 16_000, 22_050, 44_100, 48_000])(
  '%i Hz becomes 24 kHz of the same length',
  (hz) => {
    const rate = new SpeakRate();
    const pieces = [...rate.push(level(1000, 1000, hz)), ...rate.flush()];
    expect(pieces.reduce((sum, { length }) => sum + length, 0)).toBe(24_000);
    expect(pieces.flatMap((piece) => [...piece])[5000]).toBeCloseTo(1000, -1);
  },
);

test('stereo is mixed down', () => {
  const samples = Int16Array.from([100, 300, -100, -300]);
  expect(new SpeakRate().push({ samples, rateHz: 24_000, channels: 2 })).toEqual([
    Int16Array.from([200, -200]),
  ]);
});

test('what was inside at a change of rate comes first', () => {
  const rate = new SpeakRate();
  const before = rate.push(level(1000, 100, 16_000));
  const after = rate.push(level(2000, 100));
  expect([...before, ...after].reduce((sum, { length }) => sum + length, 0)).toBe(4800);
  expect(after.at(-1)?.[0]).toBe(2000);
});
