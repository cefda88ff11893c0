import fc from 'fast-check';
import { BotError } from '#src/base/errors.ts';
import {
  type ChannelId,
  type GuildId,
  toChannelId,
  toGuildId,
  toPersonId,
} from '#src/base/ids.ts';
import {
  adam,
  den,
  joinLounge,
  lounge,
  openSessionFixture,
  places,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { healthyFacts } from '#test/fakes/channel-facts.ts';
import { playScripts } from './setup/play-script.ts';

/** Opening a link takes so long from now on. */
const slowDown = (ms: number) => (fixture: SessionFixture) => {
  const { clock, linkOpener } = fixture;
  const open = linkOpener.openLink.bind(linkOpener);
  linkOpener.openLink = async (where, mayHear, signal) => {
    await clock.sleep(ms, signal);
    return await open(where, mayHear, signal);
  };
};

/** Discord wants to be left alone for so long. */
const limitRate = (ms: number) => (fixture: SessionFixture) =>
  void Object.assign(fixture.linkOpener, { mustRestMs: ms });

const attic = {
  guildId: toGuildId('g'),
  channelId: toChannelId('attic'),
  name: 'Attic',
};
const threeChannels = {
  ...places,
  findChannel: (_: GuildId, id: ChannelId) =>
    [lounge, den, attic].find((entry) => entry.channelId === id),
};
const toAttic = ({ sessions }: SessionFixture) =>
  sessions.onSeatChange(toGuildId('g'), {
    kind: 'moved',
    channelId: attic.channelId,
  });
/** Times that the bot left a channel to which no session followed. */
const countLeft = ({ linkOpener }: SessionFixture) => linkOpener.leftUnfollowed;
const throwBug = ({ linkOpener }: SessionFixture) =>
  linkOpener.links.length > 0
    ? linkOpener.link.lose(new TypeError('oops'))
    : void linkOpener.failures.push(new TypeError('oops'));
/** Somebody calls it to another server. */
const callElsewhere = ({ sessions }: SessionFixture) =>
  sessions.join({ ...den, guildId: toGuildId('h') }, adam.id);
const sentAway = ({ linkOpener }: SessionFixture) =>
  linkOpener.link.lose(
    new BotError('link.lost', false, 'A person has kicked the bot.'),
  );

playScripts({
  'a lost link comes back within a second, and the same people are heard, answered and remembered': `
    with alone
    adam says: five > heard Adam: five, answered Adam: You said five.
    link lost > failed link link.lost
    40
    panel > panel.reconnecting
    1000
    panel > join.ok; listening; people.yes names Adam
    links > 2 tries, 2 links
    adam says: six > heard Adam: six, answered Adam: You said five.
    prompt > Adam: five | Nova: You said five. | Adam: six
    `,
  'a no and a pause count while the link is away, and the panel shows them': `
    with alone
    link fails 5 link.lost
    link lost > failed link link.lost
    40
    adam denies > isSaved true
    panel > panel.reconnecting; people.no n 1
    20000 > failed link link.lost x5, writes panel.reconnecting
    adam says: five
    `,
  'tries wait for as long as Discord wants to be left alone': [
    { people: [adam], acts: { rest: limitRate(60_000) } },
    `
    do rest
    link lost > failed link link.lost
    59900
    links > 1 tries, 1 links
    200
    links > 2 tries, 2 links
    `,
  ],
  'being sent away, leaving and the last person going end the tries': `
    with alone
    link fails 1 link.lost
    link fails 1 !link.lost
    link lost > failed link link.lost
    600000 > failed link link.lost x2, left sent-away, writes panel.reconnecting
    adam joins > joined consent brief
    link fails 4 link.timeout
    link lost > failed link link.lost
    10000 > failed link link.timeout x4, writes panel.reconnecting
    leave > left channel Lounge, left asked
    600000
    adam joins > joined consent brief
    link fails 6 link.lost
    link lost > failed link link.lost
    16000 > failed link link.lost x5, writes panel.reconnecting
    adam goes
    300
    600000 > left alone, writes leave.empty
    links > 14 tries, 3 links
    `,
  'a call into the same channel tries at once and forgets nothing, and one elsewhere is obeyed': `
    with alone
    adam says: five > heard Adam: five, answered Adam: You said five.
    link fails 5 link.lost
    link lost > failed link link.lost
    16000 > failed link link.lost x5, writes panel.reconnecting
    eva comes
    adam joins > joined consent brief, left moved
    adam says: Nova, six > heard Adam: Nova, six, answered Adam: You said five.
    prompt > Adam: five | Nova: You said five. | Adam: Nova, six
    link fails 1 link.lost
    link lost > failed link link.lost
    600 > failed link link.lost
    adam joins den > joined consent brief, left asked
    at > Den
    `,
  'a bug while the link comes back ends that try alone; one that comes twice in a minute sends the bot away':
    [
      { people: [adam], acts: { bug: throwBug } },
      `
    do bug > failed bug bug
    2000
    adam says: five > heard Adam: five, answered Adam: You said five.
    80000
    do bug > failed bug bug
    2000
    do bug > failed bug bug, left lost, writes leave.broken
    2000
    at > nowhere
    `,
    ],
  'a bot that a moderator moves goes along, says so where it was, and begins the conversation anew': `
    with alone
    adam says: five > heard Adam: five, answered Adam: You said five.
    moved den > left moved, writes moved.elsewhere, writes seat.returned.anew
    100
    at > Den
    adam says: six > heard Adam: six, answered Adam: You said five.
    prompt > Adam: six
    `,
  'an answer in which the bot is moved ends there, and comes along to a channel that the same people may open':
    [
      {
        people: [adam],
        pieces: 'natural',
        places: { ...places, hasSameReaders: () => true, isNoWider: () => true },
      },
      `
    model: One. This is a rather long sentence. And there is more to come.
    adam asks: Hello?
    > told adam: answered One. This is a rather long sentence. And there is more to come.
    1500 sounding
    moved den > answered Adam (cancelled): One. This is a rather, left moved, writes moved (Den)
    3000
    adam asks: And? > told adam: answered nothing
    100
    prompt > Adam: Hello? | Nova: One. This is a rather | Adam: And?
    `,
    ],
  'a yes for the session stays where the bot is moved, whether its person was there before or comes after; a no and a pause stay, too': `
    eva joins > already consent brief
    adam goes
    moved den > left moved, writes moved.elsewhere
    100
    adam comes
    adam begins: five
    eva begins: five
    6000
    > heard Adam: five, answered Adam: You said five., heard Eva: five, answered Eva: You said five.
    eva denies > isSaved true
    pause > paused
    moved lounge > left moved, writes seat.returned.anew
    4000
    resume > resumed
    eva says: five
    `,
  ...Object.fromEntries(
    (
      [
        [
          'it may not enter',
          { findChannelFacts: () => ({ ...healthyFacts, mayConnect: false }) },
        ],
        [
          'nobody can talk',
          { findChannelFacts: () => ({ ...healthyFacts, isAfk: true }) },
        ],
        [
          'nobody can talk and there is no room',
          {
            findChannelFacts: () => ({
              ...healthyFacts,
              isAfk: true,
              limit: 2,
              members: 2,
            }),
          },
        ],
        ['there is nothing any more', { findChannel: () => undefined }],
      ] as const
    ).map(([why, over]) => [
      `where ${why} a bot that is moved does not stay`,
      [
        { people: [adam], places: { ...places, ...over }, acts: { countLeft } },
        `
    moved den > left moved
    100
    do countLeft > 1
    at > nowhere
    links > 1 tries, 1 links
    panel > leave.nowhere
    `,
      ],
    ]),
  ),
  ...Object.fromEntries(
    (
      [
        ['it may not speak', { maySpeak: false }],
        ['there is no room for another', { limit: 2, members: 2 }],
      ] as const
    ).map(([why, facts]) => [
      `where ${why} a bot that is moved stays and answers`,
      [
        {
          people: [adam],
          places: {
            ...places,
            findChannelFacts: () => ({ ...healthyFacts, ...facts }),
          },
          acts: { countLeft },
        },
        `
    moved den > left moved, writes moved.elsewhere
    100
    adam says: five > heard Adam: five, answered Adam: You said five.
    do countLeft > 0
    at > Den
    `,
      ],
    ]),
  ),
  'where it was put by somebody who may not enter it stays all the same': [
    {
      people: [adam],
      places: {
        ...places,
        findChannelFacts: () => ({ ...healthyFacts, callerMayEnter: false }),
      },
    },
    `
    moved den > left moved, writes moved.elsewhere
    100
    at > Den
    `,
  ],
  'a new link that is lost on the way along is tried again, and one that is refused is told': `
    with alone
    link fails 1 link.timeout
    moved den > left moved, failed link link.timeout, writes moved.elsewhere
    1500
    at > Den
    link fails 1 !link.no_cipher
    moved lounge > left moved, failed link link.no_cipher
    100
    at > nowhere
    `,
  'moved about, it ends where it was put last, and nobody reads that Discord refuses': [
    {
      people: [adam],
      places: threeChannels,
      acts: { slowDown: slowDown(300), toAttic },
    },
    `
    do slowDown
    moved den > left moved
    do toAttic
    40000 > writes in Den moved.elsewhere
    at > Attic
    moved den > left moved
    60
    do toAttic
    40000 > writes in Den moved.elsewhere
    at > Attic
    moved den > left moved
    280
    do toAttic
    leave > left channel Attic
    40000
    at > nowhere
    panel > leave.nowhere
    `,
  ],
  'a no, a yes and a pause that come while the bot is on its way hold once it is there':
    [
      { acts: { slowDown: slowDown(2_000) }, stored: { eva: { kind: 'always' } } },
      `
    do slowDown
    moved den > left moved
    500
    eva denies > isSaved true
    3000 > writes moved.elsewhere
    eva says: five
    moved lounge > left moved
    500
    eva allows > isSaved true
    3000
    eva says: five > heard Eva: five, answered Eva: You said five.
    moved den > left moved
    500
    pause > paused
    3000 > writes in Den seat.returned.anew
    eva says: five
    `,
    ],
  'a bot that is removed from the server ends what it does there, and writes nothing': `
    with alone
    link fails 1 link.timeout
    link lost > failed link link.lost
    removed from the server > left removed, erased 1
    40000
    at > nowhere
    timers > 0 timers
    `,
  'no server reads more than one notice in 30 s, and nothing that is not true any more': `
    with alone
    deafened on > writes deafened.server
    muted on
    29000
    deafened off
    deafened on
    muted off
    2000 > writes deafened.server
    muted on
    leave > left channel Lounge, left asked
    60000
    `,
  'a bot that may not be there any more leaves within 2 s and says so once': `
    with alone
    no-view den
    no-view lounge > left forbidden, writes join.no_right (View Channel) (Lounge)
    no-view lounge
    2000
    at > nowhere
    adam joins > joined consent brief
    no-connect lounge > left forbidden
    60000 > writes join.no_right (Connect) (Lounge)
    at > nowhere
    `,
  'while it is muted it answers in writing, says and reads nothing, also after a move, and then it speaks again': `
    with alone
    muted on > writes muted.server
    panel
    > muted.written; join.ok bot Nova channel Lounge; listening; people.yes names Adam; muted.server
    adam says: five > heard Adam: five, answered Adam, tells adam "You said five."
    read now: Hello. > refused muted.server
    adam asks: Why? > told adam: answered You said five., answered Adam
    moved den > left moved, writes in Den seat.returned.anew
    100
    read now: Hello. > refused muted.server
    muted off
    adam says: five > heard Adam: five, answered Adam: You said five.
    `,
  'a bot that may not speak says so unless it is let speak at once, and each new time it is muted': `
    with alone
    suppressed on
    read now: Hello. > refused muted.server
    2900
    suppressed off
    200
    suppressed on
    3100 > writes muted.server
    suppressed off
    40000
    muted on > writes muted.server
    muted on
    40000
    muted off
    muted on > writes muted.server
    suppressed on
    4000
    40000 > writes muted.server
    `,
  'a bot that is muted before it comes in knows it': [
    {
      isUncalled: true,
      people: [adam],
      acts: {
        muteEarly({ linkOpener, sessions }) {
          const open = linkOpener.openLink.bind(linkOpener);
          linkOpener.openLink = (where, mayHear, signal) => {
            sessions.onSeatChange(toGuildId('g'), { kind: 'muted', isOn: true });
            return open(where, mayHear, signal);
          };
        },
      },
    },
    `
    do muteEarly
    adam joins > joined consent brief, writes muted.server
    read now: Hello. > refused muted.server
    `,
  ],
  'calls that come at once open one link, a bot in company stays, and one that nobody keeps comes along':
    [
      { people: [adam], isUncalled: true, acts: { elsewhere: callElsewhere } },
      `
    adam joins > joined consent brief
    eva joins > already consent brief
    eva joins den
    > busy other guildId g channelId lounge name Lounge isAsked true
    > writes move.ask
    > offers 1 buttons
    do elsewhere > joined consent brief
    links > 2 tries, 2 links
    adam goes
    100
    eva joins den > busy other guildId g channelId lounge name Lounge isAsked true
    at > Lounge
    `,
    ],
  'a link that does not open is told as why, and tried again when it was said': [
    {
      people: [adam],
      isUncalled: true,
      acts: { rest: limitRate(59_400), restLong: limitRate(480_000) },
    },
    `
    link fails 2 link.timeout
    adam joins > timeout nextTryMs 1000, failed link link.timeout
    480
    links > 1 tries, 0 links
    20 > failed link link.timeout
    links > 2 tries, 0 links
    1000
    links > 3 tries, 1 links
    leave > left channel Lounge, left asked
    link fails 1 link.offline
    adam joins > offline nextTryMs 1000, failed link link.offline
    leave > left channel Lounge
    link fails 1 link.lost
    adam joins > lost nextTryMs 1000, failed link link.lost
    leave > left channel Lounge
    link fails 1 link.timeout
    adam joins > timeout nextTryMs 1000, failed link link.timeout
    adam joins > joined consent brief
    leave > left channel Lounge, left asked
    link fails 1 link.rate_limited
    do rest
    adam joins > resting nextTryMs 60000, failed link link.rate_limited
    leave > left channel Lounge
    link fails 1 link.rate_limited
    do restLong
    adam joins > barred restMs 480000, failed link link.rate_limited
    600000
    at > nowhere
    `,
  ],
  'what does not open for good is told as why, and not tried again': [
    { people: [adam], isUncalled: true, acts: { bug: throwBug } },
    `
    link fails 1 !link.no_cipher
    adam joins > no-voice, failed link link.no_cipher
    link fails 1 !link.no_end_to_end
    adam joins > no-voice, failed link link.no_end_to_end
    link fails 1 !link.lost
    adam joins > sent-away, failed link link.lost
    do bug
    adam joins > failed code bug, failed bug bug
    60000
    links > 4 tries, 0 links
    leave > nowhere
    `,
  ],
});

test('a caller whose call was taken back while it was on its way is told so', async () => {
  const { sessions, linkOpener } = openSessionFixture({}, [adam]);
  linkOpener.openLink = (_channel, _mayHear, signal) =>
    new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason)),
    );
  const joining = sessions.join(lounge, toPersonId('adam'));
  await new Promise(setImmediate);
  const leaving = sessions.leave(toGuildId('g'));
  expect([await joining, await leaving]).toMatchObject([
    { kind: 'left' },
    { kind: 'left' },
  ]);
});

test('a call that comes as the bot is sent away opens a link anew', async () => {
  const fixture = openSessionFixture({}, [adam]);
  const { linkOpener, sessions } = fixture;
  await sessions.join(lounge, toPersonId('adam'));
  sentAway(fixture);
  expect(await sessions.join(lounge, toPersonId('adam'))).toMatchObject({
    kind: 'joined',
  });
  expect(linkOpener.links.map(({ closed }) => closed)).toEqual([true, false]);
  expect(sessions.findSession(toGuildId('g'))?.isLinked).toBe(true);
});

test('a bot that is being stopped leaves every channel and takes no further call', async () => {
  const { clock, linkOpener, sessions } = await joinLounge({}, [adam]);
  await sessions.join({ ...den, guildId: toGuildId('h') }, adam.id);
  const closing = sessions[Symbol.asyncDispose]();
  const stopping = { kind: 'stopping' };
  expect(await sessions.join(lounge, toPersonId('adam'))).toEqual(stopping);
  await closing;
  expect([await sessions.join(lounge, toPersonId('adam')), linkOpener.asked]).toEqual([
    stopping,
    2,
  ]);
  expect(linkOpener.links.map(({ closed }) => closed)).toEqual([true, true]);
  expect(clock.sleeping).toBe(0);
});

test('no sequence of losses makes more than eleven joins in a minute', async () => {
  const fates = fc.array(fc.oneof(fc.constant('fails'), fc.nat(90_000)), {
    maxLength: 60,
  });
  const dice = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }));
  await fc.assert(
    fc.asyncProperty(fates, dice, async (all, random) => {
      const fixture = openSessionFixture(
        { getRandom: () => random.next().value ?? 0 },
        [adam],
      );
      const { clock, linkOpener, sessions } = fixture;
      const joinsAtMs: number[] = [];
      const open = linkOpener.openLink.bind(linkOpener);
      linkOpener.openLink = async (...how) => {
        joinsAtMs.push(clock.nowMs());
        const fate = all.shift() ?? 0;
        if (typeof fate === 'string') throw new BotError('link.lost', true, 'Gone.');
        const link = await open(...how);
        void clock
          .sleep(fate, new AbortController().signal)
          .then(() => linkOpener.link.lose());
        return link;
      };
      await sessions.join(lounge, toPersonId('adam'));
      await clock.advance(900_000);
      const busiest = joinsAtMs.map(
        (fromMs) =>
          joinsAtMs.filter((atMs) => atMs >= fromMs && atMs < fromMs + 60_000).length,
      );
      expect(Math.max(...busiest)).toBeLessThanOrEqual(11);
      await sessions[Symbol.asyncDispose]();
    }),
    { numRuns: 8 },
  );
}, 60_000);
