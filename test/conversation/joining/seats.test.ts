import { BotError } from '#src/base/errors.ts';
import { type PersonId, toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import {
  adam,
  den,
  eva,
  lounge,
  openSessionFixture,
  passTime,
} from '#test/conversation/setup/session-fixture.ts';
import {
  makeCalled,
  openSeats,
  type SeatedBot,
} from '#test/features/seats/seats-setup.ts';

/** Adam and Eva sit with the bot in the Lounge, and Cleo calls it to the Den. */
async function calledAway() {
  const bot = await makeCalled(await openSeats());
  const joining = await bot.sessions.join(den, toPersonId('cleo'));
  const pressMove = (personId: PersonId, to = toChannelId('den')) =>
    bot.sessions.moveRequests.agree(toGuildId('g'), personId, to);
  return { bot, joining, press: pressMove };
}

test('a person who calls the bot away from others has them asked, in a sentence that names no channel', async () => {
  const { bot, joining } = await calledAway();
  expect(joining).toEqual({ kind: 'busy', other: lounge, isAsked: true });
  expect([bot.written.at(-1), bot.writtenIn.at(-1), bot.offered]).toEqual([
    'Somebody calls me to another channel. I go once everybody here has pressed Move.',
    'Lounge',
    ['move:den'],
  ]);
});

test('once everybody who sits with the bot has pressed Move it comes, and hears who called it', async () => {
  const { bot, press } = await calledAway();
  expect(await press(toPersonId('adam'))).toEqual({ kind: 'waiting', names: ['Eva'] });
  expect(bot.sessions.at(toGuildId('g'))).toEqual(lounge);
  expect(await press(toPersonId('eva'))).toMatchObject({ kind: 'moved', to: den });
  await passTime(bot, 100);
  expect(bot.sessions.at(toGuildId('g'))).toEqual(den);
  expect(
    bot.sessions.findSession(toGuildId('g'))?.consent.mayHear(toPersonId('cleo')),
  ).toBe(true);
  expect(bot.posted.at(-1)).toEqual({
    id: 'moved',
    with: { channel: 'Den' },
    channel: 'Den',
  });
  // Nothing is left of the request.
  const written = [...bot.written];
  await passTime(bot, 10_000);
  expect([bot.written, bot.notified]).toEqual([written, []]);
});

test('only its caller can send the bot away, and an old button or one for another channel does nothing', async () => {
  const { bot, press } = await calledAway();
  expect(await press(toPersonId('cleo'))).toEqual({ kind: 'over' });
  expect(await press(toPersonId('adam'), toChannelId('attic'))).toEqual({
    kind: 'over',
  });
  expect(await press(toPersonId('adam'))).toMatchObject({ kind: 'waiting' });
  await bot.clock.advance(10 * 60_000);
  expect(await press(toPersonId('eva'))).toEqual({ kind: 'over' });
  expect(bot.sessions.at(toGuildId('g'))).toEqual(lounge);
});

test('people are asked at most once a minute, and whose call was not passed on reads that', async () => {
  const { bot } = await calledAway();
  const attic = {
    guildId: toGuildId('g'),
    channelId: toChannelId('attic'),
    name: 'Attic',
  };
  expect(await bot.sessions.join(den, toPersonId('cleo'))).toMatchObject({
    isAsked: true,
  });
  expect(await bot.sessions.join(attic, toPersonId('dora'))).toMatchObject({
    isAsked: false,
  });
  expect(bot.offered).toEqual(['move:den']);
  await bot.clock.advance(60_000);
  expect(await bot.sessions.join(attic, toPersonId('dora'))).toMatchObject({
    isAsked: true,
  });
  expect(bot.offered).toEqual(['move:den', 'move:attic']);
});

test('a question that lapses is replaced by a sentence that says so, and its caller reads that, too', async () => {
  const { bot, press } = await calledAway();
  expect(await press(toPersonId('adam'))).toMatchObject({ kind: 'waiting' });
  await bot.clock.advance(10 * 60_000);
  expect([bot.written.at(-1), bot.notified.at(-1)]).toEqual([
    'Somebody called me to another channel. Not everybody here pressed Move, so I stay.',
    [
      {
        personId: 'cleo',
        text: 'Not everybody there pressed Move in 10 minutes, so I stay where I am. To ask them again, run /join.',
      },
    ],
  ]);
  expect(bot.writtenIn.slice(-2).toSorted()).toEqual(['Den', 'Lounge']);
  expect(bot.sessions.at(toGuildId('g'))).toEqual(lounge);
});

test('whoever has left or cannot hear the bot any more does not hold it back', async () => {
  for (const others of [[], [{ ...eva, isDeaf: true }]]) {
    const { bot, press } = await calledAway();
    expect(await press(toPersonId('adam'))).toMatchObject({ kind: 'waiting' });
    const { present } = bot.linkOpener.link;
    present.splice(0, present.length, adam, ...others);
    await passTime(bot, 6_000);
    expect(bot.sessions.at(toGuildId('g'))).toEqual(den);
  }
});

/** Adam asks in the Lounge, sends the bot away, and calls it a second later. */
async function talkAndCall(to: typeof lounge) {
  const rounds = [['The code is 1234.'], ['Hello.']];
  const fixture = openSessionFixture({ rounds }, [adam]);
  const { sessions, talk } = fixture;
  const { guildId } = lounge;
  await sessions.join(lounge, toPersonId('adam'));
  await passTime(fixture, 200);
  void talk.askQuestion(guildId, 'The secret of the lounge?', adam, 'voice');
  await passTime(fixture, 5_000);
  await sessions.leave(guildId);
  await passTime(fixture, 1_000);
  await sessions.join(to, toPersonId('adam'));
  await passTime(fixture, 200);
  return sessions.findSession(guildId)?.loop.state.history.exchanges.length;
}

test('a talk goes on in its own channel, and in no other one of the server', async () => {
  expect([await talkAndCall(lounge), await talkAndCall(den)]).toEqual([1, 0]);
});

test.each([
  ['says no', 'deny'],
  ['is forgotten', 'forget'],
] as const)(
  'words of whoever %s while the bot joins its channel anew are no part of the talk that goes on',
  async (_, answer) => {
    const fixture = openSessionFixture({ rounds: [['The code is 1234.']] });
    const { linkOpener, privacy, sessions, talk } = fixture;
    const { guildId } = lounge;
    await sessions.join(lounge, adam.id);
    await passTime(fixture, 200);
    void talk.askQuestion(guildId, 'The secret of the lounge?', eva, 'voice');
    await passTime(fixture, 5_000);
    const left = Promise.withResolvers<void>();
    linkOpener.leaveChannel = () => left.promise;
    linkOpener.link.lose();
    await passTime(fixture, 20);
    const joining = sessions.join(lounge, adam.id);
    await passTime(fixture, 100);
    const answering = privacy[answer](guildId, eva.id);
    await passTime(fixture, 100);
    left.resolve();
    await Promise.all([joining, answering]);
    const { exchanges = [] } = sessions.findSession(guildId)?.loop.state.history ?? {};
    expect(exchanges.map(({ by }) => by)).toEqual([]);
  },
);

const minuteMs = 60_000;
const offline = new BotError('link.offline', true, 'The gateway is away.');

async function idleMinutes({ store }: SeatedBot) {
  return Math.round(
    ((await store.seats.read([toGuildId('g')]))[0]?.idleMs ?? Number.NaN) / minuteMs,
  );
}

/** The network goes away: no link can be opened. */
function cutNetwork({ linkOpener }: SeatedBot) {
  linkOpener.failures.push(...Array(1_000).fill(offline));
  linkOpener.link.lose();
}

test('a seat stays young for as long as its link is there, and no longer', async () => {
  const bot = await makeCalled(await openSeats());
  await bot.clock.advance(2 * minuteMs);
  expect(await idleMinutes(bot)).toBe(0);
  cutNetwork(bot);
  await bot.clock.advance(4 * minuteMs);
  expect(await idleMinutes(bot)).toBe(4);
});

test('after ten minutes without a network the bot returns by itself, after an hour it does not and its panel says so', async () => {
  const bot = await makeCalled(await openSeats());
  cutNetwork(bot);
  await bot.clock.advance(10 * minuteMs);
  expect(bot.of('left')).toMatchObject([{ why: 'refused' }]);
  bot.linkOpener.failures.splice(0);
  await bot.arrive(); // the gateway is back
  await passTime(bot, 100);
  expect([bot.sessions.at(toGuildId('g'))?.name, bot.takenOver]).toEqual([
    'Lounge',
    ['g'],
  ]);
  expect(bot.panelContents.at(-1)?.lines).toContainEqual({ id: 'seat.returned.anew' });
  expect(
    bot.sessions.findSession(toGuildId('g'))?.consent.mayHear(toPersonId('adam')),
  ).toBe(true);
  cutNetwork(bot);
  await bot.clock.advance(60 * minuteMs);
  bot.linkOpener.failures.splice(0);
  await bot.arrive();
  await passTime(bot, 100);
  expect(bot.sessions.at(toGuildId('g'))).toBeUndefined();
  const why = { id: 'seat.outdated', with: { channel: 'Lounge' } };
  expect(bot.panelContents.at(-1)).toMatchObject({
    lines: [{ id: 'leave.nowhere' }, why],
  });
});

async function breakTwice(bot: SeatedBot) {
  for (let n = 0; n < 2; n++) {
    bot.sessions.findSession(toGuildId('g'))?.loop.reportBug(new TypeError('a bug'));
    await passTime(bot, 2_000);
  }
  expect(bot.of('left')).toMatchObject([{ why: 'lost' }]);
}

test.each([
  ['finds no link', cutNetwork],
  ['has a bug twice', breakTwice],
])(
  'what people said for a session that %s is gone 15 minutes after it, and who called',
  async (_, end) => {
    const bot = await makeCalled(await openSeats());
    await end(bot);
    await bot.clock.advance(17 * minuteMs);
    const seat = (await bot.store.seats.read([toGuildId('g')]))[0]?.seat;
    expect(seat).toMatchObject({ channelId: 'lounge', agreedIds: [] });
    expect(seat?.callerId).toBeUndefined();
    expect(
      await bot.store.consents.countItems(toGuildId('g'), toPersonId('adam')),
    ).toBe(0);
  },
);

test('a session that has ended stores no seat, whatever changes in it afterwards', async () => {
  const bot = await makeCalled(await openSeats());
  const { sessions, store } = bot;
  const guildId = toGuildId('g');
  const session = sessions.findSession(guildId) ?? expect.fail();
  await sessions.leave(guildId);
  session.mode = 'captions';
  await bot.clock.advance(minuteMs);
  expect(await store.seats.read([guildId])).toEqual([]);
});

test('nothing of a looser policy that was to count later shows once the bot has left', async () => {
  const bot = await makeCalled(await openSeats());
  const guildId = toGuildId('g');
  await bot.settings.setSetting(guildId, 'consent', 'notice', 'confirmed');
  await passTime(bot, 1_000);
  cutNetwork(bot);
  await passTime(bot, 1_000);
  await bot.sessions.leave(guildId);
  await passTime(bot, 3_000);
  const shown = bot.panelContents.length;
  await bot.clock.advance(minuteMs);
  expect(bot.panelContents.slice(shown)).toEqual([]);
});
