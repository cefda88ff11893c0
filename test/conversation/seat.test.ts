import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { messagesOf } from '#src/conversation/answering/conversation-history.ts';
import {
  adam,
  called,
  den,
  eva,
  lounge,
  openSessionFixture,
  pass,
  places,
  type SessionFixture,
  talkative,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { fineFacts } from '#test/fakes/channel-facts.ts';

const speech = 'human-cards-004';
const moved = { kind: 'moved', channelId: 'den' } as const;
const removed = { kind: 'channel-removed', channelId: 'lounge' } as const;
const sentAway = new BotError('link.lost', false, 'A person has moved the bot.');

/** Moves the bot as Discord does: the link ends, and at the same time the reason is reported. */
function move(fixture: SessionFixture): void {
  fixture.linkOpener.link.lose(sentAway);
  fixture.sessions.news('g', moved);
}

test('a bot that a moderator moves goes along, says so where it was, and begins the conversation anew', async () => {
  const fixture = await called();
  await pass(fixture, 4000, await words(speech, adam, fixture.clock.nowMs()));
  move(fixture);
  await pass(fixture, 100);
  expect(fixture.sessions.at('g')).toEqual(den);
  const anew = 'I moved, so our conversation begins anew.';
  expect([fixture.written, fixture.writtenIn]).toEqual([
    ['Moved to Den.', anew],
    ['Lounge', 'Den'],
  ]);
  expect(fixture.of('left')).toMatchObject([{ why: 'moved', channel: lounge }]);
  await pass(fixture, 4000, await words(speech, adam, fixture.clock.nowMs()));
  expect(fixture.chat.asked[1]?.messages).toHaveLength(2);
  const shown = fixture.faces.map(({ state }) => state.kind);
  expect(shown).toContain('reconnecting');
  expect(shown).not.toContain('left');
});

test('an answer in which the bot is moved ends there, and what was heard of it comes along to a channel that is no wider', async () => {
  const fixture = await called({
    pipeline: talkative(),
    places: { ...places, isNoWider: (one, other) => one === den && other.name === 'Lounge' },
  });
  const asking = fixture.talk.ask('g', 'Hello?', { id: 'adam', name: 'Adam' }, 'voice');
  await pass(fixture, 1000);
  const sentThere = fixture.linkOpener.link.sent;
  move(fixture);
  await pass(fixture, 3000);
  const [answered] = fixture.of('answered');
  expect([sentThere > 0, answered?.finish]).toEqual([true, 'cancelled']);
  expect(answered?.heardText).toMatch(/^la( la)*$/);
  await asking; // whoever typed it is not left waiting
  const { history } = fixture.sessions.session('g')?.context ?? expect.fail();
  expect(messagesOf(history.shown())).toEqual([
    { role: 'user', name: 'Adam', content: 'Hello?' },
    { role: 'assistant', content: answered?.heardText },
  ]);
  expect([
    fixture.sessions.at('g'),
    fixture.linkOpener.links.length,
    fixture.linkOpener.link.sent,
  ]).toEqual([den, 2, 0]);
});

test('a yes for the session comes along with the person, and is void without', async () => {
  const fixture = await called({}, [adam, eva]);
  await fixture.sessions.join(lounge, 'eva');
  fixture.linkOpener.people.splice(0, 2, eva);
  move(fixture);
  await pass(fixture, 100);
  fixture.linkOpener.link.present.push(adam);
  const from = fixture.clock.nowMs();
  const both = [await words(speech, adam, from), await words('human-goforward', eva, from)];
  await pass(fixture, 6000, both.flat());
  expect(fixture.of('recognised').map(({ name }) => name)).toEqual(['Eva']);
});

test('a no and a pause come along in any case', async () => {
  const fixture = await called({ consent: { policy: 'notice' } });
  await fixture.privacy.deny('g', 'eva');
  fixture.hearing.pause('g');
  move(fixture);
  await pass(fixture, 100);
  fixture.linkOpener.link.present.push(eva);
  await pass(fixture, 4000, await words(speech, adam, fixture.clock.nowMs()));
  expect(fixture.of('recognised')).toEqual([]);
  fixture.hearing.resume('g');
  await pass(fixture, 4000, await words(speech, eva, fixture.clock.nowMs()));
  expect(fixture.of('recognised')).toEqual([]);
});

test.each([
  ['it may not enter', { facts: () => ({ ...fineFacts, mayConnect: false }) }],
  ['it may not speak', { facts: () => ({ ...fineFacts, maySpeak: false }) }],
  ['nobody can talk', { facts: () => ({ ...fineFacts, isAfk: true }) }],
  ['there is no room', { facts: () => ({ ...fineFacts, limit: 2, members: 2 }) }],
  ['there is nothing any more', { channel: () => undefined }],
])('where %s it does not stay', async (_, over) => {
  const fixture = await called({ places: { ...places, ...over } });
  move(fixture);
  await pass(fixture, 100);
  expect([fixture.sessions.at('g'), fixture.linkOpener.asked, fixture.written]).toEqual([
    undefined,
    1,
    [],
  ]);
  expect(fixture.faces.at(-1)?.state).toEqual({ kind: 'left' });
});

test('where it was put by somebody who may not enter it stays all the same', async () => {
  const facts = () => ({ ...fineFacts, callerMayEnter: false });
  const fixture = await called({ places: { ...places, facts } });
  move(fixture);
  await pass(fixture, 100);
  expect(fixture.sessions.at('g')).toEqual(den);
});

test('a new link that is lost on the way along is tried again', async () => {
  const fixture = await called();
  fixture.linkOpener.failures.push(new BotError('link.timeout', true, 'Late.'));
  move(fixture);
  await pass(fixture, 1500);
  expect([fixture.sessions.at('g'), fixture.linkOpener.links.length]).toEqual([den, 2]);
});

test('what cannot go along says that it gave up', async () => {
  const fixture = await called();
  fixture.linkOpener.failures.push(new BotError('link.refused', false, 'No.'));
  move(fixture);
  await pass(fixture, 100);
  expect(fixture.written).toEqual(['Discord keeps refusing. /join to try again.']);
  expect([fixture.sessions.at('g'), fixture.faces.at(-1)?.state.kind]).toEqual([undefined, 'left']);
});

test('being moved about ends in the last channel', async () => {
  const fixture = await called();
  move(fixture);
  fixture.sessions.news('g', { kind: 'moved', channelId: 'lounge' });
  await pass(fixture, 100);
  fixture.sessions.news('g', { kind: 'moved', channelId: 'lounge' });
  await pass(fixture, 100);
  expect(fixture.sessions.at('g')).toEqual(lounge);
});

/** Moves the bot twice; opening a link takes some 300 ms, as with Discord. */
async function movedTwice(apartMs: number): Promise<SessionFixture> {
  const attic = { guildId: 'g', channelId: 'attic', name: 'Attic' };
  const channel = (_: string, id: string) =>
    [lounge, den, attic].find((one) => one.channelId === id);
  const fixture = await called({ places: { ...places, channel } });
  const open = fixture.linkOpener.open.bind(fixture.linkOpener);
  fixture.linkOpener.open = async (where, mayHear, signal) => {
    await fixture.clock.sleep(300, signal);
    return await open(where, mayHear, signal);
  };
  move(fixture);
  await fixture.clock.advance(apartMs);
  fixture.sessions.news('g', { kind: 'moved', channelId: 'attic' });
  return fixture;
}

test.each([0, 50, 290])(
  'moved twice within %i ms it ends where it was put last, and nobody reads that Discord refuses',
  async (apartMs) => {
    const fixture = await movedTwice(apartMs);
    await fixture.clock.advance(40_000);
    expect(fixture.sessions.at('g')?.name).toBe('Attic');
    expect(fixture.written).toEqual(['Moved to Attic.']);
    expect(fixture.faces.at(-1)?.state.kind).toBe('listening');
  },
);

test.each([0, 50, 290])('sent away %i ms after a move it does not come first', async (ms) => {
  const fixture = await movedTwice(ms);
  const leaving = fixture.sessions.leave('g');
  await fixture.clock.advance(100);
  await leaving;
  await fixture.clock.advance(40_000);
  expect([fixture.sessions.at('g'), fixture.written]).toEqual([undefined, []]);
  expect(fixture.faces.at(-1)?.state.kind).toBe('left');
});

test('a channel that is deleted under the bot is told, whether the seat or the channel goes first', async () => {
  const first = await called();
  first.sessions.news('g', removed);
  await pass(first, 100);
  const second = await called();
  second.linkOpener.link.lose(sentAway);
  await pass(second, 100);
  second.sessions.news('g', removed);
  for (const { written, sessions, clock } of [first, second]) {
    expect([written, sessions.at('g')]).toEqual([
      ['The channel was removed, so I left.'],
      undefined,
    ]);
    expect(clock.sleeping).toBe(0);
  }
  expect(first.of('left')).toMatchObject([{ why: 'removed' }]);
});

test.each(['there', 'on its way', 'being moved'])(
  'a bot %s that is removed from the server ends what it does there, and writes nothing',
  async (where) => {
    const fixture = openSessionFixture({}, [adam]);
    if (where === 'on its way')
      fixture.linkOpener.failures.push(new BotError('link.timeout', true, 'Late.'));
    await fixture.sessions.join(lounge, 'adam');
    if (where !== 'on its way') await pass(fixture, 100);
    if (where === 'being moved') move(fixture);
    fixture.sessions.news('g', { kind: 'guild-removed' });
    await fixture.clock.advance(40_000);
    expect([fixture.sessions.at('g'), fixture.written]).toEqual([undefined, []]);
    expect(fixture.clock.sleeping).toBe(0);
  },
);

test('another channel that is deleted concerns nobody', async () => {
  const fixture = await called();
  fixture.sessions.news('g', { kind: 'channel-removed', channelId: 'den' });
  expect([fixture.sessions.at('g'), fixture.written]).toEqual([lounge, []]);
});

test('no server reads more than one notice in 30 s, and nothing that is not true any more', async () => {
  const fixture = await called();
  fixture.sessions.news('g', { kind: 'deafened', on: true });
  fixture.sessions.news('g', { kind: 'muted', on: true });
  await pass(fixture, 29_000);
  expect(fixture.written).toHaveLength(1);
  fixture.sessions.news('g', { kind: 'deafened', on: false });
  fixture.sessions.news('g', { kind: 'deafened', on: true });
  fixture.sessions.news('g', { kind: 'muted', on: false });
  await pass(fixture, 2000);
  expect(fixture.written).toEqual(Array(2).fill("I'm deafened here; I can only play tracks."));
  fixture.sessions.news('g', { kind: 'muted', on: true });
  await fixture.sessions.leave('g');
  await fixture.clock.advance(60_000);
  expect([fixture.written.length, fixture.clock.sleeping]).toEqual([2, 0]);
});

test('servers do not wait for each other, and news of a server where it is not are nothing', async () => {
  const fixture = await called();
  await fixture.sessions.join({ ...lounge, guildId: 'h' }, 'adam');
  for (const guildId of ['g', 'h', 'i'])
    fixture.sessions.news(guildId, { kind: 'muted', on: true });
  fixture.sessions.news('i', moved);
  expect(fixture.written).toHaveLength(2);
});

test('a chat that takes nothing ends nothing, and the operator is told', async () => {
  const refuse = async () => {
    throw new BotError('discord.forbidden', false, 'No.');
  };
  const fixture = await called({ messages: { write: refuse, notify: refuse, offer: refuse } });
  fixture.sessions.news('g', { kind: 'muted', on: true });
  await pass(fixture, 100);
  expect(fixture.of('failed')).toMatchObject([{ code: 'discord.forbidden' }]);
  expect(fixture.sessions.at('g')).toEqual(lounge);
});

test.each([
  ['no-view', "I can't see Lounge. Give my role View Channel there, then run /join again."],
  ['no-connect', "I can't enter Lounge. Give my role Connect there, then run /join again."],
] as const)(
  'a bot that may not be there any more (%s) leaves within 2 s and says so once',
  async (kind, words) => {
    const fixture = await called();
    fixture.sessions.news('g', { kind, channelId: 'den' });
    expect(fixture.sessions.at('g')).toEqual(lounge);
    for (let n = 0; n < 2; n++) fixture.sessions.news('g', { kind, channelId: 'lounge' });
    await pass(fixture, 2_000);
    expect([fixture.sessions.at('g'), fixture.linkOpener.link.closed]).toEqual([undefined, true]);
    expect(fixture.of('left')).toMatchObject([{ why: 'forbidden' }]);
    await fixture.clock.advance(60_000);
    expect([fixture.written, fixture.clock.sleeping]).toEqual([[words], 0]);
  },
);

test('a call during a wait for the link keeps the seat, and the bot still comes back to it', async () => {
  const resting = () => new BotError('link.rate_limited', true, 'Later.');
  const fixture = await called();
  await pass(fixture, 20_000);
  fixture.linkOpener.mustRestMs = 52_000;
  fixture.linkOpener.failures.push(resting(), resting());
  fixture.linkOpener.link.lose(resting());
  await fixture.clock.advance(8_000);
  await fixture.sessions.join(lounge, 'adam');
  await fixture.clock.advance(2_000);
  expect(await fixture.dependencies.seatStore.readIn('g')).toBeDefined();
  fixture.linkOpener.mustRestMs = 0;
  await fixture.clock.advance(70_000);
  expect(fixture.sessions.at('g')).toEqual(lounge);
});
