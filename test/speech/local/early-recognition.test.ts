import { estimateRecognitionMs } from '#src/speech/local/jobs/admit-job.ts';
import { BoundedRecognition } from '#src/speech/local/jobs/early-recognition.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const soundMs = 3_000;
const eachMs = estimateRecognitionMs(soundMs);

test('words of pauses take a quarter of a core in the long run, and 25 people who pause at once are all heard', async () => {
  const clock = new VirtualClock();
  const early = new BoundedRecognition(clock, () => undefined);
  const countRecognised = (pauses: number) => {
    let recognised = 0;
    for (let n = 0; n < pauses; n++) {
      if (!early.mayRecognise(soundMs)) continue;
      early.onRecognise(soundMs);
      recognised++;
    }
    return recognised;
  };
  expect(countRecognised(40)).toBe(25);
  // Nobody saves time up: after any silence it is as much.
  await clock.advance(10 * 60_000);
  expect(countRecognised(40)).toBe(25);
  let recognised = 0;
  for (let second = 0; second < 60; second++) {
    await clock.advance(1_000);
    recognised += countRecognised(5);
  }
  expect(recognised * eachMs).toBeGreaterThan(0.22 * 60_000);
  expect(recognised * eachMs).toBeLessThan(0.26 * 60_000);
});

test('sound of more than one job is priced as all of its jobs', () => {
  expect(estimateRecognitionMs(20_000)).toBe(2 * estimateRecognitionMs(10_000));
});
