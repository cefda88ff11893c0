import { expect, test } from 'vitest';
import type { Tool } from '#src/chat/ports.ts';
import { chatModelContract } from '#test/contracts/chat-model.ts';
import { answersJson, delta, streams } from '#test/fakes/providers/audio-chat.ts';
import { hello, openChatServer as open, says, stop, textOf } from './chat-server.ts';

chatModelContract('a model behind a server', () =>
  open([streams([says('It is'), says(' four'), says(' now.'), stop])]),
);

test('a stream is asked for with usage and without padding', async () => {
  await using server = await open([streams([says('Hi.'), stop])], { maxTokens: 50 });
  const tool: Tool = { name: 'clock', description: 'Tells time.', parameters: { type: 'object' } };
  await server.ask([hello], [tool]);
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
  await using server = await open([streams(chunks)]);
  expect(textOf((await server.ask()).parts)).toBe('It is four. Bye.');
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
  await using server = await open([streams(chunks)]);
  expect((await server.ask()).parts).toEqual([
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
  await using server = await open([streams([says('Hi.'), stop, { choices: [], usage }])]);
  const parts = (await server.ask()).parts;
  expect(parts.at(-1)).toMatchObject({
    usage: { audioInputTokens: 40, audioOutputTokens: 25, cachedInputTokens: 20 },
  });
});

test.each(['done', 'close', 'reset'] as const)(
  'an answer without an end (%s) is truncated, after the text that did arrive',
  async (end) => {
    await using server = await open([streams([says('It is')], { end })]);
    const { parts, error } = await server.ask();
    expect(textOf(parts)).toBe('It is');
    expect(error).toMatchObject({ name: 'BotError', code: 'provider.truncated', retryable: true });
  },
);

test.each([
  ['nothing at all', streams([], { end: 'close' })],
  ['thoughts alone', streams([says('<think>hm'), delta({}, 'length')])],
])('%s is an empty answer', async (_, answer) => {
  await using server = await open([answer]);
  const { error } = await server.ask();
  expect(error).toMatchObject({ code: 'provider.empty' });
});

test('a field that a server does not know is left out from then on', async () => {
  const unknown = answersJson(
    {
      detail: [{ loc: ['body', 'stream_options', 'include_obfuscation'], msg: 'Extra inputs' }],
    },
    422,
  );
  await using server = await open([unknown, streams([says('Hi.'), stop])]);
  for (const _ of ['first', 'second']) {
    expect(textOf((await server.ask()).parts)).toBe('Hi.');
  }
  expect(server.bodies.map((body) => body.stream_options)).toEqual([
    { include_usage: true, include_obfuscation: false },
    { include_usage: true },
    { include_usage: true },
  ]);
});

test('models that would think first are asked not to, unless the server knows no such thing', async () => {
  const refusal = answersJson({ error: { message: "Unsupported value: 'reasoning_effort'" } }, 400);
  await using server = await open([refusal, streams([says('Hi.'), stop])], { model: 'gpt-6-luna' });
  (await server.ask()).parts;
  expect(server.bodies.map((body) => body.reasoning_effort)).toEqual(['none', undefined]);
  await using other = await open([streams([says('Hi.'), stop])], { model: 'gpt-audio-1.5' });
  await other.ask();
  expect(other.bodies.map((body) => body.reasoning_effort)).toEqual([undefined]);
});

const counted = (prompt_tokens: unknown, completion_tokens: unknown) => ({
  choices: [],
  usage: { prompt_tokens, completion_tokens },
});

test.each([
  [-5, 5],
  [1e308, 1],
  [0, 0],
  [7, -1],
  ['7', 1],
])('counts of a server that cannot be, %s and %s, are no report', async (asked, reported) => {
  await using server = await open([streams([says('Hi.'), stop, counted(asked, reported)])]);
  const parts = (await server.ask()).parts;
  expect(parts.filter(({ kind }) => kind === 'usage')).toEqual([]);
});
