import { expect, test } from 'vitest';
import { buttons } from '#commands/buttons.ts';
import { bot } from '#commands/voice/bot.ts';
import { exportPersona } from '#commands/voice/export.ts';
import { importPersona } from '#commands/voice/import.ts';
import type { Public } from '#src/base/public.ts';
import type { CommandCall, Reply } from '#src/conversation/command.ts';
import type { Persona } from '#src/conversation/settings/persona.ts';
import { readPersonaFile } from '#src/features/personas/persona-file.ts';
import type { BotStyleRequest, ChoiceOutcome } from '#src/features/personas/persona-outcomes.ts';
import type { PersonaRequests } from '#src/features/personas/persona-requests.ts';
import { text } from '#src/texts/texts.ts';
import { adam, type PortOverrides, ports } from './ports.ts';

const pirate: Persona = { name: 'Pirate', instructions: 'Talk like a pirate.' };
const manager: CommandCall = { ...adam, mayManage: true };
const file = { url: 'https://cdn.test/p.json', name: 'p.json', sizeBytes: 90 };
const encoded = (words: string) => new TextEncoder().encode(words);

function shown({ id, lines = [], with: words }: Reply): readonly string[] {
  return [text(id, words), ...lines.map((line) => text(line.id, line.with))];
}

/** Choices that `/voice bot` requests, and the caller's view of the outcome. */
async function choose(
  words: CommandCall['words'],
  outcome: ChoiceOutcome = { kind: 'chosen', saved: true },
  over: PortOverrides = {},
) {
  const requests: BotStyleRequest[] = [];
  const personas: Partial<Public<PersonaRequests>> = {
    choose: async (_caller, request) => {
      requests.push(request);
      return outcome;
    },
  };
  const [reply] = await bot.run({ ...adam, words }, ports({ personas, ...over }));
  return { request: requests[0], reply, lines: shown(reply) };
}

test.each<[CommandCall['words'], BotStyleRequest]>([
  [{ persona: 'Pirate' }, { place: 'channel', persona: 'Pirate' }],
  [{ persona: 'Default' }, { place: 'channel', persona: null }],
  [
    { voice: 'SLT', for: 'server' },
    { place: 'server', voice: 'slt' },
  ],
  [{ voice: 'default' }, { place: 'channel', voice: null }],
  [{ voice: 'rmz' }, { place: 'channel', voice: 'rmz' }],
])('/voice bot with %j asks for %j', async (words, request) => {
  expect((await choose(words)).request).toEqual(request);
});

test('where the bot sits nowhere, a choice is for the server', async () => {
  const { request } = await choose({ persona: 'Pirate' }, undefined, { at: () => undefined });
  expect(request?.place).toBe('server');
});

test('a switch is told to everybody, and asks what becomes of the conversation', async () => {
  const outcome: ChoiceOutcome = {
    kind: 'chosen',
    persona: 'Pirate',
    channel: 'Lounge',
    voice: 'rms',
    questionId: '7',
    saved: true,
  };
  const { lines, reply } = await choose({ persona: 'Pirate' }, outcome);
  expect(reply.to).toBe('room');
  expect(lines).toEqual([
    'From the next answer on I am Pirate in Lounge.',
    'I speak with the voice rms.',
    'I still know what was said so far. Keep it, or clear it?',
  ]);
  expect(reply.buttons).toEqual(['persona.keep:7', 'persona.clear:7']);
});

test.each<[ChoiceOutcome, string]>([
  [{ kind: 'denied' }, 'Only a DJ can do that here: the DJ role, alone with me, or Manage Server.'],
  [
    { kind: 'unknown-persona', known: ['Nurse', 'Pirate'] },
    'No persona called "pirat". Closest: Pirate, Nurse.',
  ],
  [
    { kind: 'unknown-persona', known: [] },
    'No persona called "pirat", and there are none yet. Add one with /voice import.',
  ],
])('%j is told to the caller alone', async (outcome, sentence) => {
  const { lines, reply } = await choose({ persona: 'pirat' }, outcome);
  expect([lines, reply.to]).toEqual([[sentence], 'caller']);
});

test.each([
  ['persona.keep', 'keep', 'kept', 'persona.kept', 'room'],
  ['persona.clear', 'clear', 'cleared', 'persona.cleared', 'room'],
  ['persona.clear', 'clear', 'over', 'persona.over', 'caller'],
  ['persona.keep', 'keep', 'denied', 'perm.dj', 'caller'],
] as const)('%s answers the question with %s, once: %s', async (name, what, outcome, id, to) => {
  const asked: unknown[] = [];
  const personas: Partial<Public<PersonaRequests>> = {
    settle: (_caller, questionId, answer) => {
      asked.push(questionId, answer);
      return outcome;
    },
  };
  const press = buttons.find((one) => one.name === name);
  const replies = await press?.run({ ...adam, words: { about: '7' } }, ports({ personas }));
  expect(replies).toEqual([{ id, to }]);
  expect(asked).toEqual(['7', what]);
});

test('an exported file is what an import reads', async () => {
  const personas = { find: async () => pirate };
  const call = { ...manager, words: { persona: 'pirate' } };
  const [{ files = [] }] = await exportPersona.run(call, ports({ personas }));
  const [sent] = files;
  expect(sent?.name).toBe('persona-pirate.json');
  const bytes = encoded(sent && 'text' in sent ? sent.text : '');
  expect(readPersonaFile(bytes)).toEqual({ kind: 'ok', persona: pirate });
});

test('whoever takes a persona over sees what it is told', async () => {
  const personas = { readFile: async () => ({ kind: 'ok', persona: pirate }) as const };
  const [reply] = await importPersona.run({ ...manager, file }, ports({ personas }));
  expect(shown(reply)).toEqual([
    'Saved Pirate. Choose it with /voice bot. Its instructions:',
    'Talk like a pirate.',
  ]);
});

test.each([
  ['{', 'That file is not JSON. /voice export shows the format. Nothing changed.'],
  ['[]', 'That file is not a persona. /voice export shows the format. Nothing changed.'],
  [
    '{"format":"parley-persona","version":1,"persona":{"name":"A","instructions":"B","apiKey":"x"}}',
    'A persona has no "apiKey": it sets no host, key, tool or right. Nothing changed.',
  ],
  [
    '{"format":"parley-persona","version":1,"persona":{"name":"A","instructions":"B\\u202e"}}',
    'instructions contains invisible characters, which can hide instructions. Nothing changed.',
  ],
  [
    '{"format":"parley-persona","version":1,"persona":{"name":"A","instructions":""}}',
    'instructions takes 1 to 4000 characters. Nothing changed.',
  ],
  [' '.repeat(70_000), 'That file is too big for a persona: over 64 KB. Nothing changed.'],
])('a bad file gets one sentence, and nothing is stored', async (content, sentence) => {
  const saved: unknown[] = [];
  const personas: Partial<Public<PersonaRequests>> = {
    readFile: async () => readPersonaFile(encoded(content)),
    save: async (_guildId, persona) => {
      saved.push(persona);
      return { kind: 'saved', saved: true };
    },
  };
  const [reply] = await importPersona.run({ ...manager, file }, ports({ personas }));
  expect([shown(reply), saved]).toEqual([[sentence], []]);
});

test('only Manage Server takes personas out and in', async () => {
  for (const command of [exportPersona, importPersona])
    expect(await command.run({ ...adam, file }, ports())).toEqual([
      { id: 'perm.manage', to: 'caller' },
    ]);
});
