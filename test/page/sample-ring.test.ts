import { expect, test } from 'vitest';
import { FrameCutter, SampleRing } from '#page/room/sound/sample-ring.js';
import { fc } from '#test/properties.ts';

const sizes = { reserveSamples: 4, mostSamples: 8 };

function pulled(ring: SampleRing, count: number): readonly number[] {
  const out = new Float32Array(count).fill(9);
  ring.pull(out);
  return [...out];
}

test('nothing plays before the reserve is there, then everything in order', () => {
  const ring = new SampleRing(sizes);
  ring.push(new Float32Array([1, 2, 3]));
  expect(pulled(ring, 2)).toEqual([0, 0]);
  ring.push(new Float32Array([4]));
  expect(pulled(ring, 3)).toEqual([1, 2, 3]);
  expect(ring.length).toBe(1);
});

test('once it has run dry it waits for the reserve again', () => {
  const ring = new SampleRing(sizes);
  ring.push(new Float32Array([1, 2, 3, 4]));
  expect(pulled(ring, 6)).toEqual([1, 2, 3, 4, 0, 0]);
  ring.push(new Float32Array([5, 6]));
  expect(pulled(ring, 2)).toEqual([0, 0]);
  ring.push(new Float32Array([7, 8]));
  expect(pulled(ring, 4)).toEqual([5, 6, 7, 8]);
});

test('what does not fit takes the place of the oldest', () => {
  const ring = new SampleRing(sizes);
  ring.push(new Float32Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
  expect(pulled(ring, 8)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
});

test('whatever the lengths, frames hold every sample once and in order', () => {
  const lengths = fc.array(fc.nat({ max: 30 }), { maxLength: 20 });
  fc.assert(
    fc.property(lengths, (parts) => {
      const cutter = new FrameCutter(7);
      let next = 0;
      const frames = parts.flatMap((length) =>
        cutter.cut(Float32Array.from({ length }, () => next++)),
      );
      expect(frames.flatMap((frame) => [...frame])).toEqual(
        Array.from({ length: next - (next % 7) }, (_, n) => n),
      );
    }),
  );
});
