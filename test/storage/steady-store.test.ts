import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { openLocalStore } from '#src/storage/local-store.ts';
import { mainStore } from '#src/storage/stores/store-parts.ts';
import { keepStore, type StoreEvent } from '#src/storage/thread/steady-store.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { heldByAnother, storeFolder } from './files.ts';

const always = { kind: 'always' } as const;

/** A store behind a damaged file, with a count of how often it was opened. */
async function behindDamage() {
  const place = storeFolder();
  mkdirSync(dirname(place.path));
  writeFileSync(place.path, 'no database '.repeat(1000));
  const clock = new VirtualClock();
  const events: StoreEvent[] = [];
  let openings = 0;
  const open = () => {
    openings++;
    return openLocalStore(place.path, { clock, patienceMs: 0 });
  };
  const store = await keepStore(mainStore, open, clock, (event) => events.push(event));
  return {
    ...place,
    clock,
    store,
    events,
    openings: () => openings,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      place[Symbol.dispose]();
    },
  };
}

test('a store that cannot be opened does not keep the bot from starting, and the operator is told once why', async () => {
  await using fixture = await behindDamage();
  const refused = { kind: 'refused', error: { code: 'store.unreadable' } };
  expect(fixture.events).toMatchObject([refused]);
  for (let minute = 0; minute < 3; minute++) {
    await expect(fixture.store.consents.read('10')).rejects.toThrow('is damaged');
    await fixture.clock.advance(60_000);
  }
  expect(fixture.events).toHaveLength(1);
});

test('a store that could not be opened is tried again, but not twice a minute', async () => {
  await using fixture = await behindDamage();
  const ask = () => expect(fixture.store.consents.read('10')).rejects.toThrow('is damaged');
  await ask();
  await fixture.clock.advance(59_000);
  await ask();
  expect(fixture.openings()).toBe(1);
  await fixture.clock.advance(1_000);
  await Promise.all([ask(), ask()]);
  expect(fixture.openings()).toBe(2);
});

/** A store that works, with what it tells and a count of how often it was opened. */
async function working(maxBytes?: number) {
  const place = storeFolder();
  const clock = new VirtualClock();
  const events: StoreEvent[] = [];
  const options = { clock, patienceMs: 0, maxBytes };
  let openings = 0;
  const open = () => {
    openings++;
    return openLocalStore(place.path, options);
  };
  const store = await keepStore(mainStore, open, clock, (event) => events.push(event));
  return {
    ...place,
    clock,
    store,
    openings: () => openings,
    alerts: () => events.filter((event) => event.kind === 'alert'),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      place[Symbol.dispose]();
    },
  };
}

test('the operator is told when nothing could be written for 30 seconds, and when it can be again', async () => {
  await using fixture = await working();
  const other = heldByAnother(fixture.path);
  await expect(fixture.store.consents.write('10', '1', always)).rejects.toThrow(
    'Another program uses the store',
  );
  const write = () => fixture.store.consents.write('10', '1', always);
  await fixture.clock.advance(29_000);
  await expect(write()).rejects.toThrow();
  expect(fixture.alerts()).toEqual([]);
  await fixture.clock.advance(11_000);
  await expect(write()).rejects.toThrow();
  const name = 'store-unwritten';
  const cause = expect.stringMatching(
    /^nothing was written for \d+ s: Another program uses the store/,
  );
  expect(fixture.alerts()).toEqual([{ kind: 'alert', name, state: 'raised', cause }]);
  other[Symbol.dispose]();
  await write();
  expect(fixture.alerts().slice(1)).toMatchObject([{ name, state: 'cleared' }]);
});
