import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import type { BotError } from '#src/base/errors.ts';
import { keepStore } from '#src/storage/steady-store.ts';
import { openStore } from '#src/storage/store.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { storeFolder } from './files.ts';

const always = { kind: 'always' } as const;

/** A store behind a damaged file, with a count of how often it was opened. */
async function behindDamage() {
  const place = storeFolder();
  mkdirSync(dirname(place.path));
  writeFileSync(place.path, 'no database '.repeat(1000));
  const clock = new VirtualClock();
  const told: BotError[] = [];
  let openings = 0;
  const open = () => {
    openings++;
    return openStore(place.path, { clock, patienceMs: 0 });
  };
  const store = await keepStore(open, clock, (error) => told.push(error));
  return {
    ...place,
    clock,
    store,
    told,
    openings: () => openings,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      place[Symbol.dispose]();
    },
  };
}

test('a store that cannot be opened does not keep the bot from starting, and the operator is told once why', async () => {
  await using scene = await behindDamage();
  expect(scene.told).toMatchObject([{ code: 'store.unreadable' }]);
  for (let minute = 0; minute < 3; minute++) {
    await expect(scene.store.consents.read('10')).rejects.toThrow('is damaged');
    await scene.clock.advance(60_000);
  }
  expect(scene.told).toHaveLength(1);
});

test('a store that could not be opened is tried again, but not twice a minute', async () => {
  await using scene = await behindDamage();
  const ask = () => expect(scene.store.consents.read('10')).rejects.toThrow('is damaged');
  await ask();
  await scene.clock.advance(59_000);
  await ask();
  expect(scene.openings()).toBe(1);
  await scene.clock.advance(1_000);
  await Promise.all([ask(), ask()]);
  expect(scene.openings()).toBe(2);
});

test('a store that was mended is used without a restart', async () => {
  await using scene = await behindDamage();
  rmSync(scene.path);
  await scene.clock.advance(60_000);
  await scene.store.consents.write('10', '1', always);
  expect(await scene.store.consents.read('10')).toEqual(new Map([['1', always]]));
});

test('a store that broke while it was open is opened anew', async () => {
  await using scene = await behindDamage();
  rmSync(scene.path);
  await scene.clock.advance(60_000);
  await expect(scene.store.backup('/dev/null/no')).rejects.toMatchObject({
    code: 'store.unwritable',
  });
  expect(scene.openings()).toBe(2);
  await scene.clock.advance(60_000);
  expect(await scene.store.panels.read('10')).toBeUndefined();
  expect(scene.openings()).toBe(3);
});

test('a closed store is not opened again', async () => {
  await using scene = await behindDamage();
  await scene.store[Symbol.asyncDispose]();
  await scene.clock.advance(120_000);
  await expect(scene.store.consents.read('10')).rejects.toMatchObject({ code: 'store.unreadable' });
  expect(scene.openings()).toBe(1);
});
