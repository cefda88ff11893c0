import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { adam, eva, lounge, pass, places } from '#test/conversation/setup/session-fixture.ts';
import { fineFacts } from '#test/fakes/channel-facts.ts';
import { called, openSeats, restarted, type SeatedBot, start } from './setup.ts';

const minuteMs = 60_000;
const gateOf = ({ sessions }: SeatedBot) => sessions.session('g')?.context.gate;
const lastFace = ({ faces }: SeatedBot) => faces.at(-1)?.state;

test('after a restart the bot is where it was, hears who agreed for that session, and says so in its panel alone', async () => {
  const kept = await openSeats();
  await called(kept);
  const bot = await restarted(kept);
  expect(bot.sessions.at('g')).toEqual(lounge);
  expect(['adam', 'eva'].map((id) => gateOf(bot)?.mayHear(id))).toEqual([true, false]);
  expect(bot.heads).toEqual([{ id: 'seat.returned.anew' }]);
  await pass(bot, 10_000);
  expect([bot.written, bot.synthesizer.asked]).toEqual([[], []]);
  expect(lastFace(bot)).toEqual({ kind: 'listening' });
});

test('it tells how long it has been there from its first call on', async () => {
  const kept = await openSeats();
  await called(kept);
  await kept.clock.advance(5 * minuteMs);
  const bot = await restarted(kept);
  const left = await bot.sessions.leave('g');
  expect(left).toMatchObject({ kind: 'left', channel: 'Lounge' });
  expect('stayedMs' in left && Math.round(left.stayedMs / minuteMs)).toBe(5);
});

test('who paused hearing finds it paused, and captions only stay captions only', async () => {
  const kept = await openSeats();
  const former = start(kept);
  await former.sessions.join(lounge, 'adam', 'captions');
  former.hearing.pause('g');
  await pass(former, 100);
  const bot = await restarted(kept);
  expect([gateOf(bot)?.paused, bot.sessions.session('g')?.mode]).toEqual([true, 'captions']);
  expect(gateOf(bot)?.mayHear('adam')).toBe(false);
  bot.hearing.resume('g');
  expect(gateOf(bot)?.mayHear('adam')).toBe(true);
});

test('whoever is followed is followed after a restart, until they are forgotten or call it without', async () => {
  const kept = await openSeats();
  const former = start(kept);
  await former.sessions.join(lounge, 'adam', 'talk', true);
  await pass(former, 100);
  const bot = await restarted(kept);
  expect(bot.sessions.session('g')?.followedId).toBe('adam');
  await bot.sessions.join(lounge, 'adam', 'talk', false);
  await pass(bot, 100);
  expect(await kept.store.seats.readIn('g')).not.toHaveProperty('followedId');
  await bot.sessions.join(lounge, 'eva', 'talk', true);
  await pass(bot, 100);
  expect(await kept.store.seats.readIn('g')).toMatchObject({ followedId: 'eva' });
  await bot.privacy.forget('g', 'eva');
  const next = await restarted(kept);
  expect(next.sessions.session('g')?.followedId).toBeUndefined();
});

test('a no that came since wins over a yes for that session', async () => {
  const kept = await openSeats();
  const former = await called(kept);
  await former.sessions.join(lounge, 'eva');
  await pass(former, 100);
  await kept.store.consents.write('g', 'adam', { kind: 'never' });
  const bot = await restarted(kept);
  expect(['adam', 'eva'].map((id) => gateOf(bot)?.mayHear(id))).toEqual([false, true]);
});

test('a no said while the bot is on its way back counts', async () => {
  const kept = await openSeats();
  const former = await called(kept);
  await former.sessions.join(lounge, 'eva');
  await pass(former, 100);
  const bot = start(kept);
  const arriving = bot.arrive();
  await Promise.all([arriving, bot.privacy.deny('g', 'adam')]);
  await pass(bot, 100);
  expect(['adam', 'eva'].map((id) => gateOf(bot)?.mayHear(id))).toEqual([false, true]);
  expect((await kept.store.seats.readIn('g'))?.agreedIds).toEqual(['eva']);
});

test('a no takes back a yes for the session of a seat that nobody has returned to', async () => {
  const kept = await openSeats();
  await called(kept);
  const bot = start(kept);
  await bot.privacy.deny('g', 'adam');
  await bot.arrive();
  expect(bot.linkOpener.links).toEqual([]);
});

test('a forgotten person is in no seat, also after the seat was written again', async () => {
  const kept = await openSeats();
  const bot = await called(kept, { consent: { policy: 'notice' } });
  await bot.privacy.deny('g', 'adam');
  await bot.privacy.forget('g', 'adam');
  await bot.sessions.join(lounge, 'eva', 'captions');
  await pass(bot, 1_000);
  const seat = await kept.store.seats.readIn('g');
  expect(seat).toMatchObject({ mode: 'captions', agreedIds: ['eva'] });
  expect(JSON.stringify(seat)).not.toContain('adam');
  expect(gateOf(bot)?.mayHear('adam')).toBe(false); // in memory the no stays for this session
});

test.each([
  ['a seat of more than 15 minutes ago', 15 * minuteMs, [adam], {}, 'seat.outdated'],
  ['people who have all left', 0, [], {}, 'seat.nobody'],
  ['people who never agreed', 0, [eva], {}, 'seat.nobody'],
  ['a channel that is gone', 0, [adam], { channel: () => undefined }, 'seat.no_channel'],
  [
    'a channel that is full now',
    0,
    [adam],
    { facts: () => ({ ...fineFacts, limit: 2, members: 2 }) },
    'join.full',
  ],
  [
    'a right that was taken',
    0,
    [adam],
    { facts: () => ({ ...fineFacts, mayView: false }) },
    'join.no_view',
  ],
])(
  'to %s the bot does not return, and its panel says why',
  async (_what, awayMs, people, over, id) => {
    const kept = await openSeats();
    await called(kept);
    kept.clock.suspend(awayMs); // its process is gone
    const here = { ...places, people: () => people, ...over };
    const bot = await restarted(kept, { places: here }, people);
    expect(bot.sessions.at('g')).toBeUndefined();
    expect(lastFace(bot)).toMatchObject({ kind: 'left', why: { id } });
    expect(await kept.store.seats.read()).toEqual([]);
    expect(bot.linkOpener.asked).toBe(0);
  },
);

test('a seat that was left on purpose is not returned to, nor one where nobody was for a minute', async () => {
  const kept = await openSeats();
  const bot = await called(kept);
  await bot.sessions.leave('g');
  await pass(bot, 100);
  expect(await kept.store.seats.read()).toEqual([]);
  await bot.sessions.join(lounge, 'adam');
  await pass(bot, 100);
  expect(await kept.store.seats.read()).toHaveLength(1);
  bot.linkOpener.link.present.splice(0);
  await pass(bot, 62_000);
  expect(bot.of('left').at(-1)).toMatchObject({ why: 'alone' });
  expect(await kept.store.seats.read()).toEqual([]);
});

test('who calls the bot while it would return finds it there once', async () => {
  const kept = await openSeats();
  await called(kept);
  const bot = start(kept);
  const [joining] = await Promise.all([bot.sessions.join(lounge, 'eva'), bot.arrive()]);
  await pass(bot, 100);
  expect(joining).toMatchObject({ kind: 'joined' });
  expect([bot.linkOpener.links.length, bot.heads]).toEqual([1, []]);
});

test('a store that cannot be read for minutes is asked again while seats stand', async () => {
  const kept = await openSeats();
  await called(kept);
  const { seats } = kept.store;
  let isBroken = true;
  const held = new BotError('store.unreadable', true, 'Held by another program.');
  const unless = <T>(work: Promise<T>): Promise<T> => (isBroken ? Promise.reject(held) : work);
  const seatStore = Object.assign(Object.create(seats), {
    read: () => unless(seats.read()),
    readIn: (guildId: string) => unless(seats.readIn(guildId)),
  });
  const bot = await restarted(kept, { seatStore });
  await bot.clock.advance(5 * minuteMs);
  expect(bot.sessions.at('g')).toBeUndefined();
  isBroken = false;
  await bot.clock.advance(11_000);
  expect(bot.sessions.at('g')).toEqual(lounge);
});

test('a voice server that does not answer is tried again, and its panel is the one of before', async () => {
  const kept = await openSeats();
  await called(kept);
  const bot = start(kept);
  bot.linkOpener.failures.push(new BotError('link.timeout', true, 'Late.'));
  await bot.arrive();
  await bot.clock.advance(2_000);
  expect([bot.sessions.session('g')?.channel, bot.heads]).toEqual([lounge, [undefined]]);
});

test('a seat that was given up is looked at every minute, and the bot is back where the voice server answers again', async () => {
  const bot = await called(await openSeats());
  bot.linkOpener.failures.push(...Array(12).fill(new BotError('link.timeout', true, 'Late.')));
  bot.linkOpener.link.lose();
  await bot.clock.advance(4 * minuteMs);
  expect(bot.of('left')).toMatchObject([{ why: 'refused' }]);
  await bot.clock.advance(2 * minuteMs);
  expect([bot.sessions.at('g'), bot.heads.at(-1)]).toEqual([lounge, { id: 'seat.returned.anew' }]);
});

test('a seat is looked at no longer than it stands', async () => {
  const bot = await called(await openSeats());
  bot.linkOpener.failures.push(...Array(1_000).fill(new BotError('link.refused', false, 'No.')));
  bot.linkOpener.link.lose();
  await bot.clock.advance(20 * minuteMs);
  const { asked } = bot.linkOpener;
  expect(asked).toBeGreaterThan(10);
  expect(asked).toBeLessThan(20);
  await bot.clock.advance(60 * minuteMs);
  expect(bot.linkOpener.asked).toBe(asked);
});
