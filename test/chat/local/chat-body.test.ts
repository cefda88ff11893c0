import { readChatBody } from '#src/chat/local/process/chat-body.ts';

const lamp = {
  type: 'function',
  function: {
    name: 'lamp',
    description: 'Turns a lamp on or off.',
    parameters: {
      type: 'object',
      properties: { on: { type: 'boolean' }, room: { enum: ['hall', 'bath'] } },
      required: ['on'],
    },
  },
};

function readBody(body: object) {
  return readChatBody(JSON.stringify(body));
}

test('tools, calls and results stand in the words, so that each template takes them', () => {
  const { messages } = readBody({
    tools: [lamp],
    messages: [
      { role: 'system', content: 'Be short.' },
      { role: 'user', content: 'Light!' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'a', function: { name: 'lamp', arguments: '{"on":true}' } }],
      },
      { role: 'tool', tool_call_id: 'a', content: 'done' },
      { role: 'user', content: 'Thanks.' },
    ],
  });
  expect(messages.map(({ role }) => role)).toEqual([
    'system',
    'user',
    'assistant',
    'user',
  ]);
  const [instructions, , call, result] = messages.map(({ content }) => content);
  expect(instructions).toContain(
    '- lamp(on: boolean, room?: hall|bath): Turns a lamp on or off.',
  );
  expect(call).toBe(
    '<tool_call>\n{"name":"lamp","arguments":{"on":true}}\n</tool_call>',
  );
  expect(result).toBe('<tool_response>\ndone\n</tool_response>\nThanks.');
});

test('a call can be demanded, of one tool or any, or forbidden', () => {
  const messages = [{ role: 'user', content: 'Light!' }];
  expect(readBody({ messages, tools: [lamp] }).mustCall).toBe(false);
  expect(readBody({ messages, tools: [lamp], tool_choice: 'required' }).mustCall).toBe(
    true,
  );
  expect(readBody({ messages, tools: [lamp], tool_choice: 'none' }).tools).toEqual([]);
  const other = { type: 'function', function: { name: 'door' } };
  expect(readBody({ messages, tools: [lamp], tool_choice: other }).tools).toEqual([]);
});

test('JSON of a schema becomes a grammar', () => {
  const schema = {
    type: 'object',
    properties: { n: { type: 'integer' } },
    required: ['n'],
  };
  const format = { type: 'json_schema', json_schema: { name: 'count', schema } };
  const messages = [{ role: 'user', content: 'Count.' }];
  expect(readBody({ messages, response_format: format }).json).toEqual({
    type: 'object',
    properties: { n: { type: 'integer' } },
  });
});

test.each(['', '{}', '{"messages":[]}', '{"messages":[{"role":1}]}', '[1'])(
  'a body %o that is no request is refused',
  (body) => {
    expect(() => readChatBody(body)).toThrow();
  },
);
