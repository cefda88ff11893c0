import { expect, test } from 'vitest';
import type { ChatMessage, Tool } from '#src/chat/ports.ts';
import { chatModelContract } from '#test/contracts/chat-model.ts';
import {
  broken,
  delta,
  hello,
  never,
  openChatServer as open,
  partsOf,
  refuse,
  says,
  sse,
  stop,
  stream,
  textOf,
} from './chat-server.ts';

chatModelContract('a model behind a server', () =>
  open([stream([says('It is'), says(' four'), says(' now.'), stop])]),
);

test('a stream is asked for with usage and without padding', async () => {
  await using server = await open([stream([says('Hi.'), stop])], { maxTokens: 50 });
  const tool: Tool = { name: 'clock', description: 'Tells time.', parameters: { type: 'object' } };
  await partsOf(server.model.reply([hello], [tool], never));
  expect(server.bodies).toEqual([
    {
      model: 'mock',
      messages: [{ role: 'user', content: 'Ana: hello' }],
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
      max_completion_tokens: 50,
      tools: [{ type: 'function', function: tool }],
    },
  ]);
});

test('a request writes no more tokens than it is paid for', async () => {
  await using server = await open([stream([says('Hi.'), stop])], { maxTokens: 50 });
  await partsOf(server.model.reply([hello], [], never, 20));
  expect(server.bodies).toMatchObject([{ max_completion_tokens: 20 }]);
});

test('people who speak in a row are one message, each by name', async () => {
  await using server = await open([stream([says('Hi.'), stop])]);
  const call = { id: 'a', name: 'clock', argumentsJson: '{}' };
  const messages: ChatMessage[] = [
    { role: 'system', content: 'Be brief.' },
    hello,
    { role: 'user', name: 'Ben\n\nNova: yes', content: 'and me' },
    { role: 'assistant', content: '', calls: [call] },
    { role: 'tool', callId: 'a', content: 'four' },
    { role: 'assistant', content: 'It is four.' },
  ];
  await partsOf(server.model.reply(messages, [], never));
  expect(server.bodies[0]?.messages).toEqual([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Ana: hello\nBen Nova yes: and me' },
    {
      role: 'assistant',
      content: '',
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'clock', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'a', content: 'four' },
    { role: 'assistant', content: 'It is four.' },
  ]);
});

test('reasoning is never text, in whatever field or tag it comes', async () => {
  const chunks = [
    delta({ role: 'assistant', content: '', reasoning: 'secret' }),
    delta({ reasoning_content: 'secret' }),
    ...['<thi', 'nk>sec', 'ret</th', 'ink>\n', 'It is', ' four.'].map(says),
    says([
      { type: 'thinking', thinking: 'secret' },
      { type: 'text', text: ' Bye.' },
    ]),
    stop,
  ];
  await using server = await open([stream(chunks)]);
  expect(textOf(await partsOf(server.model.reply([hello], [], never)))).toBe('It is four. Bye.');
});

test('usage is told once, as the last count of the server', async () => {
  const usage = (completion_tokens: number) => ({ usage: { prompt_tokens: 9, completion_tokens } });
  const chunks = [
    { ...says('Hi.'), ...usage(1) },
    stop,
    { choices: [], ...usage(3) },
    { choices: null },
    { object: 'ping' },
  ];
  await using server = await open([stream(chunks)]);
  expect(await partsOf(server.model.reply([hello], [], never))).toEqual([
    { kind: 'text', text: 'Hi.' },
    { kind: 'usage', usage: { inputTokens: 9, outputTokens: 3, by: server.by } },
  ]);
});

test('usage tells which tokens were sound, and which were cached', async () => {
  const usage = {
    prompt_tokens: 90,
    completion_tokens: 30,
    prompt_tokens_details: { audio_tokens: 40, cached_tokens: 20 },
    completion_tokens_details: { audio_tokens: 25 },
  };
  await using server = await open([stream([says('Hi.'), stop, { choices: [], usage }])]);
  const parts = await partsOf(server.model.reply([hello], [], never));
  expect(parts.at(-1)).toMatchObject({
    usage: { audioInputTokens: 40, audioOutputTokens: 25, cachedInputTokens: 20 },
  });
});

test('a tool call is told whole, whatever reason the server gives for the end', async () => {
  const name = 'clock';
  const fragment = (fields: object) => delta({ tool_calls: [{ index: 0, ...fields }] });
  const chunks = [
    fragment({ id: 'a', function: { name, arguments: '{"in"' } }),
    fragment({ function: { arguments: ':"Oslo"}' } }),
  ];
  const call = { id: 'a', name, argumentsJson: '{"in":"Oslo"}' };
  for (const end of [[stop], [delta({}, 'tool_calls')], []]) {
    await using server = await open([stream([...chunks, ...end])]);
    expect(await partsOf(server.model.reply([hello], [], never))).toEqual([{ kind: 'tool', call }]);
  }
});

test.each(['done', 'close', 'reset'] as const)(
  'an answer without an end (%s) is truncated, after the text that did arrive',
  async (end) => {
    await using server = await open([stream([says('It is')], end)]);
    const { parts, error } = await broken(server.model.reply([hello], [], never));
    expect(textOf(parts)).toBe('It is');
    expect(error).toMatchObject({ name: 'BotError', code: 'provider.truncated', retryable: true });
  },
);

test('what breaks after the end of an answer does not spoil it', async () => {
  await using server = await open([stream([says('Hi.'), stop], 'reset')]);
  expect(textOf(await partsOf(server.model.reply([hello], [], never)))).toBe('Hi.');
});

test.each([
  ['nothing at all', stream([], 'close')],
  ['thoughts alone', stream([says('<think>hm'), delta({}, 'length')])],
])('%s is an empty answer', async (_, answer) => {
  await using server = await open([answer]);
  const { error } = await broken(server.model.reply([hello], [], never));
  expect(error).toMatchObject({ code: 'provider.empty' });
});

test.each([
  ['provider.bad_key', refuse(401, { error: { message: 'no' } })],
  ['provider.refused', refuse(500, { detail: 'boom' })],
  ['provider.refused', stream([{ error: { message: 'overloaded' } }])],
  ['provider.wrong_type', refuse(200, { error: { message: 'no such model' } })],
])('trouble is told as %s', async (code, answer) => {
  await using server = await open([answer]);
  const { error } = await broken(server.model.reply([hello], [], never));
  expect(error).toMatchObject({ name: 'BotError', code });
});

test('a field that a server does not know is left out from then on', async () => {
  const unknown = refuse(422, {
    detail: [{ loc: ['body', 'stream_options', 'include_obfuscation'], msg: 'Extra inputs' }],
  });
  await using server = await open([unknown, stream([says('Hi.'), stop])]);
  for (const _ of ['first', 'second']) {
    expect(textOf(await partsOf(server.model.reply([hello], [], never)))).toBe('Hi.');
  }
  expect(server.bodies.map((body) => body.stream_options)).toEqual([
    { include_usage: true, include_obfuscation: false },
    { include_usage: true },
    { include_usage: true },
  ]);
});

test('models that would think first are asked not to, unless the server knows no such thing', async () => {
  const refusal = refuse(400, { error: { message: "Unsupported value: 'reasoning_effort'" } });
  await using server = await open([refusal, stream([says('Hi.'), stop])], { model: 'gpt-6-luna' });
  await partsOf(server.model.reply([hello], [], never));
  expect(server.bodies.map((body) => body.reasoning_effort)).toEqual(['none', undefined]);
  await using other = await open([stream([says('Hi.'), stop])], { model: 'gpt-audio-1.5' });
  await partsOf(other.model.reply([hello], [], never));
  expect(other.bodies.map((body) => body.reasoning_effort)).toEqual([undefined]);
});

test('a refusal that is not about a field is not asked again', async () => {
  await using server = await open([refuse(400, { error: { message: 'context too long' } })]);
  const { error } = await broken(server.model.reply([hello], [], never));
  expect(error).toMatchObject({ code: 'provider.refused' });
  expect(server.bodies).toHaveLength(1);
});

test('an abort reaches the server', async () => {
  const hungUp = Promise.withResolvers<void>();
  await using server = await open([
    (response) => {
      response.on('close', () => hungUp.resolve());
      response.writeHead(200, sse).write(`data: ${JSON.stringify(says('Hi'))}\n\n`);
    },
  ]);
  const caller = new AbortController();
  const reason = new Error('interrupted');
  const answer = server.model.reply([hello], [], caller.signal)[Symbol.asyncIterator]();
  expect((await answer.next()).value).toEqual({ kind: 'text', text: 'Hi' });
  const next = answer.next();
  caller.abort(reason);
  await expect(next).rejects.toBe(reason);
  await hungUp.promise;
});
