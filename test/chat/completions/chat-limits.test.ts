import { expect, test } from 'vitest';
import {
  broken,
  type ChatServerAnswer,
  hello,
  never,
  openChatServer as open,
  partsOf,
  refuse,
  says,
  stop,
  stream,
  textOf,
} from './chat-server.ts';

test('the longest answer is asked for under its present name, then its former one, then not at all', async () => {
  const unknown = (field: string) =>
    refuse(400, { error: { message: `Unsupported parameter: '${field}'.` } });
  const fine = stream([says('Hi.'), stop]);
  await using server = await open([unknown('max_completion_tokens'), unknown('max_tokens'), fine], {
    maxTokens: 50,
  });
  for (const _ of ['first', 'second']) await partsOf(server.model.reply([hello], [], never));
  expect(
    server.bodies.map(({ max_completion_tokens: now, max_tokens: then }) => [now, then]),
  ).toEqual([
    [50, undefined],
    [undefined, 50],
    [undefined, undefined],
    [undefined, undefined],
  ]);
});

test('a model with less space than the longest answer takes is asked without a limit', async () => {
  const words =
    "This model's maximum context length is 4096 tokens. However, you requested 4100 tokens (100 in the messages, 4000 in the completion). Please reduce the length.";
  const full: ChatServerAnswer = (response, body) =>
    (body.max_completion_tokens ?? body.max_tokens) === undefined
      ? stream([says('Hi.'), stop])(response, body)
      : refuse(400, { message: words })(response, body);
  await using server = await open([full], { maxTokens: 4_000 });
  expect(textOf(await partsOf(server.model.reply([hello], [], never)))).toBe('Hi.');
});

test('after a refusal that no field was the reason of, the next request holds them all', async () => {
  const odd = refuse(400, { error: { message: 'An unexpected error.' } });
  const fine = stream([says('Hi.'), stop]);
  await using server = await open([odd, odd, odd, odd, odd, odd, fine], { maxTokens: 50 });
  await broken(server.model.reply([hello], [], never));
  await partsOf(server.model.reply([hello], [], never));
  expect(server.bodies.at(-1)).toMatchObject({
    stream_options: { include_usage: true, include_obfuscation: false },
    max_completion_tokens: 50,
  });
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
  await using server = await open([stream([says('Hi.'), stop, counted(asked, reported)])]);
  const parts = await partsOf(server.model.reply([hello], [], never));
  expect(parts.filter(({ kind }) => kind === 'usage')).toEqual([]);
});
