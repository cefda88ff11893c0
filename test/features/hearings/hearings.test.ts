import { audit } from '#commands/privacy/audit.ts';
import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { ConsentPolicy } from '#src/people/consent.ts';
import type { HeardSpan } from '#src/stores/hearing-store.ts';
import { formatText } from '#src/texts/texts.ts';
import { adam as caller, makePorts } from '#test/commands/command-ports.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { insider, openOwned } from '#test/fakes/opened-replies.ts';

const g = toGuildId('g');
const hourMs = 3_600_000;

/** Adam calls the bot to the Lounge, where Eva sits. */
async function openRoom(policy: ConsentPolicy = 'ask') {
  const fixture = openSessionFixture({ consent: { policy } });
  await fixture.sessions.join(lounge, adam.id);
  await passTime(fixture, 1_000);
  return fixture;
}

/** Entries as the managers read them, oldest first: person, rule, and the length in seconds. */
async function readEntries({ featurePorts }: SessionFixture, personId?: string) {
  const listing = featurePorts.hearings.list(
    g,
    personId === undefined ? undefined : toPersonId(personId),
  );
  const hearings = (await listing) ?? expect.fail();
  return hearings
    .toReversed()
    .map(
      ({ fromWallMs, personId: id, rule, toWallMs }) =>
        `${id} ${rule} ${Math.round((toWallMs - fromWallMs) / 1000)}`,
    );
}

test('each person who is heard has an entry with the rule, and a new one when the rule changes', async () => {
  const fixture = await openRoom();
  expect(await readEntries(fixture)).toEqual(['adam called 1']);
  await passTime(fixture, 9_000);
  await fixture.privacy.allow(g, eva.id);
  await passTime(fixture, 5_000);
  await fixture.privacy.allow(g, adam.id);
  await passTime(fixture, 5_000);
  const entries = (await readEntries(fixture)).toSorted();
  expect(entries).toEqual(['adam called 15', 'adam yes 5', 'eva yes 10']);
  expect(await readEntries(fixture, 'eva')).toEqual(['eva yes 10']);
});

test('under the consent notice people are heard by that rule, and a no ends the entry', async () => {
  const fixture = await openRoom('notice');
  await passTime(fixture, 4_000);
  await fixture.privacy.deny(g, eva.id);
  await passTime(fixture, 20_000);
  const entries = (await readEntries(fixture)).toSorted();
  expect(entries).toEqual(['adam called 25', 'eva notice 5']);
});

test.each<[string, (fixture: SessionFixture) => unknown]>([
  ['a pause', ({ sessions }) => sessions.pauseHearing(g, true)],
  [
    'a moderator who deafens the bot',
    ({ sessions }) => sessions.onSeatChange(g, { kind: 'deafened', isOn: true }),
  ],
  ['/leave', ({ sessions }) => sessions.leave(g)],
])('%s ends the entry', async (_, end) => {
  const fixture = await openRoom();
  await passTime(fixture, 9_000);
  await end(fixture);
  await passTime(fixture, 30_000);
  const [entry = ''] = await readEntries(fixture);
  const seconds = Number(entry.split(' ').at(-1));
  expect(seconds).toBeLessThanOrEqual(18);
  expect(await fixture.stores.hearings.list(g, { sinceWallMs: 0 }, 9)).toHaveLength(1);
});

test('a person who goes ends the entry, and one who comes back begins another', async () => {
  const fixture = await openRoom();
  const { present } = fixture.linkOpener.link;
  present.splice(0, 2, eva);
  await passTime(fixture, 9_000);
  present.splice(0, 1, adam, eva);
  await passTime(fixture, 9_000);
  expect(await readEntries(fixture)).toHaveLength(2);
});

test('after a crash an entry ends at most a minute early', async () => {
  const fixture = await openRoom();
  await passTime(fixture, 150_000);
  const { hearings } = fixture.stores;
  const [entry] = await hearings.list(g, { sinceWallMs: 0 }, 9);
  const { fromWallMs, toWallMs } = entry ?? expect.fail();
  expect(fixture.clock.wallMs() - toWallMs).toBeLessThanOrEqual(60_000);
  expect(toWallMs).toBeGreaterThan(fromWallMs);
});

test('an entry that the store could not take is written once the store is back', async () => {
  const fixture = openSessionFixture();
  fixture.stores.hearings.trouble = 'unwritable';
  await fixture.sessions.join(lounge, adam.id);
  await passTime(fixture, 65_000);
  expect(await readEntries(fixture)).toEqual([]);
  expect(fixture.of('failed')).toHaveLength(1);
  fixture.stores.hearings.trouble = undefined;
  await passTime(fixture, 65_000);
  expect(await readEntries(fixture)).toEqual(['adam called 130']);
});

test('a person who was forgotten has no entry, and is not written again', async () => {
  const fixture = await openRoom();
  await passTime(fixture, 5_000);
  const forgetting = fixture.privacy.forget(g, adam.id);
  await passTime(fixture, 3_000);
  await forgetting;
  await passTime(fixture, 130_000);
  expect(await readEntries(fixture)).toEqual([]);
});

test('an entry is deleted 30 days after its end', async () => {
  const fixture = await openRoom();
  const wallMs = fixture.clock.wallMs();
  const makeEntry = (id: string, ageMs: number): HeardSpan => ({
    id,
    guildId: g,
    personId: eva.id,
    channelId: lounge.channelId,
    fromWallMs: wallMs - ageMs - hourMs,
    toWallMs: wallMs - ageMs,
    rule: 'yes',
  });
  const begun = [
    makeEntry('old', 30 * 24 * hourMs),
    makeEntry('newer', 30 * 24 * hourMs - hourMs),
  ];
  await fixture.stores.hearings.write({ begun, extended: [] });
  await passTime(fixture, 61_000);
  const keptHearings = await fixture.stores.hearings.list(
    g,
    { personId: eva.id, sinceWallMs: 0 },
    9,
  );
  expect(keptHearings.map(({ id }) => id)).toEqual(['newer']);
});

const managing = { ...caller, caller: { ...caller.caller, mayManage: true } };

function makeHearing(n: number): HeardSpan {
  return {
    id: `${n}`,
    guildId: g,
    personId: toPersonId('2029384756102938475'),
    channelId: toChannelId('1429384756102938479'),
    fromWallMs: Date.UTC(2026, 10, 20, 18, n),
    toWallMs: Date.UTC(2026, 10, 20, 18, n, 30),
    rule: 'notice',
  };
}

function auditPorts(count: number) {
  const requests: unknown[] = [];
  const listHearings = async (...all: unknown[]) => {
    requests.push(all);
    return Array.from({ length: count }, (_, n) => makeHearing(n));
  };
  return {
    asked: requests,
    ports: makePorts({ more: { hearings: { list: listHearings } } }),
  };
}

test('a manager reads in a private reply who was heard, and a long list as a file', async () => {
  const { ports } = auditPorts(1);
  const [reply] = await audit.run(managing, ports);
  expect(reply).toMatchObject({ id: 'hearings.heading', with: { n: 1 } });
  expect([reply.to, reply.files]).toEqual([undefined, undefined]);
  const [line] = reply.lines ?? [];
  expect(line && formatText(line.id, line.with)).toBe(
    '<t:1795197600:f> to <t:1795197630:T>: <@2029384756102938475> in <#1429384756102938479>, by the consent "notice"',
  );
  const long = auditPorts(40);
  const [listed] = await audit.run(managing, long.ports);
  const [owned] = listed.files ?? [];
  const file =
    owned && (await openOwned(owned, { ...insider, personId: managing.caller.id }));
  const text = file && 'text' in file ? file.text : '';
  expect([listed.lines?.length, text.split('\n').length]).toEqual([12, 42]);
  expect(text).toContain(
    '2026-11-20T18:00:00.000Z,2026-11-20T18:00:30.000Z,2029384756102938475,1429384756102938479,notice',
  );
});

test('only a manager reads who was heard, of one person if one is named', async () => {
  const { asked, ports } = auditPorts(1);
  expect((await audit.run(caller, ports))[0].id).toBe('perm.manage');
  expect(asked).toEqual([]);
  const inputs = { person: '<@2029384756102938475>' };
  await audit.run({ ...managing, inputs }, ports);
  expect(asked).toEqual([['g', '2029384756102938475']]);
  const [unknown] = await audit.run({ ...managing, inputs: { person: 'Ana' } }, ports);
  expect(unknown.id).toBe('unknown');
});
