import { BotError } from '#src/base/errors.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { passTime } from '#test/conversation/setup/session-fixture.ts';
import {
  makeCalled,
  openSeats,
  type SeatedBot,
} from '#test/features/seats/seats-setup.ts';

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
