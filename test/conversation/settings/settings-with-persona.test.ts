import { expect, test } from 'vitest';
import type { GuildSettings } from '#src/conversation/settings/guild-settings.ts';
import { type Persona, personaIn } from '#src/conversation/settings/persona.ts';
import {
  mannerOf,
  wantedPipeline,
  withPersona,
} from '#src/conversation/settings/settings-with-persona.ts';
import { openSessionFixture } from '#test/conversation/setup/session-fixture.ts';

const server: GuildSettings = {
  ...openSessionFixture().sessions.settings.in('g'),
  addressing: 'auto',
  names: ['Nova'],
};
const pirate: Persona = { name: 'Pirate', instructions: 'Talk like a pirate.', voice: 'rms' };

test('a stored persona that is damaged counts as none, and only its own fields are read', () => {
  const stored = {
    den: JSON.stringify(pirate),
    hall: '[',
    attic: '{"persona":"luna","voice":"kal"}',
  };
  const set = new Map(Object.entries(stored).map(([id, value]) => [`bot:${id}`, value]));
  const read = ['den', 'hall', 'attic', undefined].map((id) => personaIn(set, id));
  expect(read).toEqual([pirate, {}, { voice: 'kal' }, {}]);
});

test('what a persona says counts over what the server has set, the rest stays', () => {
  expect(withPersona(server, pirate, [])).toMatchObject({
    instructions: pirate.instructions,
    voice: 'rms',
    names: ['Nova', 'Pirate'],
    addressing: 'auto',
  });
  expect(withPersona(server, {}, [])).toEqual({ ...server, persona: {} });
});

test('a voice that is gone leaves that of the server', () => {
  expect(withPersona(server, pirate, ['slt']).voice).toBe('slt');
});

test('a persona that always answers in one language is told so', () => {
  expect(mannerOf({ language: 'de' })).toBe(' Always answer in German.');
});

test('another voice is another conversation only where a voice cannot change', () => {
  expect(wantedPipeline(server)).toEqual({ name: 'chained' });
  const frozen = { name: 'realtime', frozenVoice: 'slt' };
  expect(wantedPipeline({ ...server, pipeline: 'realtime' })).toEqual(frozen);
});
