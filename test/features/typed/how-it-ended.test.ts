import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import type { PlayEnd } from '#src/conversation/ports/play-end.ts';
import type { PlayRequest } from '#src/features/tracks/track-outcomes.ts';
import type { SayOptions } from '#src/features/typed/say-outcomes.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { byAdam, byEva, openSetup, play } from '#test/conversation/setup/tracks-fixture.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

const owner = { id: 'adam', name: 'Adam' };
const out = new BotError('speech.failed', true, 'It is out.');
const broken = () => new FakeSynthesizer({ fault: () => ({ afterPieces: 0, error: out }) });

async function openQuiet(pieces = 20, synthesizer = new FakeSynthesizer({ pieces })) {
  return await openSetup([adam, eva], { addressing: 'off', synthesizer });
}

/** Ends of a text that the bot says. */
async function say(fixture: SessionFixture, how: SayOptions = {}): Promise<PlayEnd[]> {
  const ends: PlayEnd[] = [];
  const onEnd = (end: PlayEnd) => void ends.push(end);
  await fixture.talk.say('g', 'Dinner is ready.', 'queue', { owner, onEnd, ...how });
  await pass(fixture, 100);
  return ends;
}

async function sound(
  fixture: SessionFixture,
  request: Partial<PlayRequest> = {},
): Promise<PlayEnd[]> {
  const ends: PlayEnd[] = [];
  await play(fixture, byAdam, { onEnd: (end) => void ends.push(end), ...request });
  await pass(fixture, 100);
  return ends;
}

/** Kinds of playback, each with the name of its track. */
const kinds = [
  ['a text on voice', 'voice', say],
  ['a text on a named track', 'news', (f: SessionFixture) => say(f, { track: 'news' })],
  ['a sound', 'main', sound],
] as const;

test.each(kinds)('%s that is skipped tells so, once', async (_, track, begin) => {
  const fixture = await openQuiet(200);
  const ends = await begin(fixture);
  expect(ends).toEqual([]);
  fixture.tracks.steer('g', byAdam, 'skip', track);
  await pass(fixture, 1_000);
  expect(ends).toEqual([{ kind: 'skipped' }]);
});

test.each(kinds)('%s that is stopped tells so, once', async (_, track, begin) => {
  const fixture = await openQuiet(200);
  const ends = await begin(fixture);
  fixture.tracks.steer('g', byAdam, 'stop', track);
  await pass(fixture, 1_000);
  expect(ends).toEqual([{ kind: 'stopped', why: 'asked' }]);
});

test.each(kinds)('%s that waits and is taken out is skipped', async (_, track, begin) => {
  const fixture = await openQuiet(200);
  await begin(fixture);
  const ends = await begin(fixture);
  fixture.tracks.change('g', byAdam, { kind: 'remove', item: '1' }, track);
  await pass(fixture, 100);
  expect(ends).toEqual([{ kind: 'skipped' }]);
});

test.each(kinds)('%s is stopped when the bot leaves', async (_, _track, begin) => {
  const fixture = await openQuiet(200);
  const ends = await begin(fixture);
  const left = fixture.sessions.leave('g');
  await pass(fixture, 1_000);
  await left;
  expect(ends).toEqual([{ kind: 'stopped', why: 'left' }]);
});

test.each([{}, { track: 'news' }])(
  'a text is completed with the last frame that left for the channel: %j',
  async (where) => {
    const fixture = await openQuiet(20);
    const { link } = fixture.linkOpener;
    await pass(fixture, 5_000); // the greeting
    const before = link.sent;
    const ends = await say(fixture, where);
    while (ends.length === 0 && fixture.clock.nowMs() < 30_000) await pass(fixture, 20);
    expect(ends).toEqual([{ kind: 'completed' }]);
    const { sent } = link;
    expect(sent - before).toBeGreaterThan(50); // more than a second
    await pass(fixture, 1_000);
    expect(link.sent).toBe(sent);
    expect(ends).toHaveLength(1);
  },
);

test('what loops never completes, and ends when it is stopped', async () => {
  const fixture = await openQuiet();
  const ends = await sound(fixture, { loop: true });
  await pass(fixture, 60_000);
  expect(ends).toEqual([]);
  fixture.tracks.steer('g', byAdam, 'stop', 'main');
  expect(await Promise.all(ends)).toEqual([]);
  await pass(fixture, 20);
  expect(ends).toEqual([{ kind: 'stopped', why: 'asked' }]);
});

test.each([{}, { track: 'news' }])('a text that no voice speaks has failed: %j', async (how) => {
  const fixture = await openQuiet(20, broken());
  const ends = await say(fixture, how);
  await pass(fixture, 20_000);
  expect(ends).toEqual([{ kind: 'failed', reason: { id: 'track.bad.voice' } }]);
});

test('/stop ends what is said and what waits', async () => {
  const fixture = await openQuiet(200);
  const [first, second] = [await say(fixture), await say(fixture)];
  fixture.talk.stop('g');
  await pass(fixture, 100);
  expect([...first, ...second]).toEqual([
    { kind: 'stopped', why: 'asked' },
    { kind: 'stopped', why: 'asked' },
  ]);
});

test('a moderator who mutes the bot ends what it says', async () => {
  const fixture = await openQuiet(200);
  const ends = await say(fixture);
  fixture.sessions.session('g')?.context.queue.mute(true);
  await pass(fixture, 100);
  expect(ends).toEqual([{ kind: 'stopped', why: 'muted' }]);
});

test('a sound goes on over a lost link, and its end is told then', async () => {
  const fixture = await openQuiet();
  const ends = await sound(fixture);
  fixture.linkOpener.link.lose(new BotError('discord.unreachable', true, 'Lost.'));
  await pass(fixture, 5_000);
  expect(ends).toEqual([]);
  fixture.tracks.steer('g', byAdam, 'skip', 'main');
  await pass(fixture, 20);
  expect(ends).toEqual([{ kind: 'skipped' }]);
});

test('a text that the link took in part is lost with it, and one that it had not begun comes again', async () => {
  const fixture = await openQuiet(100);
  const begun = await say(fixture);
  const waits = await say(fixture);
  fixture.linkOpener.link.lose(new BotError('discord.unreachable', true, 'Lost.'));
  await pass(fixture, 20_000);
  expect([begun, waits]).toEqual([[{ kind: 'stopped', why: 'lost' }], [{ kind: 'completed' }]]);
});

test('a bot that is moved takes its sounds along, and a text on voice ends there', async () => {
  const fixture = await openQuiet(200);
  const [moved, ended] = [await sound(fixture), await say(fixture)];
  fixture.sessions.news('g', { kind: 'moved', channelId: 'den' });
  await pass(fixture, 3_000);
  expect(fixture.of('left')).toMatchObject([{ why: 'moved' }]);
  expect([moved, ended]).toEqual([[], [{ kind: 'stopped', why: 'left' }]]);
  fixture.tracks.steer('g', byAdam, 'stop', 'main');
  await pass(fixture, 20);
  expect(moved).toEqual([{ kind: 'stopped', why: 'asked' }]);
});

test('who is forgotten still learns how their sound ended', async () => {
  const fixture = await openQuiet(200);
  const ends = await sound(fixture);
  await fixture.privacy.forget('g', 'adam');
  fixture.tracks.steer('g', byEva, 'skip', 'main');
  await pass(fixture, 20);
  expect(ends).toEqual([{ kind: 'skipped' }]);
});

test('what cannot be placed tells no end', async () => {
  const fixture = openSessionFixture({}, [adam]);
  const ends: PlayEnd[] = [];
  const onEnd = (end: PlayEnd) => void ends.push(end);
  expect(await fixture.talk.say('g', 'Hello.', 'queue', { onEnd })).toEqual({ kind: 'nowhere' });
  await fixture.sessions.join(lounge, 'adam');
  await fixture.talk.say('g', 'Hello.', 'queue', { onEnd, track: 'cues' });
  await pass(fixture, 1_000);
  expect(ends).toEqual([]);
});

test.each([{}, { track: 'news' }])(
  'a text is spoken by the model and in the tone that were asked for: %j',
  async (where) => {
    const synthesizer = new FakeSynthesizer({ pieces: 20 });
    const fixture = await openQuiet(20, synthesizer);
    await say(fixture, { ...where, model: 'tts-hd', tone: 'whisper', voice: 'rms' });
    await pass(fixture, 500);
    const asked = synthesizer.asked.find(({ text }) => text.startsWith('Dinner'));
    expect(asked?.voice).toMatchObject({
      model: 'tts-hd',
      instructions: 'whisper',
      name: 'rms',
    });
    expect(asked?.voice).not.toHaveProperty('speed'); // the sound is stretched, whatever the engine
  },
);

test.each([{}, { track: 'news' }])(
  'a text at twice the pace takes half the time: %j',
  async (where) => {
    const taken: number[] = [];
    for (const speed of [1, 2]) {
      const fixture = await openQuiet(200); // 4 s
      const ends = await say(fixture, { ...where, speed });
      const fromMs = fixture.clock.nowMs();
      while (ends.length === 0) await pass(fixture, 20);
      taken.push(fixture.clock.nowMs() - fromMs);
    }
    const [usual = 0, fast = 0] = taken;
    expect(usual).toBeGreaterThan(3_500);
    expect(fast / usual).toBeLessThan(0.6);
  },
);
