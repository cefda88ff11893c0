import { FrameCutter, SampleRing } from '#page/room/sound/sample-ring.js';
import { fc } from '#test/properties.ts';

const sizes = {
  reserveSamples: 4,
  maxSamples: 8,
  maxReserveSamples: 4,
  holeSamples: 0,
  calmSamples: Number.POSITIVE_INFINITY,
  fadeSamples: 0,
};

function pullSamples(ring: SampleRing, count: number) {
  const out = new Float32Array(count).fill(9);
  ring.pull(out);
  return [...out];
}

test('nothing plays before the reserve is there, then everything in order', () => {
  const ring = new SampleRing(sizes);
  ring.push(new Float32Array([1, 2, 3]));
  expect(pullSamples(ring, 2)).toEqual([0, 0]);
  ring.push(new Float32Array([4]));
  expect([pullSamples(ring, 3), ring.length]).toEqual([[1, 2, 3], 1]);
});

test('once it has run dry it waits for the reserve again', () => {
  const ring = new SampleRing(sizes);
  ring.push(new Float32Array([1, 2, 3, 4]));
  expect(pullSamples(ring, 6)).toEqual([1, 2, 3, 4, 0, 0]);
  ring.push(new Float32Array([5, 6]));
  expect(pullSamples(ring, 2)).toEqual([0, 0]);
  ring.push(new Float32Array([7, 8]));
  expect(pullSamples(ring, 4)).toEqual([5, 6, 7, 8]);
});

test('what does not fit takes the place of the oldest', () => {
  const ring = new SampleRing(sizes);
  ring.push(new Float32Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
  expect(pullSamples(ring, 8)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
});

const growing = {
  ...sizes,
  reserveSamples: 100,
  maxSamples: 2_000,
  maxReserveSamples: 500,
  holeSamples: 300,
  calmSamples: 1_000,
};
const makeTone = (length: number) => new Float32Array(length).fill(1);

/** Sound that lasts for `samples` after the reserve, and then is missing for `gap`. */
function playWithGap(ring: SampleRing, samples: number, gap: number) {
  ring.push(makeTone(samples));
  pullSamples(ring, samples + gap);
}

test('a hole in the middle of speech doubles the reserve, up to its limit', () => {
  const ring = new SampleRing(growing);
  const reserves = [1, 2, 3, 4].map(() => {
    playWithGap(ring, 600, 200);
    ring.push(makeTone(1));
    pullSamples(ring, 1);
    return ring.reserve;
  });
  expect(reserves).toEqual([200, 400, 500, 500]);
});

test('speech that ends is no hole, however often', () => {
  const ring = new SampleRing(growing);
  for (let n = 0; n < 5; n++) playWithGap(ring, 150, 400);
  expect(ring.reserve).toBe(100);
});

test('after a time without holes the reserve falls again', () => {
  const ring = new SampleRing(growing);
  playWithGap(ring, 150, 200);
  ring.push(makeTone(1));
  expect(ring.reserve).toBe(200);
  const reserves = [1, 2, 3, 4].map(() => {
    playWithGap(ring, 1_000, 400);
    return ring.reserve;
  });
  expect(reserves).toEqual([150, 112, 100, 100]);
});

test('sound begins and breaks off without a click', () => {
  const ring = new SampleRing({ ...sizes, maxSamples: 400, fadeSamples: 100 });
  ring.push(makeTone(300));
  const heardValues = [0, ...pullSamples(ring, 600)];
  const steps = heardValues.map((sample, n) =>
    Math.abs(sample - (heardValues[n - 1] ?? 0)),
  );
  expect(Math.max(...heardValues)).toBe(1);
  expect(Math.max(...steps)).toBeLessThan(0.05);
  expect(heardValues.at(-1)).toBeLessThan(0.001);
});

test('whatever the lengths, frames hold every sample once and in order', () => {
  const lengths = fc.array(fc.nat({ max: 30 }), { maxLength: 20 });
  fc.assert(
    fc.property(lengths, (pieces) => {
      const cutter = new FrameCutter(7);
      let next = 0;
      const frames = pieces.flatMap((length) =>
        cutter.cut(Float32Array.from({ length }, () => next++)),
      );
      expect(frames.flatMap((frame) => [...frame])).toEqual(
        Array.from({ length: next - (next % 7) }, (_, n) => n),
      );
    }),
  );
});
