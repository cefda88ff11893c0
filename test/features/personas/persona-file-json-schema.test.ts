import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { personaFile } from '#src/features/personas/persona-file.ts';
import { personaSchemaFile } from '#src/features/personas/persona-file-json-schema.ts';

const published = async (): Promise<object> =>
  JSON.parse(await readFile('docs/persona.schema.json', 'utf8'));

test('the published schema of personas is the one they are checked by', async () => {
  expect(await published()).toEqual(personaSchemaFile());
});

test('an exported persona fits the published schema, and one with a host does not', async () => {
  const fits = new Ajv2020().compile(await published());
  const persona = { name: 'Pirate', instructions: 'Talk.', voices: { de: 'kal' }, cues: 'on' };
  expect(fits(JSON.parse(personaFile({ ...persona, cues: 'on' })))).toBe(true);
  const format = { format: 'parley-persona', version: 1 };
  expect(fits({ ...format, persona: { ...persona, baseUrl: 'http://203.0.113.7' } })).toBe(false);
  expect(fits({ ...format, persona: { ...persona, name: '' } })).toBe(false);
});
