import { expect, test } from 'vitest';
import type { GuildSettings } from '#src/conversation/settings/guild-settings.ts';
import type { Persona } from '#src/conversation/settings/persona.ts';
import { identityIn, personasIn, storedChoice } from '#src/conversation/settings/persona-choice.ts';
import {
  mannerOf,
  voiceOf,
  voicesOf,
  wantedPipeline,
  withIdentity,
} from '#src/conversation/settings/settings-with-persona.ts';
import { voiceIn } from '#src/pipeline/answer-language.ts';
import { openSessionFixture } from '#test/conversation/setup/session-fixture.ts';

const server: GuildSettings = {
  ...openSessionFixture().sessions.settings.in('g'),
  addressing: 'auto',
  names: ['Nova'],
};
const pirate: Persona = { name: 'Pirate', instructions: 'Talk like a pirate.', voice: 'rms' };
const nurse: Persona = { name: 'Nurse', instructions: 'Be kind.' };
const none = { brains: new Map(), voices: [] };

/** Settings of a server with both personas, and what was chosen where; '' is the server. */
function chosen(choices: Record<string, Parameters<typeof storedChoice>[0]>) {
  const keys = Object.entries(choices).map(([channelId, choice]) => {
    return [channelId === '' ? 'bot' : `bot:${channelId}`, storedChoice(choice) ?? ''] as const;
  });
  const personas = [pirate, nurse].map((one) => {
    return [`persona:${one.name.toLowerCase()}`, JSON.stringify(one)] as const;
  });
  return new Map<string, string>([...keys, ...personas]);
}

test('a channel has the persona chosen there, all others that of the server', () => {
  const set = chosen({ '': { persona: 'nurse' }, den: { persona: 'pirate' } });
  expect(identityIn(set, 'den').persona?.name).toBe('Pirate');
  expect(identityIn(set, 'lounge').persona?.name).toBe('Nurse');
  expect(identityIn(set, undefined).persona?.name).toBe('Nurse');
});

test('a channel can be without the persona of its server', () => {
  const set = chosen({ '': { persona: 'nurse', voice: 'kal' }, den: { persona: null } });
  expect(identityIn(set, 'den')).toEqual({});
});

test('a voice chosen for the server does not reach a channel with a persona of its own', () => {
  const set = chosen({ '': { voice: 'kal' }, den: { persona: 'pirate' }, hall: {} });
  expect(identityIn(set, 'den').voice).toBeUndefined();
  expect(identityIn(set, 'hall').voice).toBe('kal');
});

test('a persona that was removed or is damaged counts as not chosen', () => {
  const set = chosen({ '': { persona: 'ghost' }, den: { persona: 'pirate' } });
  expect(identityIn(set, undefined)).toEqual({});
  set.set('persona:pirate', '{"name":"Pirate","baseUrl":"http://203.0.113.7"}');
  expect(identityIn(set, 'den')).toEqual({});
  expect(personasIn(set)).toEqual([nurse]);
  set.set('bot', '[');
  expect(identityIn(set, undefined)).toEqual({});
});

test('what a persona says counts over what the server has set, the rest stays', () => {
  const settings = withIdentity(server, { persona: { ...pirate, cues: 'off' } }, none);
  expect(settings).toMatchObject({ instructions: pirate.instructions, voice: 'rms', cues: 'off' });
  expect(settings).toMatchObject({ addressing: 'auto', pipeline: 'chained' });
  expect(withIdentity(server, { persona: nurse }, none)).toMatchObject({
    voice: 'slt',
    cues: 'soft',
  });
  expect(withIdentity(server, {}, none)).toEqual(server);
});

test('it answers to the name of its persona, too', () => {
  expect(withIdentity(server, { persona: pirate }, none).names).toEqual(['Nova', 'Pirate']);
});

test('a brain brings its pipeline; one that is gone leaves that of the server', () => {
  const brains = new Map([['deep', 'realtime' as const]]);
  const deep = withIdentity(server, { persona: { ...pirate, brain: 'deep' } }, { ...none, brains });
  expect(deep).toMatchObject({ pipeline: 'realtime', brain: 'deep' });
  const gone = withIdentity(server, { persona: { ...pirate, brain: 'gone' } }, { ...none, brains });
  expect(gone.pipeline).toBe('chained');
  expect(gone.brain).toBeUndefined();
});

test('a voice that is gone leaves the next one: of the persona, then of the server', () => {
  const voices = ['slt', 'rms'];
  const known = { ...none, voices };
  expect(withIdentity(server, { persona: pirate, voice: 'gone' }, known).voice).toBe('rms');
  const lost = { ...pirate, voice: 'gone' };
  expect(withIdentity(server, { persona: lost }, known).voice).toBe('slt');
});

test('each language has its own voice, unless one was chosen for all', () => {
  const voices = { de: 'kal', 'pt-BR': 'awb' };
  const persona = { ...pirate, voices, tone: 'Hoarse.' };
  const here = withIdentity(server, { persona }, none);
  const name = (language?: string, known: readonly string[] = []) =>
    voiceIn(language, { voice: voiceOf(here, known), voices: voicesOf(here, known) ?? {} }).name;
  expect([name('de'), name('de-AT'), name('PT-br'), name('pt'), name('en'), name()]).toEqual([
    'kal',
    'kal',
    'awb',
    'awb',
    'rms',
    'rms',
  ]);
  expect(name('de', ['rms', 'slt'])).toBe('rms');
  expect(voiceOf(here, [])).toEqual({ name: 'rms', instructions: 'Hoarse.' });
  const all = withIdentity(server, { persona, voice: 'slt' }, none);
  expect(voiceOf(all, []).name).toBe('slt');
  expect(voicesOf(here, [])).toEqual(voices);
  expect(voicesOf(all, [])).toBeUndefined();
  const german = { ...persona, language: 'de' };
  expect(voicesOf(withIdentity(server, { persona: german }, none), [])).toBeUndefined();
  expect(voicesOf({ ...here, pipeline: 'realtime' }, [])).toBeUndefined();
});

test('a persona that always answers in one language speaks with its voice for it', () => {
  const persona = { ...pirate, language: 'de', voices: { de: 'kal', fr: 'awb' } };
  expect(voiceOf(withIdentity(server, { persona }, none), []).name).toBe('kal');
  expect(mannerOf(persona, 'chained')).toBe(' Always answer in German.');
});

test('only a model that speaks by itself is told in words how it sounds', () => {
  const persona = { ...pirate, tone: 'Hoarse.' };
  expect(mannerOf(persona, 'chained')).toBe('');
  expect(mannerOf(persona, 'audio-model')).toBe(' How you sound: Hoarse.');
  expect(mannerOf(persona, 'realtime')).toBe(' How you sound: Hoarse.');
});

test('another voice is another conversation only where a voice cannot change', () => {
  expect(wantedPipeline(server)).toEqual({ name: 'chained' });
  const frozen = { name: 'realtime', frozenVoice: 'slt' };
  expect(wantedPipeline({ ...server, pipeline: 'realtime' })).toEqual(frozen);
});
