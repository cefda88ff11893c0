import { TimeStretch } from '#src/playback/reply/time-stretch.ts';
import { fc } from '#test/properties.ts';
import {
  findSteepest,
  joinFrames,
  makeSpeechLike,
  makeTone,
} from './speech-like-sound.ts';

function stretchWhole(samples: Int16Array, speed: number) {
  const stretch = new TimeStretch(speed);
  return joinFrames([stretch.push(samples), stretch.flush()]);
}

/** By the way from the first to the last upward zero crossing. */
function pitchHz(samples: Int16Array) {
  const crossings: number[] = [];
  for (let n = 1; n < samples.length; n++) {
    const [a, b] = [samples[n - 1] ?? 0, samples[n] ?? 0];
    if (a < 0 && b >= 0) crossings.push(n - b / (b - a));
  }
  const way = (crossings.at(-1) ?? 0) - (crossings[0] ?? 0);
  return ((crossings.length - 1) * 24_000) / way;
}

test.each([110, 220, 330])(
  'slower, a tone of %i Hz keeps its pitch and does not click',
  (hz) => {
    const { samples } = makeTone(hz, 1000);
    for (const speed of [0.25, 0.85]) {
      const slow = stretchWhole(samples, speed);
      expect(pitchHz(slow.subarray(480, -480)) / hz).toBeCloseTo(1, 2);
      expect(findSteepest(slow)).toBeLessThan(findSteepest(samples) * 1.1);
    }
  },
);

test('any sound can be made slower or faster, also one of a few samples', () => {
  const speeds = fc.double({ min: 0.25, max: 4, noNaN: true });
  fc.assert(
    fc.property(fc.int16Array({ maxLength: 5000 }), speeds, (samples, speed) => {
      const off = stretchWhole(samples, speed).length - samples.length / speed;
      expect(Math.abs(off)).toBeLessThan(600); // 25 ms
    }),
  );
});

test.each([0.7, 0.85, 1.4])(
  'at speed %d sound in pieces of any size is stretched as it is in one',
  (speed) => {
    const { samples } = makeSpeechLike(['The', 'Millau', 'Viaduct']).pcm;
    const expected = stretchWhole(samples, speed);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1 }),
        (sizes) => {
          const stretch = new TimeStretch(speed);
          const out: Int16Array[] = [];
          for (let [at, n] = [0, 0]; at < samples.length; n++) {
            const size = sizes[n % sizes.length] ?? 1;
            out.push(stretch.push(samples.subarray(at, at + size)));
            at += size;
          }
          out.push(stretch.flush());
          expect(joinFrames(out)).toEqual(expected);
        },
      ),
      { numRuns: 5 },
    );
  },
);
