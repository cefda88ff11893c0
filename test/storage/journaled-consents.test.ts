import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { openConsentJournalFolder } from '#src/storage/data-dir/consent-journal.ts';
import { JournaledConsents } from '#src/storage/data-dir/journaled-consents.ts';
import { openSessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { makeMemoryJournal } from '#test/fakes/memory-journal.ts';
import { openMemoryStores } from '#test/fakes/memory-stores.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const guildId = toGuildId('10');
const [ana, ben] = [toPersonId('1'), toPersonId('2')];

/** A folder that ends with its test. */
function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'parley-journal-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function openJournaled() {
  const folder = makeFolder();
  const path = join(folder, '10.jsonl');
  const clock = new VirtualClock();
  const stores = openMemoryStores(clock);
  const openConsents = () =>
    new JournaledConsents(stores.consents, openConsentJournalFolder(folder), clock);
  return { clock, stores, path, open: openConsents, consents: openConsents() };
}

/** Answers of the database alone. */
const listStored = async ({ stores }: ReturnType<typeof openJournaled>) =>
  [...(await stores.consents.read(guildId))].map(([id, { kind }]) => `${id} ${kind}`);

// Proves: A no survives a crash without its database by real
test('a no that the database refuses counts in the next process, until it is written', async () => {
  const journaled = openJournaled();
  const { clock, consents, open, path, stores } = journaled;
  await consents.write(guildId, ana, { kind: 'always' });
  stores.consents.trouble = 'unwritable';
  await consents.write(guildId, ana, { kind: 'never' });
  consents[Symbol.dispose]();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await listStored(journaled)).toEqual(['1 always']);
  using next = open();
  expect(await next.read(guildId)).toEqual(new Map([[ana, { kind: 'never' }]]));
  stores.consents.trouble = undefined;
  await clock.advance(6_000);
  await expect.poll(() => existsSync(path)).toBe(false);
  expect(await listStored(journaled)).toEqual(['1 never']);
});

test('a no is stored in a second while the database hangs', async () => {
  const { clock, consents, open, stores } = openJournaled();
  stores.consents.trouble = 'hung';
  const writing = consents.write(guildId, ana, { kind: 'never' });
  await expect
    .poll(() => clock.advance(1_000).then(() => Promise.race([writing, 'waits'])))
    .toBeUndefined();
  stores.consents.trouble = undefined;
  using next = open();
  expect((await next.read(guildId)).get(ana)).toEqual({ kind: 'never' });
});

test('a yes of the person ends what the journal holds of that person alone', async () => {
  const journaled = openJournaled();
  const { consents, path, stores } = journaled;
  stores.consents.trouble = 'unwritable';
  await consents.write(guildId, ana, { kind: 'never' });
  await consents.write(guildId, ben, { kind: 'never' });
  await expect(consents.write(guildId, ana, { kind: 'always' })).rejects.toThrow(
    'no room',
  );
  expect((await consents.read(guildId)).get(ana)).toEqual({ kind: 'never' });
  stores.consents.trouble = undefined;
  await consents.write(guildId, ana, { kind: 'always' });
  expect((await consents.read(guildId)).get(ana)).toEqual({ kind: 'always' });
  expect(readFileSync(path, 'utf8')).not.toContain('"1"');
  expect(readFileSync(path, 'utf8')).toContain('"2"');
});

/** Has the database take its next writes one by one, each once it is let. */
function holdWrites({
  consents,
}: Pick<ReturnType<typeof openJournaled>['stores'], 'consents'>) {
  const write = consents.write.bind(consents);
  const held: PromiseWithResolvers<void>[] = [];
  consents.write = async (...args) => {
    const gate = Promise.withResolvers<void>();
    held.push(gate);
    await gate.promise;
    await write(...args);
  };
  return { letOne: () => held.shift()?.resolve(), countHeld: () => held.length };
}

test.each([
  ['a yes', { kind: 'always' }],
  ['a no', { kind: 'never' }],
] as const)(
  '%s that the database takes late leaves the journal of what was said after it',
  async (_, former) => {
    const { clock, consents, open, stores } = openJournaled();
    const { countHeld, letOne } = holdWrites(stores);
    const first = consents.write(guildId, ana, former);
    await expect.poll(countHeld).toBe(1);
    const newer = { kind: 'forgotten', erasesSinceWallMs: 5 } as const;
    const second = consents.write(guildId, ana, newer);
    await expect
      .poll(() => clock.advance(1_000).then(() => Promise.race([second, 'waits'])))
      .toBeUndefined();
    letOne();
    await first;
    // The database has the former answer, and the process ends before it takes the newer one.
    await expect.poll(countHeld).toBe(1);
    using next = open();
    expect((await next.read(guildId)).get(ana)).toEqual({ kind: 'forgotten' });
  },
);

test('a yes that is stored after a no that came later does not count', async () => {
  const stores = openMemoryStores(new VirtualClock());
  const { countHeld, letOne } = holdWrites(stores);
  const { clock, sessions } = openSessionFixture({ stores });
  const choices = sessions.consents.getChoices(guildId);
  await choices.readStored();
  const yes = choices.saveConsent(ana, { kind: 'always' });
  await expect.poll(countHeld).toBe(1);
  const no = choices.saveConsent(ana, { kind: 'never' });
  await expect
    .poll(() => clock.advance(1_000).then(() => Promise.race([no, 'waits'])))
    .toBe(true);
  letOne();
  expect(await yes).toBe(true);
  expect(choices.hasRefused(ana)).toBe(true);
});

test('an erasure that the database refuses is listed in the next process, and written with its no', async () => {
  const journaled = openJournaled();
  const { clock, consents, open, stores } = journaled;
  stores.consents.trouble = 'unwritable';
  await consents.write(guildId, ana, { kind: 'forgotten', erasesSinceWallMs: 5 });
  consents[Symbol.dispose]();
  using next = open();
  const erasure = { guildId, personId: ana, sinceWallMs: 5 };
  expect(await next.listErasures()).toEqual([erasure]);
  stores.consents.trouble = undefined;
  await next.read(guildId);
  await clock.advance(6_000);
  await expect.poll(() => stores.consents.listErasures()).toEqual([erasure]);
  await next.endErasure(erasure, 9);
  expect(await next.listErasures()).toEqual([]);
});

test('a line that a crash has cut at any byte costs no other line', async () => {
  const { consents, open, path, stores } = openJournaled();
  stores.consents.trouble = 'unwritable';
  await consents.write(guildId, ana, { kind: 'never' });
  consents[Symbol.dispose]();
  const whole = readFileSync(path, 'utf8');
  const line = whole.trim().replace('"1"', '"3"');
  for (let cut = 1; cut < line.length; cut++) {
    writeFileSync(path, whole + line.slice(0, cut));
    using next = open();
    await next.write(guildId, ben, { kind: 'never' });
    expect([...(await next.read(guildId)).keys()]).toEqual([ana, ben]);
  }
});

test('while the journal cannot be read no answer is known, and without a disk a no needs the database', async () => {
  const clock = new VirtualClock();
  const stores = openMemoryStores(clock);
  const journal = makeMemoryJournal();
  using consents = new JournaledConsents(stores.consents, journal, clock);
  journal.trouble = 'unreadable';
  await expect(consents.read(guildId)).rejects.toMatchObject({
    code: 'store.unreadable',
  });
  await consents.write(guildId, ana, { kind: 'never' });
  stores.consents.trouble = 'unwritable';
  await expect(consents.write(guildId, ben, { kind: 'never' })).rejects.toMatchObject({
    code: 'store.unwritable',
  });
  journal.trouble = undefined;
  expect(await consents.read(guildId)).toEqual(new Map([[ana, { kind: 'never' }]]));
});

test('a file of garbage is read as nothing', async () => {
  const folder = makeFolder();
  appendFileSync(
    join(folder, '10.jsonl'),
    '\u0000{"guildId":1}\n[]\nnull\n{"personId":"1","kind":"never"}\n',
  );
  expect(await openConsentJournalFolder(folder).read(guildId)).toHaveLength(1);
});
