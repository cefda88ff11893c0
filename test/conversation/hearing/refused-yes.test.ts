import { expect, test } from 'vitest';
import { toGuildId, toPersonId, toRoleId } from '#src/base/ids.ts';
import {
  adam,
  eva,
  joinLounge,
  lounge,
  openSessionFixture,
  passTime,
  places,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';

const guildId = toGuildId('g');
const members = toRoleId('222222222222222222');
/** Settings name people by numbers. */
const bea = { ...eva, id: toPersonId('111111111111111111'), name: 'Bea' };

const isHeard = ({ sessions }: SessionFixture, id = bea.id) =>
  sessions.findSession(guildId)?.consent.mayHear(id);
const readYes = async ({ consents }: SessionFixture) =>
  (await consents.read(guildId)).get(bea.id);

// Adam manages the server, and so needs no role.
const managed = {
  places: { ...places, mayManage: (_: unknown, id: unknown) => id === adam.id },
};

test.each([
  ['roles', members, 'access.role'],
  ['blocked', bea.id, 'access.blocked'],
])(
  'a yes that %s refuses is not stored, so nobody is heard by it once the server lets them in',
  async (key, value, reason) => {
    const fixture = await joinLounge(managed, [adam, bea]);
    await fixture.settings.setSetting(guildId, key, value);
    expect(await fixture.privacy.allow(guildId, bea.id)).toMatchObject({
      kind: 'denied',
      line: { id: reason },
    });
    await passTime(fixture, 6_000);
    expect(await readYes(fixture)).toBeUndefined();
    await fixture.settings.setSetting(guildId, key, 'none');
    await passTime(fixture, 1_000);
    expect(isHeard(fixture)).toBe(false);
    expect((await fixture.privacy.getStatus(guildId, bea.id)).consent).toBe('unasked');
    await fixture.privacy.allow(guildId, bea.id);
    expect(isHeard(fixture)).toBe(true);
  },
);

test('a yes of a person who sits elsewhere counts with the roles that Discord names', async () => {
  const listMembers = async () => [{ ...bea, roleIds: [members] }];
  const fixture = await joinLounge({ places: { ...managed.places, listMembers } }, [
    adam,
  ]);
  await fixture.settings.setSetting(guildId, 'roles', members);
  expect(await fixture.privacy.allow(guildId, bea.id)).toEqual({
    kind: 'allowed',
    isSaved: true,
  });
  expect(await readYes(fixture)).toEqual({ kind: 'always' });
});

test('a former yes of a person who lost the role counts again with the role', async () => {
  const fixture = await joinLounge(managed, [adam, bea]);
  await fixture.privacy.allow(guildId, bea.id);
  await fixture.settings.setSetting(guildId, 'roles', members);
  await fixture.privacy.allow(guildId, bea.id);
  fixture.linkOpener.link.roles.set(bea.id, [members]);
  await passTime(fixture, 6_000);
  expect(isHeard(fixture)).toBe(true);
});

test('a call of a person who lacks the role is no yes, also once the server needs no role', async () => {
  const fixture = openSessionFixture(managed, [adam, bea]);
  await fixture.settings.setSetting(guildId, 'roles', members);
  for (const call of ['first', 'again']) {
    await fixture.sessions.join(lounge, bea.id);
    await passTime(fixture, 1_000);
    expect([call, isHeard(fixture)]).toEqual([call, false]);
  }
  await fixture.settings.setSetting(guildId, 'roles', 'none');
  await passTime(fixture, 1_000);
  expect(isHeard(fixture)).toBe(false);
});

test('a no that is said while Discord is asked for roles is the last word', async () => {
  const named = Promise.withResolvers<void>();
  const listMembers = async () => {
    await named.promise;
    return [bea];
  };
  const fixture = await joinLounge({ places: { ...places, listMembers } }, [adam]);
  const allowing = fixture.privacy.allow(guildId, bea.id);
  await fixture.privacy.deny(guildId, bea.id);
  named.resolve();
  expect(await allowing).toEqual({ kind: 'withdrawn' });
  expect(await readYes(fixture)).toEqual({ kind: 'never' });
});

test.each([
  ['after a no', 'deny', 'no', false],
  ['after a yes', 'allow', 'always', true],
] as const)(
  'while the database is away /privacy status %s tells the consent as it counts',
  async (_, answer, consent, heard) => {
    const fixture = await joinLounge({}, [adam, bea]);
    fixture.consents.trouble = 'unreadable';
    await fixture.privacy[answer](guildId, bea.id);
    const status = fixture.privacy.getStatus(guildId, bea.id);
    await passTime(fixture, 6_000);
    expect(await status).toEqual({ consent, stored: undefined });
    expect(isHeard(fixture)).toBe(heard);
  },
);

test('where no consent could be read, /privacy status says so of people without an answer alone', async () => {
  const fixture = openSessionFixture({}, [adam, bea]);
  fixture.consents.trouble = 'unreadable';
  const readConsent = async (id = bea.id) => {
    const status = fixture.privacy.getStatus(guildId, id);
    await fixture.clock.advance(6_000);
    return (await status).consent;
  };
  expect(await readConsent()).toBe('unread');
  await fixture.sessions.join(lounge, adam.id);
  await passTime(fixture, 1_000);
  expect(await readConsent()).toBe('unread');
  await fixture.privacy.deny(guildId, bea.id);
  expect(await readConsent()).toBe('no');
  await fixture.sessions.leave(guildId);
  expect(await readConsent()).toBe('no');
});
