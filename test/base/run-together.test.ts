import { expect, test } from 'vitest';
import { together } from '#src/base/run-together.ts';

const never = new AbortController().signal;
const until = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

test('the first loop to return stops the others, and its value is the outcome', async () => {
  expect(await together(never, [until, async () => 'done', until])).toBe('done');
});

test('what the first loop throws is the outcome', async () => {
  const error = new Error('lost');
  await expect(together(never, [until, () => Promise.reject(error)])).rejects.toBe(error);
});

test('aborting from outside throws the caller’s own reason once all loops are done', async () => {
  const caller = new AbortController();
  const reason = new Error('left');
  let ended = 0;
  const loop = (signal: AbortSignal) => until(signal).finally(() => ended++);
  const outcome = together(caller.signal, [loop, loop]);
  caller.abort(reason);
  await expect(outcome).rejects.toBe(reason);
  expect(ended).toBe(2);
});
