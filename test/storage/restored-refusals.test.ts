import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { backUp } from '#src/storage/backups/backup.ts';
import { restoreStores } from '#src/storage/backups/restore.ts';
import { openLocalStore } from '#src/storage/local-store.ts';
import type { ApiToken } from '#src/web/api/tokens/token-store.ts';
import { options } from './copied-stores.ts';
import { storeFolder } from './files.ts';

const nowWallMs = Date.now();
const hourAgoMs = nowWallMs - 3_600_000;

/** A token of server 10. */
const token = (name: string): ApiToken => {
  return { name, guildId: '10', scopes: ['transcript'], createdAtWallMs: 1 };
};

test('no secret is good again that was revoked, or replaced by another one of its name', async () => {
  using place = storeFolder();
  const before = await openLocalStore(place.path, options);
  for (const name of ['rotated', 'renamed', 'revoked', 'kept'])
    await before.apiTokens.add(token(name), `hash of ${name}`);
  await before[Symbol.asyncDispose]();
  const dataDir = dirname(place.path);
  const copies = [await backUp(place.path, join(dataDir, 'backups'), hourAgoMs)];
  const store = await openLocalStore(place.path, options);
  for (const name of ['rotated', 'renamed', 'revoked']) await store.apiTokens.revoke(name, 2);
  await store.apiTokens.add(token('rotated'), 'hash of the new one');
  await store[Symbol.asyncDispose]();
  {
    using sqlite = new DatabaseSync(place.path);
    sqlite.exec("DELETE FROM api_tokens WHERE name = 'renamed'");
  }
  expect((await restoreStores({ dataDir, copies, nowWallMs }))[0]?.refusals).toBe(2);
  await using after = await openLocalStore(place.path, options);
  const isGood = async (hash: string) => {
    const found = await after.apiTokens.find(hash);
    return found !== undefined && found.revokedAtWallMs === undefined;
  };
  const hashes = ['rotated', 'renamed', 'revoked', 'kept', 'the new one'].map(
    (of) => `hash of ${of}`,
  );
  expect(await Promise.all(hashes.map(isGood))).toEqual([false, false, false, true, true]);
});

test('who was blocked since stays blocked, and stricter rules of a server stay', async () => {
  using place = storeFolder();
  const [ann, bob] = ['200000000000000001', '200000000000000002'];
  const write = async (values: Readonly<Record<string, string>>, guildId = '10') => {
    await using store = await openLocalStore(place.path, options);
    for (const [key, value] of Object.entries(values))
      await store.settings.write(guildId, key, value);
  };
  await write({ blocked: ann, consent: 'notice', captions_days: '7' });
  await write({ consent: 'ask', roles: bob }, '20');
  const dataDir = dirname(place.path);
  const copies = [await backUp(place.path, join(dataDir, 'backups'), hourAgoMs)];
  await write({ blocked: bob, consent: 'ask', roles: ann, captions_days: '30' });
  await write({ consent: 'notice', roles: 'none' }, '20');
  expect((await restoreStores({ dataDir, copies, nowWallMs }))[0]?.refusals).toBe(3);
  await using after = await openLocalStore(place.path, options);
  expect(Object.fromEntries(await after.settings.read('10'))).toEqual({
    blocked: `${bob}, ${ann}`,
    consent: 'ask',
    roles: ann,
    captions_days: '7',
  });
  expect(Object.fromEntries(await after.settings.read('20'))).toEqual({
    consent: 'ask',
    roles: bob,
  });
});
