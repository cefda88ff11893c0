import { BotError } from '#src/base/errors.ts';
import { type GuildId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { Pipeline } from '#src/pipeline/pipeline.ts';
import { formatText } from '#src/texts/texts.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import {
  adam,
  eva,
  lounge,
  makeTalkativeChat,
  passTime,
  places,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { healthyFacts } from '#test/fakes/channel-facts.ts';
import {
  makeCalled,
  makeRestarted,
  openSeats,
  type SeatedBot,
  startBot,
} from './seats-setup.ts';

const minuteMs = 60_000;
const gateOf = ({ sessions }: SeatedBot) =>
  sessions.findSession(toGuildId('g'))?.consent;
const findLastContent = ({ panelContents }: SeatedBot) => panelContents.at(-1);

test('after a restart the bot is where it was, hears who agreed for that session, and says so in its panel alone', async () => {
  const kept = await openSeats();
  await makeCalled(kept);
  const bot = await makeRestarted(kept);
  expect(bot.sessions.at(toGuildId('g'))).toEqual(lounge);
  expect(['adam', 'eva'].map((id) => gateOf(bot)?.mayHear(toPersonId(id)))).toEqual([
    true,
    false,
  ]);
  expect(bot.takenOver).toEqual(['g']);
  expect(bot.panelContents.at(-1)?.lines).toContainEqual({ id: 'seat.returned.anew' });
  await passTime(bot, 10_000);
  expect([bot.written, bot.synthesizer.asked]).toEqual([[], []]);
  expect(findLastContent(bot)?.lines[1]).toEqual({ id: 'panel.listening' });
});

test('a policy that became looser during a restart counts 30 s after people have read it', async () => {
  const kept = await openSeats();
  await makeCalled(kept);
  const bot = await makeRestarted(kept, { consent: { policy: 'notice' } });
  await passTime(bot, 500);
  expect(bot.notified.flat()).toMatchObject([
    { personId: 'eva', text: formatText('settings.told.notice') },
  ]);
  await passTime(bot, 29_000);
  expect(gateOf(bot)?.mayHear(toPersonId('eva'))).toBe(false);
  await passTime(bot, 1_000);
  expect(gateOf(bot)?.mayHear(toPersonId('eva'))).toBe(true);
});

test('whoever is followed is followed after a restart, until they are forgotten or call it without', async () => {
  const kept = await openSeats();
  const former = startBot(kept);
  await former.sessions.join(lounge, toPersonId('adam'), 'talk', true);
  await passTime(former, 100);
  const bot = await makeRestarted(kept);
  expect(bot.sessions.findSession(toGuildId('g'))?.followedId).toBe('adam');
  await bot.sessions.join(lounge, toPersonId('adam'), 'talk', false);
  await passTime(bot, 100);
  expect(
    (await kept.store.seats.read([toGuildId('g')]))[0]?.seat.followedId,
  ).toBeUndefined();
  await bot.sessions.join(lounge, toPersonId('eva'), 'talk', true);
  await passTime(bot, 100);
  expect(await kept.store.seats.read([toGuildId('g')])).toMatchObject([
    { seat: { followedId: 'eva' } },
  ]);
  await bot.privacy.forget(toGuildId('g'), toPersonId('eva'));
  const next = await makeRestarted(kept);
  expect(next.sessions.findSession(toGuildId('g'))?.followedId).toBeUndefined();
});

test('a no said while the bot is on its way back counts', async () => {
  const kept = await openSeats();
  const former = await makeCalled(kept);
  await former.sessions.join(lounge, toPersonId('eva'));
  await passTime(former, 100);
  const bot = startBot(kept);
  await Promise.all([
    bot.arrive(),
    bot.privacy.deny(toGuildId('g'), toPersonId('adam')),
  ]);
  await passTime(bot, 100);
  expect(['adam', 'eva'].map((id) => gateOf(bot)?.mayHear(toPersonId(id)))).toEqual([
    false,
    true,
  ]);
  expect((await kept.store.seats.read([toGuildId('g')]))[0]?.seat.agreedIds).toEqual([
    'eva',
  ]);
});

test('a no takes back a yes for the session of a seat that nobody has returned to', async () => {
  const kept = await openSeats();
  await makeCalled(kept);
  const bot = startBot(kept);
  await bot.privacy.deny(toGuildId('g'), toPersonId('adam'));
  await bot.arrive();
  expect(bot.linkOpener.links).toEqual([]);
});

test('a forgotten person is in no seat, also after the seat was written again', async () => {
  const kept = await openSeats();
  const bot = await makeCalled(kept, { consent: { policy: 'notice' } });
  await bot.privacy.deny(toGuildId('g'), toPersonId('adam'));
  await bot.privacy.forget(toGuildId('g'), toPersonId('adam'));
  await bot.sessions.join(lounge, toPersonId('eva'), 'captions');
  await passTime(bot, 1_000);
  const seat = (await kept.store.seats.read([toGuildId('g')]))[0]?.seat;
  expect(seat).toMatchObject({ mode: 'captions', agreedIds: ['eva'] });
  expect(JSON.stringify(seat)).not.toContain('adam');
  expect(gateOf(bot)?.mayHear(toPersonId('adam'))).toBe(false); // in memory the no stays for this session
});

test.each([
  ['a seat of more than 15 minutes ago', 15 * minuteMs, [adam], {}, 'seat.outdated'],
  ['people who have all left', 0, [], {}, 'seat.outdated'],
  ['people who never agreed', 0, [eva], {}, 'seat.outdated'],
  [
    'a channel that is gone',
    0,
    [adam],
    { findChannel: () => undefined },
    'seat.outdated',
  ],
  [
    'a channel that is full now',
    0,
    [adam],
    { findChannelFacts: () => ({ ...healthyFacts, limit: 2, members: 2 }) },
    'join.full',
  ],
  [
    'a right that was taken',
    0,
    [adam],
    { findChannelFacts: () => ({ ...healthyFacts, mayView: false }) },
    'join.no_right',
  ],
])(
  'to %s the bot does not return, and its panel says why',
  async (_what, awayMs, people, overrides, id) => {
    const kept = await openSeats();
    await makeCalled(kept);
    kept.clock.suspend(awayMs); // its process is gone
    const here = { ...places, listPeople: () => people, ...overrides };
    const bot = await makeRestarted(kept, { places: here }, people);
    expect(bot.sessions.at(toGuildId('g'))).toBeUndefined();
    expect(findLastContent(bot)).toMatchObject({ lines: [{}, { id }] });
    expect([
      await kept.store.seats.read([toGuildId('g')]),
      bot.linkOpener.asked,
    ]).toEqual([[], 0]);
  },
);

test('a store that cannot be read for minutes is asked again while seats stand', async () => {
  const kept = await openSeats();
  await makeCalled(kept);
  const { seats } = kept.store;
  let isBroken = true;
  const held = new BotError('store.unreadable', true, 'Held by another program.');
  const failIfBroken = <T>(work: Promise<T>) =>
    isBroken ? Promise.reject(held) : work;
  const seatStore = Object.assign(Object.create(seats), {
    read: (guildIds: readonly GuildId[]) => failIfBroken(seats.read(guildIds)),
  });
  const bot = await makeRestarted(kept, { seatStore });
  await bot.clock.advance(5 * minuteMs);
  expect(bot.sessions.at(toGuildId('g'))).toBeUndefined();
  isBroken = false;
  await bot.clock.advance(11_000);
  expect(bot.sessions.at(toGuildId('g'))).toEqual(lounge);
});

const second = {
  samples: new Int16Array(24_000).fill(1),
  rateHz: 24_000,
  channels: 1,
} as const;

/** Answers with ten clauses of a second each. */
const clauses: Pipeline = {
  async *answer() {
    for (let n = 1; n <= 10; n++) {
      yield { kind: 'text', text: `Clause ${n}. ` };
      yield { kind: 'audio', pcm: second, ofText: `Clause ${n}.` };
    }
  },
};

const drained = new WeakSet<SessionFixture>();
const acts = {
  drain: (fixture: SessionFixture) =>
    void fixture.sessions.drainAll(5_000).then(() => drained.add(fixture)),
  isDrained: (fixture: SessionFixture) => drained.has(fixture),
};
const fields = { people: [adam], pipeline: clauses, acts };

playScripts({
  'at a drain the running answer ends with its clause, and the heard part of it is known':
    [
      fields,
      `
    adam asks: What?
    1500
    do drain
    > told adam: answered Clause 1. Clause 2. Clause 3. Clause 4. Clause 5. Clause 6. Clause 7. Clause 8. Clause 9. Clause 10.
    1000 > answered Adam (cancelled): Clause 1. Clause 2.
    do isDrained > true
    5000
    `,
    ],
  'people who were not answered are told once, and who typed the question, too': [
    fields,
    `
    adam asks: What?
    500
    ben asks: What?
    eva asks: What?
    100
    do drain
    > told ben: failed seat.stopped
    > told eva: failed seat.stopped
    > told adam: answered Clause 1. Clause 2. Clause 3. Clause 4. Clause 5. Clause 6. Clause 7. Clause 8. Clause 9. Clause 10.
    > dropped Ben: ending
    > dropped Eva: ending
    6000 > answered Adam (cancelled): Clause 1., writes seat.stopped
    `,
  ],
  'a question that comes while the last clause sounds is told as unanswered': [
    fields,
    `
    adam asks: What?
    1050
    do drain
    > told adam: answered Clause 1. Clause 2. Clause 3. Clause 4. Clause 5. Clause 6. Clause 7. Clause 8. Clause 9. Clause 10.
    400
    ben asks: What? > told ben: failed seat.stopped, dropped Ben: ending
    6000 > answered Adam (cancelled): Clause 1. Clause 2., writes seat.stopped
    `,
  ],
  'nothing new is taken meanwhile: no call, no question, no text': [
    {
      people: [adam],
      pipeline: makeTalkativeChat(),
      acts: {
        ...acts,
        joinElsewhere: ({ sessions }) =>
          sessions.join({ ...lounge, guildId: toGuildId('h') }, toPersonId('eva')),
      },
    },
    `
    adam asks: What?
    1000
    do drain
    200
    do joinElsewhere > stopping
    ben asks: What? > told ben: failed seat.stopped, dropped Ben: ending
    read: Hello. > nowhere
    6000 > writes seat.stopped
    `,
  ],
});
