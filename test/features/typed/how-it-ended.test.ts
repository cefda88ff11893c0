import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import type { PlayRequest } from '#src/features/tracks/track-outcomes.ts';
import type { PlayEnd } from '#src/ports/play-end.ts';
import { adam, eva, pass, type SessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { byAdam, byEva, openSetup, play } from '#test/conversation/setup/tracks-fixture.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

const owner = { id: 'adam', name: 'Adam' };
async function openQuiet(pieces = 20, synthesizer = new FakeSynthesizer({ pieces })) {
  return await openSetup([adam, eva], { addressing: 'off', synthesizer });
}

/** Ends of a text that the bot says. */
type SayOptions = Parameters<SessionFixture['talk']['say']>[3];

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
  fixture.tracks.change('g', byAdam, { kind: 'skip' }, track);
  await pass(fixture, 1_000);
  expect(ends).toEqual([{ kind: 'skipped' }]);
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

test('a text that the link took in part is lost with it, and one that it had not begun comes again', async () => {
  const fixture = await openQuiet(100);
  const begun = await say(fixture);
  const waits = await say(fixture);
  fixture.linkOpener.link.lose(new BotError('discord.unreachable', true, 'Lost.'));
  await pass(fixture, 20_000);
  expect([begun, waits]).toEqual([[{ kind: 'stopped', why: 'lost' }], [{ kind: 'completed' }]]);
});

test('who is forgotten still learns how their sound ended', async () => {
  const fixture = await openQuiet(200);
  const ends = await sound(fixture);
  await fixture.privacy.forget('g', 'adam');
  fixture.tracks.change('g', byEva, { kind: 'skip' }, 'main');
  await pass(fixture, 20);
  expect(ends).toEqual([{ kind: 'skipped' }]);
});
