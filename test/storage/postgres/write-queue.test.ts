import { expect, test } from 'vitest';
import { WriteQueue } from '#src/storage/postgres/write-queue.ts';
import { settled, VirtualClock } from '#test/fakes/clock.ts';

import { fc, runs } from '#test/properties.ts';

const away = new Error('away');

/** A queue before a database that can be taken away. */
function openQueue() {
  const clock = new VirtualClock();
  const isAway = (error: unknown) => error === away;
  const queue = new WriteQueue({ clock, place: 'db', isAway, mostWrites: 40 });
  const done: string[] = [];
  const state = { isAway: false };
  const write = (name: string, ...lanes: string[]) =>
    queue.add(lanes, async () => {
      await settled();
      if (state.isAway) throw away;
      done.push(name);
    });
  return { clock, queue, done, state, write };
}

test('a write that waits for no other is over before what is asked for later in its lane', async () => {
  const { clock, done, queue, state, write } = openQueue();
  state.isAway = true;
  const former = write('former', '10');
  const slow = Promise.withResolvers<void>();
  const passing = queue.pass(
    ['10'],
    slow.promise.then(() => void done.push('passing')),
  );
  const later = write('later', '10');
  const elsewhere = write('elsewhere', '11');
  state.isAway = false;
  await clock.advance(2_000);
  await elsewhere;
  await former;
  expect(done.toSorted()).toEqual(['elsewhere', 'former']);
  slow.resolve();
  await passing;
  await later;
  expect(done.slice(2)).toEqual(['passing', 'later']);
});

test('of one lane nothing overtakes, whatever waits in others', async () => {
  const oneOf = fc.constantFrom('10', '20', '30');
  const plan = fc.array(fc.tuple(fc.uniqueArray(oneOf, { minLength: 1 }), fc.boolean()), {
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(plan, async (writes) => {
      const { clock, done, state, write } = openQueue();
      const all = [];
      for (const [n, [lanes, isAway]] of writes.entries()) {
        state.isAway = isAway;
        all.push(write(`${n} ${lanes}`, ...lanes));
        await clock.advance(isAway ? 300 : 0);
      }
      state.isAway = false;
      await clock.advance(60_000);
      await Promise.all(all);
      expect(done).toHaveLength(writes.length);
      for (const lane of ['10', '20', '30']) {
        const ofLane = done
          .filter((name) => name.includes(lane))
          .map((name) => Number.parseInt(name, 10));
        expect(ofLane).toEqual(ofLane.toSorted((a, b) => a - b));
      }
    }),
    { numRuns: runs(30) },
  );
});

test('a queue that is closed tries for two seconds more, and then what waits fails in words', async () => {
  const { clock, queue, state, write } = openQueue();
  state.isAway = true;
  const lost = write('lost', '10');
  const reported = expect(lost).rejects.toThrow(
    'The database db was closed before this was written.',
  );
  const closing = queue[Symbol.asyncDispose]();
  await clock.advance(2_000);
  await Promise.all([closing, reported]);
  await expect(write('late', '10')).rejects.toMatchObject({ code: 'store.unwritable' });
});

test('more writes than a queue may hold do not wait', async () => {
  const { queue, state, write } = openQueue();
  state.isAway = true;
  const waiting = Array.from({ length: 40 }, (_, n) => write(`${n}`, `${n}`));
  await expect(write('one more', '10')).rejects.toThrow('away for too long');
  state.isAway = false;
  await queue[Symbol.asyncDispose]();
  await Promise.allSettled(waiting);
});
