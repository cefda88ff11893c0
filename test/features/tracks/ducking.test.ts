import { expect, test } from 'vitest';
import { rms } from '#src/audio/loudness.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import {
  adam,
  eva,
  openSessionFixture,
  pass,
  type SessionFixture,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { byAdam, openSetup, play } from '#test/conversation/setup/tracks-fixture.ts';
import { fromPcm } from '#test/fakes/made-source.ts';
import { catalog } from '#test/fakes/sounds.ts';

const codec = await loadOpus();
const speech = 'human-cards-004';

const tone = Int16Array.from({ length: 20 * 48_000 }, (_, n) => 9_000 * Math.sin(n / 17));
const sounds = catalog({
  names: async () => ['tone'],
  titled: async () => [{ name: 'tone' }],
  open: async (title) => fromPcm(title, { samples: tone, rateHz: 48_000, channels: 1 }),
});

/** `levels` in decibels, of each frame that left. */
type Concert = { readonly fixture: SessionFixture; readonly levels: readonly number[] };

/** A tone plays; the bot answers nobody. */
async function openConcert(): Promise<Concert> {
  const fixture = await openSetup([adam, eva], { codec, sounds, addressing: 'off' });
  const decoder = codec.stereoDecoder();
  const levels: number[] = [];
  fixture.linkOpener.link.onLeft = (frame) => {
    levels.push(20 * Math.log10(rms(decoder.decode(frame))));
  };
  await play(fixture, byAdam, { sound: 'tone' });
  await pass(fixture, 1_500);
  return { fixture, levels };
}

/** Decibels by which the quietest frame lay below the level before, while a person spoke. */
async function duckedDb({ fixture, levels }: Concert, who = adam): Promise<number> {
  const before = levels.at(-1) ?? 0;
  const from = levels.length;
  await pass(fixture, 3_500, await words(speech, who, fixture.clock.nowMs()));
  return before - Math.min(...levels.slice(from));
}

test('tracks give way to people from when a server wants that until it does not', async () => {
  const concert = await openConcert();
  const { fixture } = concert;
  expect(await duckedDb(concert)).toBeLessThan(1);
  expect(await fixture.settings.set('g', 'duck_for_people', 'on')).toMatchObject({ value: 'on' });
  expect(Math.abs((await duckedDb(concert)) - 14)).toBeLessThan(1);
  await fixture.settings.set('g', 'duck_for_people', 'default');
  expect(await duckedDb(concert)).toBeLessThan(1);
  await fixture.sessions.leave('g');
});

test('tracks give way to nobody who may not be heard', async () => {
  const concert = await openConcert();
  await concert.fixture.settings.set('g', 'duck_for_people', 'on');
  expect(await duckedDb(concert, eva)).toBeLessThan(1);
  await concert.fixture.sessions.leave('g');
});

test('what may stand behind duck_for_people is offered', () => {
  expect(openSessionFixture().settings.values('g', 'duck_for_people')).toEqual([
    'off',
    'on',
    'default',
  ]);
});
