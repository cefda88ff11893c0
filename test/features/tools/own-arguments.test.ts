import { z } from 'zod';
import { defineTool } from '#src/features/contract/tool-definition.ts';

const many = { list: Array(2_001).fill(5) };

test('a tool of the bot sees no arguments of many values', () => {
  const schema = z.looseObject({});
  const seen = vi.spyOn(schema, 'safeParse');
  const own = defineTool({
    name: 'own',
    description: 'Does something.',
    schema,
    right: 'anyone',
    act: { writes: 'nothing' },
    run: async () => ({ facts: {} }),
  });
  expect(own.bind({}).parseArguments(JSON.stringify(many))).toHaveProperty('unfit');
  expect(seen).toHaveBeenCalledWith(undefined);
});
