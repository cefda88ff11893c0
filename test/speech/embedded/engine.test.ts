import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Clock, realClock } from '#src/base/clock.ts';
import { EmbeddedEngine, type EngineOptions } from '#src/speech/embedded/engine.ts';

const staying = new AbortController().signal;
const patientMs = 10_000;
const hurriedMs = 7;

/** Time stands still, except for those in a hurry. */
const clock: Clock = {
  ...realClock,
  sleep: (ms, signal) => realClock.sleep(ms === hurriedMs ? 50 : 60_000, signal),
};

const options: EngineOptions = {
  name: 'test engine',
  entry: new URL('./sturdy-worker.ts', import.meta.url),
  startLimitMs: patientMs,
  clock,
};

let engine: EmbeddedEngine<string, string>;
beforeAll(async () => {
  engine = await EmbeddedEngine.open(options);
});
afterAll(() => engine[Symbol.asyncDispose]());

const does = (input: string, limitMs = patientMs) =>
  Array.fromAsync(engine.run(input, limitMs, staying));

test('an engine whose thread dies over a job gives it up, and does the next on a new thread', async () => {
  const [dying, next] = [does('die'), does('next')];
  await expect(dying).rejects.toMatchObject({ code: 'speech.failed', retryable: true });
  expect(await next).toEqual(['next as job 1']);
});

test('a job that takes too long takes only its thread down', async () => {
  await expect(does('hang', hurriedMs)).rejects.toMatchObject({
    code: 'speech.failed',
    message: 'The test engine was too slow and is restarted.',
  });
  expect(await does('next')).toEqual(['next as job 1']);
});

test('an engine that is full or was closed refuses, and lets nobody wait', async () => {
  const closing = await EmbeddedEngine.open<string, string>(options);
  const waiting = ['hang', 'next'].map((input) =>
    Array.fromAsync(closing.run(input, patientMs, staying)),
  );
  const many = Array.from({ length: 32 }, () => closing.run('next', patientMs, staying));
  await expect(Array.fromAsync(many.at(-1) ?? [])).rejects.toThrow('limit of waiting tasks');
  const ends = Promise.allSettled(waiting);
  await closing[Symbol.asyncDispose]();
  expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(Array.fromAsync(closing.run('more', patientMs, staying))).rejects.toMatchObject({
    message: 'The test engine is closed.',
  });
});
