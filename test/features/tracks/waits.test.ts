import { BotError } from '#src/base/errors.ts';
import type { PlayWaitOutcome } from '#src/base/play-end.ts';
import type { PlayRequest } from '#src/features/tracks/track-request-outcomes.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import {
  adam,
  eva,
  lounge,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import {
  byAdam,
  changeTrack,
  openSetup,
  playSound,
} from '#test/conversation/setup/tracks-fixture.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';

/** Ends of what is awaited, as they come. */
type Ends = PlayWaitOutcome[];

/** A session that has greeted, whose texts take as many tenths of a second as `pieces`. */
async function openQuiet(pieces = 200, over: Parameters<typeof openSetup>[1] = {}) {
  const synthesizer = new FakeSynthesizer({ pieces });
  const fixture = await openSetup([adam, eva], {
    addressing: 'off',
    synthesizer,
    ...over,
  });
  const talk = fixture.sessions.findSession('g')?.loop;
  do await passTime(fixture, 1_000);
  while (talk?.state.turnQueue.current);
  fixture.events.length = 0;
  return fixture;
}

async function say(fixture: SessionFixture, track?: string, text = 'Dinner is ready.') {
  const owner = { id: 'adam', name: 'Adam' };
  const how = { owner, payer: owner, track, wait: true };
  const saying = await fixture.talk.sayText('g', text, 'queue', how);
  return follow(saying.kind === 'placed' ? saying.playing : saying);
}

async function sound(fixture: SessionFixture, more: Partial<PlayRequest> = {}) {
  return follow(await playSound(fixture, byAdam, { wait: true, ...more }));
}

function follow(placed: object) {
  const ends: Ends = [];
  if (!('ended' in placed))
    throw new Error(`It has no place: ${JSON.stringify(placed)}`);
  void (placed.ended as Promise<PlayWaitOutcome>).then((end) => ends.push(end));
  return ends;
}

const played = (fixture: SessionFixture) =>
  fixture.of('played').map(({ end, title, track }) => [track, title, end]);

const kinds: readonly [
  name: string,
  track: string,
  title: string | undefined,
  begin: (fixture: SessionFixture) => Promise<Ends>,
][] = [
  ['a text on voice', 'voice', undefined, (fixture) => say(fixture)],
  ['a text on a named track', 'news', undefined, (fixture) => say(fixture, 'news')],
  ['a sound', 'main', 'rain', (fixture) => sound(fixture)],
];

test('a text that is talked down was interrupted, and one that waits when the process ends is left', async () => {
  const fixture = await openQuiet();
  const first = await say(fixture);
  const second = await say(fixture);
  const third = await say(fixture);
  await passTime(fixture, 500);
  const talk = fixture.sessions.findSession('g')?.loop;
  const reply = talk?.state.turnQueue.current?.reply ?? 0;
  talk?.post({ kind: 'barged', reply, action: 'yield' });
  await passTime(fixture, 500);
  expect([first, second, third]).toEqual([['interrupted'], [], []]);
  const draining = fixture.sessions.drainAll(5_000);
  await passTime(fixture, 100);
  expect([second, third]).toEqual([[], ['left']]);
  await passTime(fixture, 6_000);
  await draining;
});

test.each(kinds)(
  'a wait for %s ends with the last frame that leaves for the channel',
  async (...[, track, title, begin]) => {
    const fixture = await openQuiet(20);
    const { link } = fixture.linkOpener;
    const before = link.sent;
    const ends = await begin(fixture);
    while (ends.length === 0 && fixture.clock.nowMs() < 60_000)
      await passTime(fixture, 20);
    expect(ends).toEqual(['completed']);
    const { sent } = link;
    expect(sent - before).toBeGreaterThan(50); // more than a second
    await passTime(fixture, 1_000);
    expect(link.sent - sent).toBeLessThan(2); // a sound may fade away in one more
    expect(played(fixture)).toEqual([[track, title, 'completed']]);
  },
);

test('there are as many waits as places on tracks, and no more', async () => {
  const fixture = await openQuiet();
  for (let n = 0; n < 100; n++) await sound(fixture);
  expect(await playSound(fixture, byAdam, { wait: true })).toMatchObject({
    kind: 'full',
    limit: 100,
  });
});

const kicked = ({ linkOpener }: SessionFixture) =>
  linkOpener.link.lose(
    new BotError('link.lost', false, 'A person has kicked the bot.'),
  );
const end = ({ sessions }: SessionFixture) => sessions[Symbol.asyncDispose]();
const removeFirst = (fixture: SessionFixture) =>
  void changeTrack(fixture, byAdam, { kind: 'remove', item: '1' });
const loop = (on: boolean) => (fixture: SessionFixture) =>
  void changeTrack(fixture, byAdam, { kind: 'loop', on }, 'bg');
const rejoin = ({ sessions }: SessionFixture) => void sessions.join(lounge, 'adam');

playScripts({
  'a wait for a text on voice ends when that is skipped, stopped or left': [
    { pieces: 200, acts: { end } },
    `
    with off, alone
    adam has read: Dinner. > queued position 0, says "Dinner."
    500
    adam skips voice > skipped track voice title “…”, text: skipped, played voice: skipped
    1000
    adam has read: Dinner. > queued position 0, says "Dinner."
    500
    adam stops voice
    > changed track voice change stop title “…”, text: stopped, played voice: stopped
    1000
    adam has read: Dinner. > queued position 0, says "Dinner."
    500
    leave > text: left, left channel Lounge, played voice: left, left asked
    1000
    adam joins > joined consent brief
    6000
    adam has read: Dinner. > queued position 0, says "Dinner."
    500
    do end > text: left, played voice: left, left stopped
    `,
  ],
  'a wait for a text on a named track ends when that is skipped, stopped or left': [
    { pieces: 200, acts: { end } },
    `
    with off, alone
    adam has read on news: Dinner. > playing title “…” track news place 0, says "Dinner."
    500
    adam skips news > text: skipped, skipped track news title “…”, played news: skipped
    1000
    adam has read on news: Dinner. > playing title “…” track news place 0, says "Dinner."
    500
    adam stops news > text: stopped, changed track news change stop title “…”, played news: stopped
    1000
    adam has read on news: Dinner. > playing title “…” track news place 0, says "Dinner."
    500
    leave > text: left, left channel Lounge, played news: left, left asked
    1000
    adam joins > joined consent brief
    6000
    adam has read on news: Dinner. > playing title “…” track news place 0, says "Dinner."
    500
    do end > text: left, played news: left, left stopped
    `,
  ],
  'a wait for a sound ends when that is skipped, stopped or left': [
    { pieces: 200, acts: { end } },
    `
    with off, alone
    adam awaits rain > playing title rain track main place 0
    500
    adam skips main > rain: skipped, skipped track main title rain, played main: skipped
    1000
    adam awaits rain > playing title rain track main place 0
    500
    adam stops main > rain: stopped, changed track main change stop title rain, played main: stopped
    1000
    adam awaits rain > playing title rain track main place 0
    500
    leave > rain: left, left channel Lounge, played main: left, left asked
    1000
    adam joins > joined consent brief
    6000
    adam awaits rain > playing title rain track main place 0
    500
    do end > rain: left, played main: left, left stopped
    `,
  ],
  'a sound that is removed from a queue, or waits there when all is stopped, ends for those who wait for it':
    [
      { acts: { removeFirst } },
      `
    with off, alone
    adam awaits rain > playing title rain track main place 0
    adam awaits sea > added title sea track main place 1
    adam awaits wind > added title wind track main place 2
    do removeFirst > sea: skipped, played main: skipped
    20
    adam stops
    > rain: stopped
    > wind: stopped
    > changed track main change stop title rain
    > played main: stopped x2
    20
    `,
    ],
  'a text ends when its owner is forgotten, when a moderator mutes the bot, and when there is no voice':
    [
      { pieces: 200 },
      `
    with off, alone
    adam has read: Dinner is ready. > queued position 0, says "Dinner is ready."
    500
    adam is forgotten > text: withdrawn, forgotten total 0, played voice: withdrawn
    500
    adam has read: Dinner is ready. > queued position 0, says "Dinner is ready."
    500
    muted on > text: muted, played voice: muted, writes muted.server
    500
    muted off
    voice fails !provider.refused
    adam has read: Dinner is ready.
    > queued position 0
    > text: failed
    > failed speak provider.refused
    > played voice: failed
    > says "Dinner is ready."
    > writes "My voice is out, so I'm writing: Dinner is ready."
    adam has read on news: Dinner is ready.
    > playing title “…” track news place 0, says "Dinner is ready."
    15000 > text: failed, played news: failed
    `,
    ],
  'of a lost link a text that had begun is lost, and what waits or is a sound comes when the link is back':
    [
      { pieces: 100 },
      `
    with off, alone
    adam has read: Dinner is ready, and it stands on the table in the kitchen. Please come before it is cold.
    > queued position 0, says "Dinner is ready,"
    adam has read: Dinner is over. > queued position 1
    adam awaits rain > playing title rain track main place 0
    5500 > says "and it stands on the table in the kitchen."
    link lost discord.unreachable > text: lost, failed link discord.unreachable, played voice: lost
    40000
    > rain: completed
    > text: completed
    > played main: completed
    > played voice: completed
    > says "Dinner is over."
    `,
    ],
  'a link that never comes back ends all waits': [
    { pieces: 200, acts: { kicked } },
    `
    with off, alone
    adam has read on news: Dinner is ready.
    > playing title “…” track news place 0, says "Dinner is ready."
    adam awaits rain > playing title rain track main place 0
    do kicked
    > text: left
    > rain: left
    > failed link link.lost
    > played news: left
    > played main: left
    > left sent-away
    2000
    `,
  ],
  'a track that repeats a sound is refused, and one that begins to ends the waits for all that is on it':
    [
      { acts: { loop: loop(true), loopNoMore: loop(false), loopRain } },
      `
    with off, alone
    adam awaits rain again and again > looping track main
    do loopRain
    adam awaits rain > looping track main
    adam has read on main: Hello. > looping track main
    adam awaits rain on bg > playing title rain track bg place 0
    adam awaits rain on bg > added title rain track bg place 1
    do loop > rain: looping x2
    20
    do loopNoMore
    25000 > played bg: completed x2
    `,
    ],
  'whoever calls the bot again keeps what plays: its wait goes on, and its end is told once':
    [
      { acts: { rejoin } },
      `
    with off, alone
    adam awaits rain > playing title rain track main place 0
    link lost > failed link link.lost
    20
    do rejoin > left moved
    1000
    15000 > rain: completed, played main: completed
    `,
    ],
  'a forgotten person still learns how their sound ended': `
    with off
    adam awaits rain > playing title rain track main place 0
    adam is forgotten > forgotten total 0
    eva skips > rain: skipped, skipped track main title rain, played main: skipped
    20
    `,
});

async function loopRain(fixture: SessionFixture) {
  await playSound(fixture, byAdam, { loop: true });
}
