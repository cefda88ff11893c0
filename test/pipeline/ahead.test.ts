import { expect, test } from 'vitest';
import { ahead, type Bound } from '#src/pipeline/ahead.ts';
import { settled } from '#test/fakes/clock.ts';
import { fc } from '#test/properties.ts';

const never = new AbortController().signal;
const three: Bound<number> = { limit: 3, weigh: () => 1 };

/** Counts up to `count` within the bound, then throws what it is given. */
function counting(count: number, signal: AbortSignal, error?: unknown) {
  const made: number[] = [];
  const numbers = ahead(
    three,
    async (queue) => {
      for (let n = 1; n <= count; n++) {
        await queue.space();
        made.push(n);
        queue.put(n);
      }
      if (error !== undefined) throw error;
    },
    signal,
  );
  return { made, numbers };
}

test('work begins before anybody reads, and waits when enough lies ready', async () => {
  const { made, numbers } = counting(10, never);
  await settled();
  expect(made).toEqual([1, 2, 3]);
  expect(await numbers.next()).toEqual({ done: false, value: 1 });
  await settled();
  expect(made).toEqual([1, 2, 3, 4]);
});

test('everything arrives in order, whatever the pace and the bound', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(5)),
      fc.array(fc.boolean()),
      fc.integer({ min: 1, max: 9 }),
      async (items, pauses, limit) => {
        const work = ahead<number>(
          { limit, weigh: (item) => item },
          async (queue) => {
            for (const [at, item] of items.entries()) {
              if (pauses[at]) await Promise.resolve();
              await queue.space();
              queue.put(item);
            }
          },
          never,
        );
        expect(await Array.fromAsync(work)).toEqual(items);
      },
    ),
  );
});

test('an error comes after what was made before it, and only once', async () => {
  const error = new Error('broken');
  const { numbers } = counting(2, never, error);
  await settled();
  expect((await numbers.next()).value).toBe(1);
  expect((await numbers.next()).value).toBe(2);
  await expect(numbers.next()).rejects.toBe(error);
  expect((await numbers.next()).done).toBe(true);
});

test('an error that nobody reads disturbs nobody', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  counting(2, never, new Error('broken'));
  counting(10, AbortSignal.abort(new Error('left')));
  const caller = new AbortController();
  counting(10, caller.signal);
  await settled();
  caller.abort(new Error('left'));
  await settled();
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

test('an abort throws its reason at once, though more lies ready', async () => {
  const caller = new AbortController();
  const reason = new Error('left');
  const { numbers } = counting(10, caller.signal);
  await numbers.next();
  caller.abort(reason);
  await expect(numbers.next()).rejects.toBe(reason);
});

test('an abort reaches a reader who waits and the work that runs', async () => {
  const caller = new AbortController();
  const reason = new Error('left');
  const reasons: unknown[] = [];
  const silent = ahead<number>(
    three,
    (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(reasons[reasons.push(signal.reason) - 1]));
      }),
    caller.signal,
  );
  const next = silent.next();
  caller.abort(reason);
  await expect(next).rejects.toBe(reason);
  expect(reasons).toEqual([reason]);
});

test('a reader who leaves stops the work', async () => {
  const { made, numbers } = counting(10, never);
  for await (const _ of numbers) break;
  await settled();
  expect(made).toEqual([1, 2, 3]);
  expect((await numbers.next()).done).toBe(true);
});
