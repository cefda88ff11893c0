import { expect, test } from 'vitest';
import { type OperatorViewer, type PageSnapshot, shownTo } from '#src/web/page/snapshot.ts';
import { SnapshotFeed } from '#src/web/page/snapshot-feed.ts';
import { settled, VirtualClock } from '#test/fakes/clock.ts';

const owner: OperatorViewer = { kind: 'owner' };

/** A feed of empty snapshots that counts how many were taken. */
function openFeed() {
  const clock = new VirtualClock();
  const state = { taken: 0, isCurrent: true };
  const take = (): PageSnapshot => {
    state.taken++;
    return { atWallMs: clock.wallMs(), rooms: [], providers: [], alerts: [], stages: {} };
  };
  const onBug = (error: unknown) => {
    throw error;
  };
  const feed = new SnapshotFeed({
    clock,
    take,
    show: shownTo,
    isCurrent: () => state.isCurrent,
    onBug,
  });
  return { clock, state, feed };
}

/** Somebody who reads at once. */
function reader(viewer = owner) {
  const seen: string[] = [];
  const one = {
    viewer,
    seen,
    isEnded: false,
    send: async (event: Uint8Array) => seen.push(Buffer.from(event).toString()),
    end: () => {
      one.isEnded = true;
    },
  };
  return one;
}

test('nothing runs before somebody watches, nor after the last one has gone', async () => {
  const { clock, state, feed } = openFeed();
  await clock.advance(5_000);
  expect([state.taken, clock.sleeping]).toEqual([0, 0]);
  const watching = feed.add(reader());
  await clock.advance(2_000);
  expect(state.taken).toBe(3);
  watching?.[Symbol.dispose]();
  await settled();
  expect(clock.sleeping).toBe(0);
  await clock.advance(5_000);
  expect(state.taken).toBe(3);
});

test('whoever goes a second time ends nothing that others watch', async () => {
  const { feed } = openFeed();
  const first = feed.add(reader());
  first?.[Symbol.dispose]();
  await settled();
  first?.[Symbol.dispose]();
  const second = reader();
  feed.add(second);
  first?.[Symbol.dispose]();
  await settled();
  expect([feed.size, second.seen.length]).toEqual([1, 1]);
});

test('one snapshot a second serves all who watch', async () => {
  const { clock, state, feed } = openFeed();
  const readers = Array.from({ length: 20 }, () => reader());
  const first = feed.add(reader());
  for (const one of readers) feed.add(one);
  const before = state.taken;
  await clock.advance(3_000);
  expect(state.taken - before).toBe(3);
  expect(new Set(readers.map(({ seen }) => seen.at(-1))).size).toBe(1);
  expect(readers[0]?.seen).toHaveLength(4);
  first?.[Symbol.dispose]();
  expect(feed.size).toBe(20);
});

test('who reads slowly misses snapshots, and holds up nobody', async () => {
  const { clock, feed } = openFeed();
  const quick = reader();
  const held = Promise.withResolvers<void>();
  const got: string[] = [];
  feed.add({ ...reader(), send: () => held.promise.then(() => got.push('late')) });
  feed.add(quick);
  await clock.advance(3_000);
  expect([quick.seen.length, got.length]).toEqual([4, 0]);
  held.resolve();
  await clock.advance(1_000);
  expect(got).toHaveLength(2);
});

test('who may not watch any more, or watches for ten minutes, is let in anew or not at all', async () => {
  const { clock, state, feed } = openFeed();
  const one = reader();
  feed.add(one);
  await clock.advance(600_000);
  expect(one.isEnded).toBe(true);
  const other = reader();
  feed.add(other);
  expect(other.isEnded).toBe(false);
  state.isCurrent = false;
  await clock.advance(1_000);
  expect(other.isEnded).toBe(true);
});
