import {
  dropUnneeded,
  toGrammarSchema,
} from '#src/chat/local/process/grammar-schema.ts';

const reminder = {
  type: 'object',
  properties: {
    text: { type: 'string', maxLength: 1_500 },
    minutes: { type: 'integer' },
    who: { enum: ['me', 'all'] },
  },
  required: ['text'],
};

test('a property that may be left out may be null, and the null is dropped again', () => {
  expect(toGrammarSchema(reminder)).toEqual({
    type: 'object',
    properties: {
      text: { type: 'string' },
      minutes: { oneOf: [{ type: 'integer' }, { type: 'null' }] },
      who: { oneOf: [{ enum: ['me', 'all'] }, { type: 'null' }] },
    },
  });
  const written = { text: 'tea', minutes: null, who: 'me' };
  expect(dropUnneeded(written, reminder)).toEqual({ text: 'tea', who: 'me' });
});

test('a null that is demanded stays', () => {
  const schema = {
    type: 'object',
    properties: { a: { type: 'null' } },
    required: ['a'],
  };
  expect(dropUnneeded({ a: null }, schema)).toEqual({ a: null });
});

test('a schema that holds itself ends', () => {
  const endless: Record<string, unknown> = { type: 'array' };
  endless.items = endless;
  expect(JSON.stringify(toGrammarSchema(endless)).length).toBeLessThan(1_000);
});
