import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { toGuildId, toPersonId, toRoleId } from '#src/base/ids.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  joinLounge,
  lounge,
  openCalled,
  openSessionFixture,
  passTime,
  places,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';

/** Settings name people and roles by numbers. */
const bea = { ...eva, id: toPersonId('111111111111111111'), name: 'Bea' };
const guildId = toGuildId('g');
const notice = { consent: { policy: 'notice' } } as const;
const rules = toRoleId('222222222222222222');
const byRole = { consent: { policy: 'role', roleId: rules } } as const;
const shut = new BotError('discord.forbidden', false, 'Shut.');

const isHeard = ({ sessions }: SessionFixture, id = eva.id) =>
  sessions.findSession(guildId)?.consent.mayHear(id);
const listTold = ({ notified }: SessionFixture) =>
  notified.flat().map(({ personId, text }) => `${personId}: ${text.split('.')[0]}`);
const toldByRules = 'eva: I hear you by the rules of this server';

/** Holds messages with mentions until each is released. */
function holdMessages({ dependencies: { messages } }: SessionFixture) {
  const { notifyPeople } = messages;
  const delivered = Promise.withResolvers<void>();
  messages.notifyPeople = async (...request) => {
    await delivered.promise;
    await notifyPeople(...request);
  };
  return delivered;
}

function refuseMessages({ dependencies }: SessionFixture) {
  const { notifyPeople } = dependencies.messages;
  dependencies.messages.notifyPeople = () => Promise.reject(shut);
  return () => Object.assign(dependencies.messages, { notifyPeople });
}

function giveRoles({ linkOpener }: SessionFixture, ...roleIds: (typeof rules)[]) {
  linkOpener.link.roles.set(eva.id, roleIds);
}

// Proves: People are told before the policy hears them by real
test.each<
  [string, FixtureOptions, [string, string][], (fixture: SessionFixture) => unknown]
>([
  [
    'a role that is given in mid-talk',
    byRole,
    [],
    (fixture) => giveRoles(fixture, rules),
  ],
  [
    'the end of a block',
    notice,
    [['blocked', bea.id]],
    ({ settings }) => settings.setSetting(guildId, 'blocked', 'none'),
  ],
  [
    'the end of needed roles',
    {
      ...notice,
      places: { ...places, mayManage: (_, id) => id === 'adam' },
    },
    [['roles', rules]],
    ({ settings }) => settings.setSetting(guildId, 'roles', 'none'),
  ],
])(
  '%s lets nobody be heard before Discord has taken the line that tells them',
  async (_, options, stored, change) => {
    const fixture = openSessionFixture(options, [adam, eva, bea]);
    for (const setting of stored)
      await fixture.settings.setSetting(guildId, ...setting);
    await fixture.sessions.join(lounge, toPersonId('adam'));
    await passTime(fixture, 1_000);
    const unheard = [eva, bea].find(({ id }) => !isHeard(fixture, id)) ?? adam;
    const countBefore = listTold(fixture).length;
    const delivered = holdMessages(fixture);
    await change(fixture);
    await passTime(fixture, 4_000);
    expect([isHeard(fixture, unheard.id), listTold(fixture).length]).toEqual([
      false,
      countBefore,
    ]);
    delivered.resolve();
    await passTime(fixture, 100);
    expect(isHeard(fixture, unheard.id)).toBe(true);
    expect(listTold(fixture)).toContain(
      `${unheard.id}: I hear you by the rules of this server`,
    );
  },
);

test('a person who was told in a channel is not told again there, but in each other channel', async () => {
  const fixture = await openCalled(notice, [adam, eva]);
  expect(listTold(fixture)).toEqual([toldByRules]);
  await fixture.sessions.leave(guildId);
  const next = await joinLounge(
    { ...notice, stores: fixture.stores },
    [adam, eva],
    fixture.clock,
  );
  await passTime(next, 100);
  expect([isHeard(next), listTold(next)]).toEqual([true, []]);
  await next.sessions.moveSession(guildId, 'den' as never);
  await passTime(next, 100);
  expect([isHeard(next), listTold(next)]).toEqual([
    true,
    [toldByRules, ...listTold(next).slice(1)],
  ]);
});

test('a role that is taken away ends hearing within two seconds a person, though nobody comes or goes', async () => {
  const fixture = await openCalled(byRole, [adam, { ...eva, roleIds: [rules] }]);
  giveRoles(fixture);
  await passTime(fixture, 4_100);
  expect(isHeard(fixture)).toBe(false);
});

test('a role that was lost and comes back is told anew', async () => {
  const fixture = await openCalled(byRole, [adam, { ...eva, roleIds: [rules] }]);
  expect(listTold(fixture)).toEqual([toldByRules]);
  giveRoles(fixture);
  await passTime(fixture, 6_000);
  expect(isHeard(fixture)).toBe(false);
  giveRoles(fixture, rules);
  await passTime(fixture, 6_000);
  expect([isHeard(fixture), listTold(fixture)]).toEqual([
    true,
    [toldByRules, toldByRules],
  ]);
});

test('the 30 s of a looser policy begin once its announcement is delivered', async () => {
  const fixture = await openCalled({}, [adam, eva]);
  const delivered = holdMessages(fixture);
  await fixture.settings.setSetting(guildId, 'consent', 'notice', 'confirmed');
  await passTime(fixture, 40_000);
  expect(isHeard(fixture)).toBe(false);
  delivered.resolve();
  await passTime(fixture, 29_900);
  expect(isHeard(fixture)).toBe(false);
  await passTime(fixture, 200);
  expect(isHeard(fixture)).toBe(true);
});

test('a looser policy goes on hearing people whom the former one heard', async () => {
  const fixture = await openCalled(byRole, [adam, { ...eva, roleIds: [rules] }]);
  await fixture.settings.setSetting(guildId, 'consent', 'notice', 'confirmed');
  expect(isHeard(fixture)).toBe(true);
  await passTime(fixture, 1_000);
  expect([isHeard(fixture), listTold(fixture)]).toEqual([true, [toldByRules]]);
});

test('a stricter policy counts at once, also while no store answers', async () => {
  const fixture = await openCalled(notice, [adam, eva]);
  fixture.stores.settings.trouble = 'hung';
  void fixture.settings.setSetting(guildId, 'consent', 'ask');
  await Promise.resolve();
  await passTime(fixture, 20);
  expect(isHeard(fixture)).toBe(false);
});

test('a policy that was stricter for a while is announced again', async () => {
  const fixture = await openCalled(notice, [adam, eva]);
  await fixture.settings.setSetting(guildId, 'consent', 'ask');
  await fixture.settings.setSetting(guildId, 'consent', 'notice', 'confirmed');
  await passTime(fixture, 29_000);
  expect(isHeard(fixture)).toBe(false);
  await passTime(fixture, 2_000);
  expect(isHeard(fixture)).toBe(true);
});

test.each([
  ['while they are away', async () => undefined],
  [
    'while the bot is away',
    async ({ sessions }: SessionFixture) => void (await sessions.leave(guildId)),
  ],
])(
  'people who were told are told anew once the policy was stricter %s',
  async (_, leave) => {
    const fixture = await openCalled(notice, [adam, eva]);
    expect(listTold(fixture)).toEqual([toldByRules]);
    const { present } = fixture.linkOpener.link;
    present.splice(present.indexOf(eva), 1);
    await passTime(fixture, 1_000);
    await leave(fixture);
    await fixture.settings.setSetting(guildId, 'consent', 'ask');
    await fixture.settings.setSetting(guildId, 'consent', 'notice', 'confirmed');
    await passTime(fixture, 40_000);
    const delivered = holdMessages(fixture);
    await fixture.sessions.join(lounge, adam.id);
    fixture.linkOpener.link.present.push(eva);
    await passTime(fixture, 2_000);
    expect(isHeard(fixture)).toBe(false);
    delivered.resolve();
    await passTime(fixture, 100);
    expect([isHeard(fixture), listTold(fixture).at(-1)]).toEqual([true, toldByRules]);
  },
);

test('of a person who is forgotten while the line is on its way, nothing is stored any more', async () => {
  const fixture = openSessionFixture(notice);
  const delivered = holdMessages(fixture);
  await fixture.sessions.join(lounge, toPersonId('adam'));
  await passTime(fixture, 1_000);
  await fixture.privacy.forget(guildId, eva.id);
  delivered.resolve();
  await passTime(fixture, 1_000);
  const told = await fixture.stores.toldPeople.read(guildId);
  expect(told.map(({ personId }) => personId)).not.toContain(eva.id);
});

test('where the chat takes no line the channel hears it, and people are heard from then on', async () => {
  const fixture = openSessionFixture(notice);
  refuseMessages(fixture);
  await fixture.sessions.join(lounge, toPersonId('adam'));
  await passTime(fixture, 500);
  expect(isHeard(fixture)).toBe(false);
  await passTime(fixture, 10_000);
  expect(fixture.synthesizer.texts.join(' ')).toContain('I hear you by the rules');
  expect(isHeard(fixture)).toBe(true);
});

test('who is deaf to the voice while the chat takes no line is not heard, and the panel says why', async () => {
  const fixture = openSessionFixture(notice, [adam, { ...eva, isDeaf: true }]);
  const open = refuseMessages(fixture);
  await fixture.sessions.join(lounge, toPersonId('adam'));
  await passTime(fixture, 12_000);
  expect(isHeard(fixture)).toBe(false);
  expect(fixture.panelContents.at(-1)?.lines).toContainEqual({
    id: 'panel.people.untellable',
    with: { names: 'Eva' },
  });
  const { all } = await fixture.settings.viewSettings(guildId);
  expect(JSON.stringify(all.find(({ key }) => key === 'consent')?.elsewhere)).toContain(
    'untellable',
  );
  expect(fixture.of('failed').map(({ code }) => code)).toContain('discord.forbidden');
  open();
  await passTime(fixture, 31_000);
  expect([isHeard(fixture), listTold(fixture)]).toEqual([true, [toldByRules]]);
  await passTime(fixture, 500);
  expect(JSON.stringify(fixture.panelContents.at(-1))).not.toContain('untellable');
});

test('what could not be stored holds, and people are told once more after a restart', async () => {
  const fixture = openSessionFixture(notice);
  fixture.stores.toldPeople.trouble = 'unwritable';
  await fixture.sessions.join(lounge, toPersonId('adam'));
  await passTime(fixture, 100);
  expect([isHeard(fixture), listTold(fixture)]).toEqual([true, [toldByRules]]);
  const next = await joinLounge(
    { ...notice, stores: fixture.stores },
    [adam, eva],
    fixture.clock,
  );
  await passTime(next, 100);
  expect(listTold(next)).toEqual([toldByRules]);
});

test('where the clock was set back since, people who were told are heard after 30 s, and not told again', async () => {
  const fixture = await openCalled(notice, [adam, eva]);
  fixture.clock.setWall(-3_600_000);
  const next = await joinLounge(
    { ...notice, stores: fixture.stores },
    [adam, eva],
    fixture.clock,
  );
  await passTime(next, 31_000);
  expect([isHeard(next), listTold(next)]).toEqual([true, []]);
});

test('while it cannot be read who was told, nobody is heard by the policy', async () => {
  const fixture = openSessionFixture(notice);
  fixture.stores.toldPeople.trouble = 'unreadable';
  await fixture.sessions.join(lounge, toPersonId('adam'));
  await passTime(fixture, 5_000);
  expect([isHeard(fixture), listTold(fixture)]).toEqual([false, []]);
});

const members = toRoleId('222222222222222222');

const isBeaHeard = ({ sessions }: SessionFixture, id = bea.id) =>
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
    expect(isBeaHeard(fixture)).toBe(false);
    expect((await fixture.privacy.getStatus(guildId, bea.id)).consent).toBe('unasked');
    await fixture.privacy.allow(guildId, bea.id);
    expect(isBeaHeard(fixture)).toBe(true);
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
  expect(isBeaHeard(fixture)).toBe(true);
});

test('a call of a person who lacks the role is no yes, also once the server needs no role', async () => {
  const fixture = openSessionFixture(managed, [adam, bea]);
  await fixture.settings.setSetting(guildId, 'roles', members);
  for (const call of ['first', 'again']) {
    await fixture.sessions.join(lounge, bea.id);
    await passTime(fixture, 1_000);
    expect([call, isBeaHeard(fixture)]).toEqual([call, false]);
  }
  await fixture.settings.setSetting(guildId, 'roles', 'none');
  await passTime(fixture, 1_000);
  expect(isBeaHeard(fixture)).toBe(false);
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
    expect(isBeaHeard(fixture)).toBe(heard);
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
