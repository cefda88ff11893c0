import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { tool } from '#src/features/contract/tool-definition.ts';
import { fitArguments } from '#src/features/tools/fit-arguments-to-schema.ts';

const many = { list: Array(2_001).fill(5) };
const deep = `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`;

test('arguments of many or deep values are not held against the schema of a server', () => {
  const read = fitArguments({ type: 'object' });
  expect(read(JSON.stringify({ list: Array(1_900).fill(5) }))).toHaveProperty('given');
  for (const json of [JSON.stringify(many), deep])
    expect(read(json)).toEqual({ unfit: 'They are no JSON object.' });
});

test('a tool of the bot sees no arguments of many values', () => {
  const schema = z.looseObject({});
  const seen = vi.spyOn(schema, 'safeParse');
  const own = tool({
    name: 'own',
    description: 'Does something.',
    schema,
    right: 'anyone',
    doing: 'tool.external',
    effect: 'read',
    run: async () => ({ facts: {} }),
  });
  expect(own.fit(JSON.stringify(many))).toHaveProperty('unfit');
  expect(seen).toHaveBeenCalledWith(undefined);
});
