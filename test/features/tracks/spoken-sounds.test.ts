import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import type { SayOptions } from '#src/features/typed/say-outcomes.ts';

import { adam, eva, pass, type SessionFixture } from '#test/conversation/setup/session-fixture.ts';
import {
  ben,
  byAdam,
  byEva,
  openSetup,
  play,
  titles,
} from '#test/conversation/setup/tracks-fixture.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

const owner = { id: 'adam', name: 'Adam' };
const words = 'Dinner is ready in the kitchen. Come when you like, and bring a chair.';

async function openSpeaking(synthesizer = new FakeSynthesizer({ pieces: 20 })) {
  const fixture = await openSetup([adam, eva, ben], { addressing: 'off', synthesizer });
  return { fixture, synthesizer };
}

function say(
  fixture: SessionFixture,
  text: string,
  how: SayOptions,
  when: 'now' | 'queue' = 'queue',
) {
  return fixture.talk.say('g', text, when, { owner, ...how });
}

function textsOf({ asked }: FakeSynthesizer): readonly string[] {
  return asked.map(({ text }) => text);
}

test('a text plays on a named track like a sound, and belongs to whoever had it said', async () => {
  const { fixture, synthesizer } = await openSpeaking();
  expect(await say(fixture, words, { track: 'news', voice: 'rms' })).toMatchObject({
    kind: 'placed',
    playing: { kind: 'playing', track: 'news' },
  });
  await pass(fixture, 500);
  const view = fixture.tracks.list('g')?.[0];
  expect(view).toMatchObject({ name: 'news', current: { owner: 'Adam' } });
  expect(view?.current?.title).toBe('“Dinner is ready in the kitchen. Come whe…”');
  expect(view?.current?.positionMs).toBeGreaterThan(100);
  const said = synthesizer.asked.find(({ text }) => text.startsWith('Dinner'));
  expect(said).toMatchObject({ voice: { name: 'rms' } });
  expect(fixture.tracks.steer('g', byEva, 'skip', 'news')).toMatchObject([{ kind: 'denied' }]);
  expect(fixture.tracks.steer('g', byAdam, 'skip', 'news')).toMatchObject([{ kind: 'skipped' }]);
});

test('it waits behind other sounds, or before them when it is to come now, and is not synthesised until then', async () => {
  const { fixture, synthesizer } = await openSpeaking();
  await play(fixture, byEva);
  await play(fixture, byEva, { sound: 'sea' });
  expect(await say(fixture, 'Later.', { track: 'main' })).toMatchObject({ playing: { place: 2 } });
  expect(await say(fixture, 'Sooner.', { track: 'MAIN' }, 'now')).toMatchObject({
    playing: { kind: 'added', place: 1 },
  });
  await pass(fixture, 500);
  expect(titles(fixture)).toEqual(['rain', '“Sooner.”', 'sea', '“Later.”']);
  expect(textsOf(synthesizer)).not.toContain('Sooner.');
  fixture.tracks.steer('g', byEva, 'skip', 'main');
  await pass(fixture, 500);
  expect(textsOf(synthesizer)).toContain('Sooner.');
  expect(textsOf(synthesizer)).not.toContain('Later.');
});

test('what is moved back or comes again is not synthesised again', async () => {
  const { fixture, synthesizer } = await openSpeaking(new FakeSynthesizer({ pieces: 10 }));
  await say(fixture, 'Again and again.', { track: 'main' });
  fixture.tracks.change('g', byAdam, { kind: 'loop', on: true }, 'main');
  await pass(fixture, 3_000);
  const to = { kind: 'at', ms: 50 } as const;
  expect(fixture.tracks.change('g', byAdam, { kind: 'seek', to }, 'main')).toMatchObject({
    kind: 'sought',
    positionMs: 50,
  });
  await pass(fixture, 1_000);
  expect(titles(fixture)).toEqual(['“Again and again.”']);
  expect(textsOf(synthesizer).filter((text) => text === 'Again and again.')).toHaveLength(1);
});

test.each([
  ['cues', { kind: 'placed', playing: { kind: 'reserved', track: 'cues' } }],
  ['all', { kind: 'placed', playing: { kind: 'reserved', track: 'all' } }],
  ['x'.repeat(41), { kind: 'placed', playing: { kind: 'bad-name' } }],
  [
    'Dinner Bell',
    { kind: 'placed', playing: { kind: 'playing', title: '“Hello.”', track: 'Dinner Bell' } },
  ],
  ['Voice', { kind: 'queued', ahead: 0 }],
])('said on %s it ends with %j', async (track, outcome) => {
  const { fixture } = await openSpeaking();
  expect(await say(fixture, 'Hello.', { track })).toEqual(outcome);
});

test('nothing that can be said is said on no track', async () => {
  const { fixture } = await openSpeaking();
  expect(await say(fixture, '```code```', { track: 'bg' })).toEqual({ kind: 'unspeakable' });
});

test('words are not stored: after a restart only sounds are there again', async () => {
  const { fixture } = await openSpeaking();
  await play(fixture, byEva);
  await say(fixture, 'A secret.', { track: 'main' });
  await pass(fixture, 4_000);
  const kept = await fixture.trackStore.read('g', 'lounge');
  expect(kept[0]?.sounds.map(({ title }) => title)).toEqual(['rain']);
  expect(JSON.stringify(kept)).not.toContain('secret');
});

test('a voice that is out is told with the text it was to say', async () => {
  const error = new BotError('speech.failed', true, 'It is out.');
  const { fixture } = await openSpeaking(
    new FakeSynthesizer({ fault: () => ({ afterPieces: 0, error }) }),
  );
  await pass(fixture, 31_000); // so does the greeting, and notices keep their distance
  await say(fixture, 'Hello.', { track: 'bg' });
  await pass(fixture, 31_000);
  expect(fixture.written.at(-1)).toBe(
    "I can't play “Hello.” on bg: my voice is out. It is skipped.",
  );
});
