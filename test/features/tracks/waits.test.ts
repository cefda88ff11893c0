import { BotError } from '#src/base/errors.ts';
import type { PlayWaitOutcome } from '#src/base/play-end.ts';
import type { PlayRequest } from '#src/features/tracks/track-request-outcomes.ts';
import {
  adam,
  eva,
  lounge,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import {
  byAdam,
  byEva,
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

const leave = ({ sessions }: SessionFixture) => sessions.leave('g');
const end = ({ sessions }: SessionFixture) => sessions[Symbol.asyncDispose]();
const change = (kind: 'skip' | 'stop') => (fixture: SessionFixture, track: string) =>
  changeTrack(fixture, byAdam, kind, track);

const endings = [
  ['skipped', change('skip')],
  ['stopped', change('stop')],
  ['left', leave],
  ['left', end],
] as const;

test.each(
  kinds.flatMap((kind) => endings.map((ending) => [...kind, ...ending] as const)),
)(
  'a wait for %s on %s ends when that is ended',
  async (...[, track, title, begin, why, act]) => {
    const fixture = await openQuiet();
    const ends = await begin(fixture);
    await passTime(fixture, 500);
    expect(ends).toEqual([]);
    const acting = act(fixture, track);
    await passTime(fixture, 1_000);
    await acting;
    expect(ends).toEqual([why]);
    expect(played(fixture)).toEqual([[track, title, why]]);
  },
);

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

test('a sound that is removed from a queue, or waits there when all is stopped, ends for those who wait for it', async () => {
  const fixture = await openQuiet();
  const all = [await sound(fixture), await sound(fixture), await sound(fixture)];
  changeTrack(fixture, byAdam, { kind: 'remove', item: '1' });
  changeTrack(fixture, byAdam, 'stop');
  await passTime(fixture, 20);
  expect(all).toEqual([['stopped'], ['skipped'], ['stopped']]);
});

test('a text ends when its owner is forgotten, when a moderator mutes the bot, and when there is no voice', async () => {
  for (const [why, act] of [
    ['withdrawn', ({ privacy }) => privacy.forget('g', 'adam')],
    [
      'muted',
      ({ sessions }) => sessions.onSeatChange('g', { kind: 'muted', isOn: true }),
    ],
  ] as readonly (readonly [string, (fixture: SessionFixture) => unknown])[]) {
    const fixture = await openQuiet();
    const ends = await say(fixture);
    await passTime(fixture, 500);
    await act(fixture);
    await passTime(fixture, 500);
    expect(ends).toEqual([why]);
  }
  const error = new BotError('provider.refused', false, 'No.');
  const synthesizer = new FakeSynthesizer({ fault: () => ({ afterPieces: 0, error }) });
  const voiceless = await openQuiet(20, { synthesizer });
  const ends = [await say(voiceless), await say(voiceless, 'news')];
  await passTime(voiceless, 15_000);
  expect(ends).toEqual([['failed'], ['failed']]);
});

test('of a lost link a text that had begun is lost, and what waits or is a sound comes when the link is back', async () => {
  const fixture = await openQuiet(100);
  const text =
    'Dinner is ready, and it stands on the table in the kitchen. Please come before it is cold.';
  const begun = await say(fixture, undefined, text);
  const [waits, rain] = [await say(fixture), await sound(fixture)];
  await passTime(fixture, 5_500);
  fixture.linkOpener.link.lose(new BotError('discord.unreachable', true, 'Lost.'));
  await passTime(fixture, 40_000);
  expect([begun, waits, rain]).toEqual([['lost'], ['completed'], ['completed']]);
});

test('a link that never comes back ends all waits', async () => {
  const fixture = await openQuiet();
  const [waits, rain] = [await say(fixture, 'news'), await sound(fixture)];
  fixture.linkOpener.link.lose(
    new BotError('link.lost', false, 'A person has kicked the bot.'),
  );
  await passTime(fixture, 2_000);
  expect([waits, rain]).toEqual([['left'], ['left']]);
});

test('a track that repeats a sound is refused, and one that begins to ends the waits for all that is on it', async () => {
  const fixture = await openQuiet();
  const looping = { kind: 'looping', track: 'main' };
  expect(await playSound(fixture, byAdam, { wait: true, loop: true })).toEqual(looping);
  await playSound(fixture, byAdam, { loop: true });
  expect(await playSound(fixture, byAdam, { wait: true })).toEqual(looping);
  const how = { track: 'main', wait: true };
  const saying = await fixture.talk.sayText('g', 'Hello.', 'queue', how);
  expect(saying).toEqual({ kind: 'placed', playing: looping });
  const bg = { track: 'bg' };
  const [now, behind] = [await sound(fixture, bg), await sound(fixture, bg)];
  changeTrack(fixture, byAdam, { kind: 'loop', on: true }, 'bg');
  await passTime(fixture, 20);
  expect([now, behind]).toEqual([['looping'], ['looping']]);
  changeTrack(fixture, byAdam, { kind: 'loop', on: false }, 'bg');
  await passTime(fixture, 25_000);
  expect([now, behind]).toEqual([['looping'], ['looping']]);
  expect(played(fixture)).toEqual([
    ['bg', 'rain', 'completed'],
    ['bg', 'rain', 'completed'],
  ]);
});

test('whoever calls the bot again keeps what plays: its wait goes on, and its end is told once', async () => {
  const fixture = await openQuiet();
  const rain = await sound(fixture);
  fixture.linkOpener.link.lose(new BotError('link.lost', true, 'Gone.'));
  await passTime(fixture, 20);
  const joining = fixture.sessions.join(lounge, 'adam');
  await passTime(fixture, 1_000);
  await joining;
  expect(rain).toEqual([]);
  await passTime(fixture, 15_000);
  expect([rain, played(fixture)]).toEqual([
    ['completed'],
    [['main', 'rain', 'completed']],
  ]);
});

test('a forgotten person still learns how their sound ended', async () => {
  const fixture = await openQuiet();
  const ends = await sound(fixture);
  await fixture.privacy.forget('g', 'adam');
  changeTrack(fixture, byEva, 'skip');
  await passTime(fixture, 20);
  expect(ends).toEqual(['skipped']);
});

test('there are as many waits as places on tracks, and no more', async () => {
  const fixture = await openQuiet();
  for (let n = 0; n < 100; n++) await sound(fixture);
  expect(await playSound(fixture, byAdam, { wait: true })).toMatchObject({
    kind: 'full',
    limit: 100,
  });
});
