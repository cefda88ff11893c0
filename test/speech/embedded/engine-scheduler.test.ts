import { afterAll, beforeAll, expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { Engine } from '#src/speech/embedded/engine.ts';
import { EngineScheduler } from '#src/speech/embedded/engine-scheduler.ts';
import type { SphinxJob, SphinxWords } from '#src/speech/embedded/pocketsphinx-worker.ts';
import { heardBy, say } from '#test/contracts/listening.ts';
import { settled } from '#test/fakes/clock.ts';
import { speakWords } from '#test/fakes/spoken-words.ts';

const staying = new AbortController().signal;
const five = speakWords('one two three four five');
const four = speakWords('six seven nova stop');
let engine: Engine<SphinxJob, SphinxWords>;
let scheduler: EngineScheduler;

beforeAll(async () => {
  engine = await Engine.open<SphinxJob, SphinxWords>({
    name: 'recogniser',
    entry: new URL('./word-worker.ts', import.meta.url),
    startLimitMs: 20_000,
    clock: realClock,
  });
  scheduler = new EngineScheduler(engine, realClock);
});
afterAll(() => engine[Symbol.asyncDispose]());

const listen = (reported: string[] = []) =>
  scheduler.listen((text) => reported.push(text), undefined, staying);

function marked(sample: number) {
  const samples = five.pcm.samples.slice();
  samples[5000] = sample; // within the second word, in its sixteenth piece
  return { pcm: { ...five.pcm, samples } };
}

test('whoever pauses is understood before the other has finished, and the other loses nothing', async () => {
  using first = listen();
  using second = listen();
  await say(first, five);
  await say(second, four);
  expect(await heardBy(second)).toBe(four.text);
  await say(first, four);
  expect(await heardBy(first)).toBe(`${five.text} ${four.text}`);
});

test('noise long before the first word is not recognised', async () => {
  using listening = listen();
  const noise = new Int16Array(16_000);
  noise[11_500] = 350;
  await say(listening, { pcm: { ...five.pcm, samples: noise } });
  await say(listening, five);
  expect(await heardBy(listening)).toBe(five.text);
});

test('the one heard first gets words while speaking, the next one after a pause', async () => {
  await settled(); // the recogniser rests, so that only sound wakes it
  const [live, reported]: [string[], string[]] = [[], []];
  using first = listen(live);
  using second = listen(reported);
  await say(first, five);
  await say(second, four);
  await expect.poll(() => live.length).toBeGreaterThan(0);
  expect(reported).toEqual([]);
  await heardBy(first);
  await expect.poll(() => reported.at(-1)).toBe(four.text);
});

test('a recogniser that dies is told again what it heard', async () => {
  using listening = listen();
  await say(listening, marked(30_000));
  await expect.poll(() => heardBy(listening)).toBe(five.text);
});

test('sound that kills the recogniser again and again is given up, and others are heard', async () => {
  using listening = listen();
  await say(listening, marked(31_000));
  const error = { code: 'speech.failed' };
  await expect(listening.settle(staying)).rejects.toMatchObject(error);
  await expect(listening.settle(staying)).rejects.toMatchObject(error);
  using next = listen();
  await say(next, four);
  expect(await heardBy(next)).toBe(four.text);
});
