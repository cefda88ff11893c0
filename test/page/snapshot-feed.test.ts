import { expect, test } from 'vitest';
import { merged } from '#page/owner/snapshot.js';
import { type OperatorViewer, type PageSnapshot, shownTo } from '#src/web/page/snapshot.ts';
import { patchOf, SnapshotFeed } from '#src/web/page/snapshot-feed.ts';
import { settled, VirtualClock } from '#test/fakes/clock.ts';
import { fc } from '#test/properties.ts';

const owner: OperatorViewer = { kind: 'owner' };

/** A feed of empty snapshots that counts how many were taken. */
function openFeed() {
  const clock = new VirtualClock();
  const state: {
    taken: number;
    isCurrent: boolean;
    shown: Pick<PageSnapshot, 'rooms' | 'servers'>;
  } = { taken: 0, isCurrent: true, shown: { rooms: [], servers: [] } };
  const take = (): PageSnapshot => {
    state.taken++;
    return { atWallMs: clock.wallMs(), ...state.shown, providers: [], alerts: [], stages: {} };
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

/** State of a page that reads these events. */
function pageOf(events: readonly string[]) {
  let known: unknown;
  for (const event of events) {
    const [, name, data = ''] = /^event: (\w+)\ndata: (.*)\n\n$/s.exec(event) ?? [];
    known = name === 'patch' ? merged(known, JSON.parse(data)) : JSON.parse(data);
  }
  return known;
}

const server = (guildId: string, usd: number) => ({
  ...{ guildId, guildName: `Server ${guildId}`, heard: 0, unheard: 0, usd, minutes: 0 },
});

test('who watches is sent what changed, and who missed something the whole', async () => {
  const { clock, state, feed } = openFeed();
  const many = Array.from({ length: 500 }, (_, n) => server(`${n}`, 0));
  const [quick, held] = [reader(), Promise.withResolvers<void>()];
  const slow = reader();
  const send = async (event: Uint8Array) => {
    await slow.send(event);
    if (slow.seen.length === 1) await held.promise;
  };
  state.shown = { rooms: [], servers: many };
  feed.add(quick);
  feed.add({ ...slow, send });
  state.shown = { rooms: [], servers: [server('0', 5), ...many.slice(1)] };
  await clock.advance(1_000);
  const late = reader();
  feed.add(late);
  state.shown = { rooms: [], servers: [server('0', 5), ...many.slice(2)] };
  held.resolve();
  await clock.advance(1_000);
  const kinds = ({ seen }: { readonly seen: readonly string[] }) =>
    seen.map((event) => /^event: (\w+)/.exec(event)?.[1]);
  expect(kinds(quick)).toEqual(['snapshot', 'patch', 'patch']);
  expect(kinds(slow)).toEqual(['snapshot', 'snapshot']);
  expect(kinds(late)).toEqual(['snapshot', 'patch']);
  expect(quick.seen[1]?.length).toBeLessThan(120);
  expect(quick.seen[2]).toContain('"servers":{"1":null}');
  expect(pageOf(quick.seen)).toEqual(pageOf(slow.seen));
  expect(pageOf(late.seen)).toEqual(pageOf(slow.seen));
  expect(pageOf(quick.seen)).toMatchObject({ servers: { 0: { usd: 5 } } });
});

test('a patch makes the later value of the former one, and keeps each part that did not change', () => {
  const leaf = fc.oneof(fc.integer(), fc.boolean(), fc.string(), fc.array(fc.integer()));
  const tree = fc.letrec((tie) => ({
    node: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto', 'x y'), tie('any')),
    any: fc.oneof({ maxDepth: 3 }, leaf, tie('node')),
  })).node;
  fc.assert(
    fc.property(tree, tree, (before, after) => {
      const patch = patchOf(before, after);
      expect(merged(before, patch ?? {})).toEqual(after);
      expect(patchOf(after, after)).toBeUndefined();
    }),
  );
  const before = { a: { b: 1 }, c: { d: [1] } };
  expect(merged(before, { a: { b: 2 } }).c).toBe(before.c);
});
