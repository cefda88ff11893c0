import { expect, test } from 'vitest';
import { bot } from '#commands/voice/bot.ts';
import { formOfPersona, personaForm } from '#commands/voice/persona-form.ts';
import type { Public } from '#src/base/public.ts';
import type { CommandCall } from '#src/conversation/command.ts';
import type { Persona } from '#src/conversation/settings/persona.ts';
import { readPersonaFile } from '#src/features/personas/persona-file.ts';
import type { PersonaSaving } from '#src/features/personas/persona-outcomes.ts';
import type { PersonaRequests } from '#src/features/personas/persona-requests.ts';
import { text } from '#src/texts/texts.ts';
import { adam, ports } from './ports.ts';

const manager: CommandCall = { ...adam, mayManage: true };
const pirate: Persona = {
  name: 'Pirate',
  instructions: 'Talk like a pirate.',
  voice: 'rms',
  voices: { de: 'kal' },
  brain: 'deep',
};
const typed = { name: 'Captain', instructions: 'You are a captain.' };

/** A server with these personas; what was stored there, and in whose place. */
function server(all: readonly Persona[] = [pirate], saving: PersonaSaving = saved) {
  const stored: (readonly [Persona, string | undefined])[] = [];
  const removed: string[] = [];
  const find = (name: string) => all.find((one) => one.name.toLowerCase() === name.toLowerCase());
  const personas: Partial<Public<PersonaRequests>> = {
    names: async () => all.map(({ name }) => name),
    find: async (_guildId, name) => find(name),
    choose: async () => ({ kind: 'chosen', saved: true, ...(all[0] && { persona: all[0].name }) }),
    save: async (_guildId, persona, former) => {
      stored.push([persona, former]);
      return saving;
    },
    remove: async (_guildId, name) => {
      removed.push(name);
      return { kind: 'removed', saved: true };
    },
  };
  return { all: ports({ personas }), stored, removed };
}

const saved: PersonaSaving = { kind: 'saved', saved: true };
const formFor = (words: CommandCall['words'], call = manager, all = server().all) =>
  bot.form?.({ ...call, words }, all);
const send = (words: CommandCall['words'], all = server().all, call = manager) =>
  personaForm.run({ ...call, words }, all);
/** Id of the persona in its form. */
const about = (former: Persona) => formOfPersona({ former }).name.split(':')[1] ?? '';

test('a form has five inputs at most, and those of a persona stand there', async () => {
  const form = await formFor({ form: 'edit', persona: 'pirate' });
  expect(form?.inputs.map(({ name, value }) => [name, value])).toEqual([
    ['name', 'Pirate'],
    ['instructions', 'Talk like a pirate.'],
    ['voice', 'rms'],
    ['tone', undefined],
    ['language', undefined],
  ]);
  expect(form?.title).toBe('form.persona.edit');
});

test('whatever a persona is called, Discord takes the name of its form', () => {
  const former = { ...pirate, name: '\u{FDFA}'.repeat(32) };
  expect(`parley:${formOfPersona({ former }).name}`.length).toBeLessThanOrEqual(100);
});

test('without a name the form is that of the persona which the bot is there', async () => {
  expect((await formFor({ form: 'edit' }))?.inputs[0]?.value).toBe('Pirate');
});

test('a form of a new persona is empty but for the name that was typed', async () => {
  const form = await formFor({ form: 'new', persona: 'Nurse' });
  expect(form?.inputs.map(({ value }) => value ?? '')).toEqual(['Nurse', '', '', '', '']);
  expect(form?.name).toBe('persona');
});

test.each<[CommandCall['words'], CommandCall, string]>([
  [{ form: 'new' }, adam, 'That needs Manage Server.'],
  [{ form: 'edit', persona: 'pirate' }, adam, 'That needs Manage Server.'],
  [{ form: 'remove', persona: 'pirate' }, adam, 'That needs Manage Server.'],
  [{ form: 'edit', persona: 'pirat' }, manager, 'No persona called "pirat". Closest: Pirate.'],
  [{ form: 'remove', persona: 'pirat' }, manager, 'No persona called "pirat". Closest: Pirate.'],
])('with %j there is no form, and its caller reads why', async (words, call, sentence) => {
  const { all, removed } = server();
  expect(await formFor(words, call, all)).toBeUndefined();
  const [reply] = await bot.run({ ...call, words }, all);
  expect([text(reply.id, reply.with), reply.to, removed]).toEqual([sentence, 'caller', []]);
});

test('a form that came too late is asked for once more', async () => {
  const [reply] = await bot.run({ ...manager, words: { form: 'new' } }, server().all);
  expect(reply.id).toBe('persona.form.late');
});

test('without a persona there is none to change', async () => {
  const [reply] = await bot.run({ ...manager, words: { form: 'edit' } }, server([]).all);
  expect(reply.id).toBe('persona.which');
});

test('a persona that is removed comes back as a file', async () => {
  const { all, removed } = server();
  const [reply] = await bot.run({ ...manager, words: { form: 'remove', persona: 'pirate' } }, all);
  expect([reply.id, removed]).toEqual(['persona.removed', ['Pirate']]);
  const [file] = reply.files ?? [];
  const bytes = new TextEncoder().encode(file && 'text' in file ? file.text : '');
  expect(readPersonaFile(bytes)).toEqual({ kind: 'ok', persona: pirate });
});

test('a form that is sent stores a persona, and shows what it is told', async () => {
  const { all, stored } = server([]);
  const [reply] = await send({ ...typed, language: 'de' }, all);
  expect(stored).toEqual([[{ ...typed, language: 'de' }, undefined]]);
  expect([reply.id, reply.to]).toEqual(['persona.saved', 'caller']);
});

test('what a form does not show stays as it was, and what is emptied goes', async () => {
  const { all, stored } = server();
  await send({ about: about(pirate), name: 'Pirate', instructions: 'Shout.' }, all);
  const { voice: _, ...rest } = pirate;
  expect(stored).toEqual([[{ ...rest, instructions: 'Shout.' }, 'Pirate']]);
});

test('a persona may be given another name, but not that of another one', async () => {
  const nurse = { name: 'Nurse', instructions: 'Be kind.' };
  const { all, stored } = server([pirate, nurse]);
  await send({ about: about(pirate), ...typed }, all);
  expect(stored.map(([{ name }, former]) => [name, former])).toEqual([['Captain', 'Pirate']]);
  for (const former of [{ about: about(pirate) }, {}]) {
    const [reply] = await send({ ...former, ...typed, name: 'nurse' }, all);
    expect(reply.id).toBe('persona.taken');
  }
  expect(stored).toHaveLength(1);
});

test('a form of a persona that is gone meanwhile stores it anew', async () => {
  const { all, stored } = server([]);
  await send({ about: about(pirate), ...typed }, all);
  expect(stored).toEqual([[typed, undefined]]);
});

test.each<[CommandCall['words'], PersonaSaving, string]>([
  [{ language: 'Klingon!' }, saved, 'persona.bad.language'],
  [{ instructions: 'Be kind.\u{E0042}' }, saved, 'persona.bad.hidden'],
  [{ name: 'x'.repeat(33) }, saved, 'persona.bad.chars'],
  [{}, { kind: 'full', limit: 25 }, 'persona.full'],
  [{}, { kind: 'unknown-voice', name: 'rmz', known: ['rms'] }, 'voice.unknown'],
])(
  'a form with %j is not stored (%j), and what took long to write comes back',
  async (words, saving, id) => {
    const filled = { ...typed, ...words };
    const [reply] = await send(filled, server([], saving).all);
    expect(reply.id).toBe(id);
    expect(reply.files).toEqual([{ name: 'persona.txt', text: `${filled.instructions}\n` }]);
  },
);

test('a form from somebody who does not manage the server any more changes nothing', async () => {
  const { all, stored } = server();
  const [reply] = await send(typed, all, adam);
  expect([reply.id, stored]).toEqual(['perm.manage', []]);
});
