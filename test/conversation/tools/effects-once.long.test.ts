import { expect, test } from 'vitest';
import { RandomTimers, type TimerPlot } from '#test/conversation/setup/random-timers.ts';
import { fc, runs } from '#test/properties.ts';

const ms = (max: number) => fc.integer({ min: 0, max });
const moods = (max: number) => fc.array(ms(max), { minLength: 1, maxLength: 4 });
/** 0 once in `n` or so. */
const seldom = (n: number) => fc.array(ms(n), { minLength: 1, maxLength: 5 });
const plot: fc.Arbitrary<TimerPlot> = fc.record({
  says: fc.array(
    fc.record({
      saying: fc.constantFrom('timer', 'timer', 'more', 'noise'),
      ms: fc.integer({ min: 300, max: 1_200 }),
      pauseMs: fc.oneof(
        fc.integer({ min: 300, max: 1_400 }),
        fc.integer({ min: 1_600, max: 6_000 }),
      ),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  faults: fc.array(
    fc.record({
      atMs: ms(12_000),
      kind: fc.constantFrom('lost', 'lost', 'lost', 'moved', 'switched', 'stop', 'press', 'typed'),
    }),
    { maxLength: 4 },
  ),
  recogniserMs: moods(400),
  thinkMs: moods(900),
  toolMs: fc.oneof(moods(300), moods(4_000)),
  voiceMs: fc.oneof(ms(300), ms(3_000)),
  isObstinate: fc.boolean(),
  fails: seldom(9),
  breaks: seldom(9),
  asks: seldom(6),
});

test('whatever happens to an answer, each timer that was asked for once is set at most once, and paid once', {
  timeout: runs(300_000),
}, async () => {
  const seen = { began: 0, anew: 0, known: 0 };
  await fc.assert(
    fc.asyncProperty(plot, async (one) => {
      const timers = new RandomTimers(one);
      await timers.play();
      const { fixture, spending } = timers;
      expect(fixture.of('failed').filter(({ code }) => code === 'bug')).toEqual([]);
      for (const [timer, beganMs] of timers.began) {
        const pressed = timers.presses === 0 ? 0 : timers.ends('asked', timer);
        expect(beganMs.length, `timer ${timer}`).toBeLessThanOrEqual(1 + pressed);
        expect(timers.ends('ran', timer)).toBeLessThanOrEqual(1);
        const late = timers.checked.get(timer)?.filter((atMs) => atMs > (beganMs[0] ?? 0));
        expect(late ?? [], `checks of timer ${timer} once it was set`).toEqual([]);
      }
      expect(spending.bills.filter(({ closed, wanted }) => closed !== 1 || wanted > 1)).toEqual([]);
      const paid = spending.bills.reduce((sum, { used }) => sum + used.length, 0);
      expect(paid).toBeLessThanOrEqual(timers.requests);
      seen.began += timers.began.size;
      seen.known += timers.ends('known');
      seen.anew += timers.anew;
      await fixture.sessions.leave('g');
    }),
    { numRuns: runs(250), interruptAfterTimeLimit: runs(280_000) },
  );
  expect(seen.began).toBeGreaterThan(runs(200));
  expect(seen.anew).toBeGreaterThan(runs(25));
  expect(seen.known).toBeGreaterThan(runs(5));
});
