import { BotError } from '#src/base/errors.ts';
import {
  type ChannelId,
  type GuildId,
  type PersonId,
  toChannelId,
  toGuildId,
  toPersonId,
} from '#src/base/ids.ts';
import { AutomaticJoins } from '#src/features/seats/automatic-joins.ts';
import type { ChannelMember, ChannelRef } from '#src/ports/voice-link.ts';
import { formatText } from '#src/texts/texts.ts';
import {
  adam,
  den,
  eva,
  lounge,
  openSessionFixture,
  places,
} from '#test/conversation/setup/session-fixture.ts';
import { healthyFacts } from '#test/fakes/channel-facts.ts';

const loungeId = toChannelId('111111111111111111');
const denId = toChannelId('222222222222222222');
const [one, two] = [
  { ...lounge, channelId: loungeId },
  { ...den, channelId: denId },
];
/** A server with two channels that set itself `auto_join`; people change channels and Discord tells of it. */
async function openServer(
  set = `${loungeId} ${denId}`,
  findChannelFacts: typeof places.findChannelFacts = places.findChannelFacts,
) {
  const seats = new Map<PersonId, ChannelRef>();
  const findChannel = (_guildId: GuildId, id: ChannelId) =>
    [one, two].find(({ channelId }) => channelId === id);
  const listPeople = ({ channelId }: ChannelRef) =>
    [adam, eva].filter(({ id }) => seats.get(id)?.channelId === channelId);
  const findSeat = (_guildId: GuildId, id: PersonId) => seats.get(id);
  const eventIds = new Set<ChannelId>();
  const listEventChannels = () => [...eventIds];
  const known = { findChannel, findChannelFacts, findSeat };
  const here = { ...places, ...known, listEventChannels, listPeople };
  const bot = openSessionFixture({ places: here }, []);
  const { linkOpener, sessions } = bot;
  const open = linkOpener.openLink.bind(linkOpener);
  linkOpener.openLink = (where, ...rest) => {
    linkOpener.people.splice(0, linkOpener.people.length, ...listPeople(where));
    return open(where, ...rest);
  };
  const closing = new AbortController();
  const comes = new AutomaticJoins(bot.dependencies, sessions, closing.signal);
  await bot.consents.write(toGuildId('g'), toPersonId('adam'), { kind: 'always' });
  if (set) await bot.settingsStore.write(toGuildId('g'), 'auto_join', set);
  /** Lets time pass in which Discord tells of nobody else. */
  const restFor = async (ms: number) => {
    for (let passedMs = 0; passedMs < ms; passedMs += 100) {
      await bot.clock.advance(100);
      linkOpener.links.at(-1)?.tick(bot.clock.nowMs());
    }
  };
  /** Somebody goes somewhere, and everybody is told. */
  const movePerson = async (
    person: ChannelMember,
    to: ChannelRef | undefined,
    ms = 100,
  ) => {
    if (to) seats.set(person.id, to);
    else seats.delete(person.id);
    const at = sessions.at(toGuildId('g'));
    const link = linkOpener.links.at(-1);
    link?.present.splice(0, link.present.length, ...(at ? listPeople(at) : []));
    comes.checkGuild(toGuildId('g'));
    await restFor(ms);
  };
  return {
    ...bot,
    closing,
    comes,
    eventIds,
    move: movePerson,
    rest: restFor,
    seats,
    findSeat: () => sessions.at(toGuildId('g')),
  };
}

test('the bot comes to the first person, hears a person with a standing yes, and its panel asks the others', async () => {
  const bot = await openServer();
  await bot.move(eva, one);
  await bot.move(adam, one);
  expect(bot.findSeat()).toEqual(one);
  const gate = bot.sessions.findSession(toGuildId('g'))?.consent;
  expect([adam, eva].map(({ id }) => gate?.mayHear(id))).toEqual([true, false]);
  expect(bot.posted).toEqual([
    { id: 'join.uncalled', with: { channel: 'Lounge' }, channel: 'Lounge' },
  ]);
});

test('with join_events on, the bot comes to people where a scheduled event runs, and asks them as elsewhere', async () => {
  const bot = await openServer('');
  const beginTalk = async (channelId: ChannelId) => {
    bot.eventIds.add(channelId);
    bot.comes.checkGuild(toGuildId('g'));
    await bot.rest(500);
  };
  await bot.move(eva, one);
  await bot.move(adam, one);
  await beginTalk(loungeId);
  expect(bot.findSeat()).toBeUndefined();
  bot.eventIds.clear();
  await bot.settings.setSetting(toGuildId('g'), 'join_events', 'on');
  await bot.move(eva, one, 500);
  expect(bot.findSeat()).toBeUndefined();
  await beginTalk(denId);
  expect(bot.findSeat()).toBeUndefined();
  await beginTalk(loungeId);
  expect(bot.findSeat()).toEqual(one);
  const gate = bot.sessions.findSession(toGuildId('g'))?.consent;
  expect([adam, eva].map(({ id }) => gate?.mayHear(id))).toEqual([true, false]);
  expect(bot.posted).toMatchObject([{ id: 'join.uncalled' }]);
});

test('sent out of an event, the bot comes back only once the channel was empty, also for its next event', async () => {
  const bot = await openServer('');
  await bot.settings.setSetting(toGuildId('g'), 'join_events', 'on');
  bot.eventIds.add(loungeId);
  await bot.move(adam, one, 500);
  expect(await bot.sessions.leave(toGuildId('g'))).toMatchObject({ kind: 'left' });
  await bot.move(eva, one, 500);
  expect(bot.findSeat()).toBeUndefined();
  bot.eventIds.clear();
  await bot.move(eva, undefined);
  await bot.move(adam, undefined);
  bot.eventIds.add(loungeId);
  await bot.move(adam, one);
  await bot.rest(2_000);
  expect(bot.findSeat()).toEqual(one);
});

test('the bot does not come where all people said no', async () => {
  const bot = await openServer();
  await bot.consents.write(toGuildId('g'), toPersonId('eva'), { kind: 'never' });
  await bot.move(eva, one, 2_000);
  expect(bot.findSeat()).toBeUndefined();
});

test('the bot comes to the channel where it hears more people, or may ask more', async () => {
  const bot = await openServer(`${denId} ${loungeId}`);
  bot.seats.set(eva.id, two);
  await bot.move(adam, one);
  expect(bot.findSeat()).toEqual(one);
});

test('if the bot cannot come it says so once, and tries again only after the channel was empty', async () => {
  const bot = await openServer(loungeId);
  bot.linkOpener.failures.push(new BotError('link.no_cipher', false, 'No cipher.'));
  await bot.move(adam, one);
  await bot.move(eva, one, 2_000);
  expect(bot.written).toEqual([
    formatText('join.uncalled.failed', { channel: 'Lounge' }),
  ]);
  expect(bot.findSeat()).toBeUndefined();
  await bot.move(eva, undefined);
  await bot.move(adam, undefined);
  bot.closing.abort();
  await bot.move(adam, one, 2_000);
  expect(bot.findSeat()).toBeUndefined();
});

test('after /leave it comes back only once the channel was empty, also after a restart', async () => {
  const bot = await openServer(loungeId);
  await bot.move(adam, one);
  expect(await bot.sessions.leave(toGuildId('g'))).toMatchObject({ kind: 'left' });
  await bot.move(eva, one);
  expect(bot.findSeat()).toBeUndefined();
  bot.sessions.settings.forgetGuild(toGuildId('g'));
  await bot.move(eva, undefined);
  expect(bot.findSeat()).toBeUndefined();
  await bot.move(adam, undefined);
  await bot.move(adam, one);
  await bot.rest(2_000);
  expect(bot.findSeat()).toEqual(one);
});

test('a bot that a person moved by hand does not come back by itself', async () => {
  const bot = await openServer(loungeId);
  await bot.move(adam, one);
  bot.linkOpener.link.lose(
    new BotError('link.lost', false, 'A person has moved the bot.'),
  );
  bot.sessions.onSeatChange(toGuildId('g'), {
    kind: 'moved',
    channelId: denId,
  });
  await bot.rest(1_000);
  expect(bot.findSeat()).toEqual(two);
  await bot.move(eva, one, 20_000);
  expect(bot.findSeat()).not.toEqual(one);
});

test('twenty changes of channel in 10 s end in one seat with three joins at most', async () => {
  const bot = await openServer();
  for (let hop = 0; hop < 20; hop++)
    await bot.move(adam, hop % 2 === 0 ? one : two, 500);
  await bot.rest(20_000);
  expect(bot.findSeat()).toEqual(two);
  expect(bot.linkOpener.links.filter(({ closed }) => !closed)).toHaveLength(1);
  expect(bot.linkOpener.asked).toBeLessThanOrEqual(3);
});

test('the bot follows its caller with everything that was said, and nobody else', async () => {
  const bot = await openServer('');
  await bot.move(adam, one);
  await bot.sessions.join(one, adam.id, undefined, true);
  await bot.move(adam, two);
  expect(bot.findSeat()).toEqual(two);
  expect(
    bot.sessions.findSession(toGuildId('g'))?.consent.mayHear(toPersonId('adam')),
  ).toBe(true);
  await bot.move(eva, one);
  await bot.rest(20_000);
  expect(bot.findSeat()).toEqual(two);
});

test('the bot says to whom it follows that it may not enter their channel', async () => {
  const bot = await openServer('', ({ channelId }) => ({
    ...healthyFacts,
    mayConnect: channelId === loungeId,
  }));
  await bot.move(adam, one);
  await bot.sessions.join(one, adam.id, undefined, true);
  await bot.move(adam, two);
  await bot.rest(2_000);
  expect(bot.findSeat()).toEqual(one);
  expect(bot.written).toContain(formatText('follow.barred'));
});

test('the bot stays with others whom it hears and says so, until they have left', async () => {
  const bot = await openServer('');
  await bot.move(eva, one);
  await bot.move(adam, one);
  await bot.sessions.join(one, adam.id, undefined, true);
  await bot.privacy.allow(toGuildId('g'), toPersonId('eva'));
  await bot.move(adam, two);
  await bot.rest(2_000);
  expect(bot.findSeat()).toEqual(one);
  expect(bot.written).toContain(formatText('follow.company'));
  await bot.move(eva, undefined);
  await bot.rest(2_000);
  expect(bot.findSeat()).toEqual(two);
});
