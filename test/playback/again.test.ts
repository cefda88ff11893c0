import { expect, test } from 'vitest';
import { keepAnswerMs, SpokenReply, sayAgain } from '#src/playback/reply/spoken-reply.ts';
import { stretched, TimeStretch } from '#src/playback/reply/stretch.ts';
import { VoiceTrack } from '#src/playback/reply/voice-track.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { fc } from '#test/properties.ts';
import { level, open, VirtualListener } from './listening.ts';
import { joined, speechLike, steepest, tone } from './speech-like.ts';

const whole = (samples: Int16Array, speed: number) => joined([...stretched(samples, speed)]);

/** By the way from the first to the last upward zero crossing. */
function pitchHz(samples: Int16Array): number {
  const crossings: number[] = [];
  for (let n = 1; n < samples.length; n++) {
    const [a, b] = [samples[n - 1] ?? 0, samples[n] ?? 0];
    if (a < 0 && b >= 0) crossings.push(n - b / (b - a));
  }
  const way = (crossings.at(-1) ?? 0) - (crossings[0] ?? 0);
  return ((crossings.length - 1) * 24_000) / way;
}

/** An answer that has been given. */
async function given(...sentences: readonly (readonly [number, number, string])[]) {
  const reply = new SpokenReply({ keepMs: keepAnswerMs });
  const track = new VoiceTrack();
  track.add(reply);
  const link = new VirtualListener(track);
  for (const [loud, ms, text] of sentences) {
    await reply.write(level(loud, ms), text, open);
    link.steps(ms / 20);
  }
  reply.end();
  return reply;
}

async function heardAgain(reply: SpokenReply, speed: number, again = new SpokenReply()) {
  const track = new VoiceTrack();
  track.add(again);
  const link = new VirtualListener(track);
  const clock = new VirtualClock();
  const saying = sayAgain(reply, again, { speed, clock }, open);
  for (let n = 0; n < 5000 && !again.over; n++) {
    await clock.advance(20);
    link.step();
  }
  await saying;
  return { again, link };
}

test.each([0.5, 0.7, 0.85, 1.2, 2])('at speed %d a sound is as long as it should be', (speed) => {
  const { samples } = speechLike(['The', 'Millau', 'Viaduct']).pcm;
  expect(whole(samples, speed).length).toBe(Math.round(samples.length / speed));
});

test.each([110, 220, 330])('slower, a tone of %i Hz keeps its pitch and does not click', (hz) => {
  const { samples } = tone(hz, 1000);
  const slow = whole(samples, 0.85);
  expect(pitchHz(slow.subarray(480, -480)) / hz).toBeCloseTo(1, 2);
  expect(steepest(slow)).toBeLessThan(steepest(samples) * 1.1);
});

test('slower, a tone stays as loud as it was', () => {
  const slow = whole(tone(220, 1000).samples, 0.85);
  for (let at = 480; at + 1200 < slow.length; at += 600) {
    const loud = Math.max(...slow.subarray(at, at + 600));
    expect(loud).toBeGreaterThan(9000);
    expect(loud).toBeLessThan(10_500);
  }
});

test('at its own speed a sound is untouched', () => {
  const { samples } = tone(220, 100);
  expect(whole(samples, 1)).toEqual(samples);
});

test('any sound can be made slower or faster, also one of a few samples', () => {
  const speeds = fc.double({ min: 0.5, max: 2, noNaN: true });
  fc.assert(
    fc.property(fc.int16Array({ maxLength: 5000 }), speeds, (samples, speed) => {
      expect(whole(samples, speed).length).toBe(Math.round(samples.length / speed));
    }),
  );
});

test('an answer is said again with its words', async () => {
  const reply = await given([1000, 400, 'It is noon.'], [2000, 600, 'Lunch is ready.']);
  const { again, link } = await heardAgain(reply, 1);
  expect(await again.finish).toBe('completed');
  expect(link.levels.slice(0, 50)).toEqual([...Array(20).fill(1000), ...Array(30).fill(2000)]);
  expect(again.heardText()).toBe('It is noon. Lunch is ready.');
});

test('slower, it takes longer', async () => {
  const reply = await given([1000, 1000, 'It is noon.']);
  const { again, link } = await heardAgain(reply, 0.85);
  expect(again.playedMs()).toBeCloseTo(1000 / 0.85, 0);
  expect(link.levels[25]).toBe(1000);
});

test('an answer that was stopped is said again with all that was made of it', async () => {
  const reply = new SpokenReply({ keepMs: keepAnswerMs });
  await reply.write(level(1000, 400), 'It is noon.', open);
  reply.pull();
  reply.cut();
  const { again } = await heardAgain(reply, 1);
  expect(again.playedMs()).toBe(400);
});

test('of a long answer the last minute is kept, from the start of a sentence', async () => {
  const sentences = Array.from(
    { length: 20 },
    (_, n) => [n + 1, 4000, `Number ${n + 1}.`] as const,
  );
  const reply = await given(...sentences);
  const { again, link } = await heardAgain(reply, 1);
  expect(again.playedMs()).toBe(60_000);
  expect(link.levels[0]).toBe(6);
});

test.each([0.7, 0.85, 1.4])(
  'at speed %d sound in pieces of any size is stretched as it is in one',
  (speed) => {
    const { samples } = speechLike(['The', 'Millau', 'Viaduct']).pcm;
    const expected = whole(samples, speed);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1 }), (sizes) => {
        const stretch = new TimeStretch(speed);
        const out: Int16Array[] = [];
        for (let [at, n] = [0, 0]; at < samples.length; n++) {
          const size = sizes[n % sizes.length] ?? 1;
          out.push(stretch.push(samples.subarray(at, at + size)));
          at += size;
        }
        out.push(stretch.flush());
        expect(joined(out)).toEqual(expected);
      }),
      { numRuns: 5 },
    );
  },
);
