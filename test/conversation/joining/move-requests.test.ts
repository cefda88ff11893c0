import { den, lounge, passTime } from '#test/conversation/setup/session-fixture.ts';
import { makeCalled, openSeats } from '#test/features/seats/seats-setup.ts';

/** Adam and Eva sit with the bot in the Lounge, and Cleo calls it to the Den. */
async function calledAway() {
  const bot = await makeCalled(await openSeats());
  const joining = await bot.sessions.join(den, 'cleo');
  const press = (personId: string, to = 'den') =>
    bot.sessions.moveRequests.agree('g', personId, to);
  return { bot, joining, press };
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
  expect(await press('adam')).toEqual({ kind: 'waiting', names: ['Eva'] });
  expect(bot.sessions.at('g')).toEqual(lounge);
  expect(await press('eva')).toMatchObject({ kind: 'moved', to: den });
  await passTime(bot, 100);
  expect(bot.sessions.at('g')).toEqual(den);
  expect(bot.sessions.findSession('g')?.consent.mayHear('cleo')).toBe(true);
  expect(bot.posted.at(-1)).toEqual({
    id: 'moved',
    with: { channel: 'Den' },
    channel: 'Den',
  });
});

test('only its caller can send the bot away, and an old button or one for another channel does nothing', async () => {
  const { bot, press } = await calledAway();
  expect(await press('cleo')).toEqual({ kind: 'over' });
  expect(await press('adam', 'attic')).toEqual({ kind: 'over' });
  expect(await press('adam')).toMatchObject({ kind: 'waiting' });
  await bot.clock.advance(10 * 60_000);
  expect(await press('eva')).toEqual({ kind: 'over' });
  expect(bot.sessions.at('g')).toEqual(lounge);
});

test('people are asked at most once a minute, and whose call was not passed on reads that', async () => {
  const { bot } = await calledAway();
  const attic = { guildId: 'g', channelId: 'attic', name: 'Attic' };
  expect(await bot.sessions.join(den, 'cleo')).toMatchObject({ isAsked: true });
  expect(await bot.sessions.join(attic, 'dora')).toMatchObject({ isAsked: false });
  expect(bot.offered).toEqual(['move:den']);
  await bot.clock.advance(60_000);
  expect(await bot.sessions.join(attic, 'dora')).toMatchObject({ isAsked: true });
  expect(bot.offered).toEqual(['move:den', 'move:attic']);
});
