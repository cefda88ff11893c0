import { expect, test } from 'vitest';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import type { ChatMessage, ChatPart, Tool } from '#src/chat/ports.ts';
import { ClauseSplitter } from '#src/chat/text/clauses.ts';
import { openClient } from '#src/provider/client.ts';
import { openOllama } from '#test/fakes/dialects/ollama.ts';
import { openVllm } from '#test/fakes/dialects/vllm.ts';
import {
  type AudioChatAnswer,
  answersJson,
  delta,
  openMockAudioChat,
  streams,
} from '#test/fakes/providers/audio-chat.ts';
import { cut } from '#test/fakes/providers/paced.ts';

const never = new AbortController().signal;
const hello: ChatMessage = { role: 'user', name: 'Ana', content: 'hello' };
const lamp: Tool = { name: 'lamp', description: 'Lights.', parameters: { type: 'object' } };

async function partsOf(answer: AudioChatAnswer, tools: readonly Tool[] = []): Promise<ChatPart[]> {
  await using server = await openMockAudioChat([answer]);
  const model = openChatModel(openClient({ baseUrl: server.baseUrl }), { model: 'mock' });
  return await Array.fromAsync(model.reply([hello], tools, never));
}

function textIn(parts: readonly ChatPart[]): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}

/** A stream byte by byte as given. */
function bytesOf(text: string, sizeBytes: number): AudioChatAnswer {
  return async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of cut(Buffer.from(text), sizeBytes)) {
      response.write(piece);
      await new Promise(setImmediate);
    }
    response.end();
  };
}

const words = ['Grüße', ' 好的', ' 😀', '.'];
const chunks = [...words.map((content) => delta({ content })), delta({}, 'stop')];
const lines = chunks.map((chunk) => JSON.stringify(chunk));

const framings: Readonly<Record<string, string>> = {
  'line feeds': `${lines.map((line) => `data: ${line}\n\n`).join('')}data: [DONE]\n\n`,
  'carriage returns, too': `${lines.map((line) => `data: ${line}\r\n\r\n`).join('')}data: [DONE]\r\n\r\n`,
  'comments and pings': `: hi\n\n${lines.map((line) => `: ping\n\ndata: ${line}\n\n`).join('')}data: [DONE]\n\n`,
  'no space': lines.map((line) => `data:${line}\n\n`).join(''),
  'no last blank line': `${lines.map((line) => `data: ${line}\n\n`).join('')}data: [DONE]`,
  'a byte order mark': `\ufeff${lines.map((line) => `data: ${line}\n\n`).join('')}`,
  'ids and names': lines
    .map((line, n) => `event: chunk\nid: ${n}\nretry: 9\ndata: ${line}\n\n`)
    .join(''),
};

test.each(Object.entries(framings))(
  'a stream with %s says the same in pieces of any size',
  async (_, text) => {
    for (const size of [1, 2, 3, 7, text.length])
      expect(textIn(await partsOf(bytesOf(text, size)))).toBe(words.join(''));
  },
);

test('chunks without a choice, and what is no chunk, are passed over', async () => {
  const odd = [
    { choices: [] },
    { choices: null },
    { choices: [null] },
    { object: 'ping' },
    { choices: [{}] },
    7,
    'x',
  ];
  const usage = { choices: [], usage: { prompt_tokens: 9, completion_tokens: 3 } };
  const parts = await partsOf(streams([...odd, ...chunks, ...odd, usage]));
  expect(textIn(parts)).toBe(words.join(''));
  expect(parts.at(-1)).toMatchObject({ kind: 'usage', usage: { inputTokens: 9, outputTokens: 3 } });
});

const call = (fields: object) => delta({ tool_calls: [fields] });
const on = { name: 'lamp', arguments: '{"on":true}' };
const off = { name: 'lamp', arguments: '{"on":false}' };

test.each<[string, readonly object[], readonly string[]]>([
  [
    'in crumbs',
    [
      call({ index: 0, id: 'a', function: { name: 'lamp', arguments: '' } }),
      call({ index: 0, function: { arguments: '{"on"' } }),
      call({ index: 0, id: '', function: { name: '', arguments: ':true}' } }),
      delta({}, 'tool_calls'),
    ],
    [on.arguments],
  ],
  [
    'whole, ended by stop',
    [call({ index: 0, id: 'a', function: on }), delta({}, 'stop')],
    [on.arguments],
  ],
  [
    'whole, without an index',
    [call({ id: 'a', function: on }), call({ id: 'b', function: off }), delta({}, 'stop')],
    [on.arguments, off.arguments],
  ],
  [
    'twice at one index',
    [
      call({ index: 0, id: 'a', function: on }),
      call({ index: 0, id: 'b', function: off }),
      delta({}, 'tool_calls'),
    ],
    [on.arguments, off.arguments],
  ],
  ['without any end', [call({ index: 0, id: 'a', function: on })], [on.arguments]],
  [
    'with broken JSON',
    [call({ index: 0, id: 'a', function: { name: 'lamp', arguments: '{"on"' } })],
    ['{"on"'],
  ],
])('a tool called %s is called once each', async (_, some, expected) => {
  const parts = await partsOf(streams(some), [lamp]);
  const calls = parts.flatMap((part) => (part.kind === 'tool' ? [part.call] : []));
  expect(calls.map(({ argumentsJson }) => argumentsJson)).toEqual(expected);
  expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length);
});

test('thoughts are never text, in a field or between tags however they are cut', async () => {
  const thinking = '<think>Secret.</think>Yes.';
  for (let at = 0; at <= thinking.length; at++) {
    const parts = await partsOf(
      streams([
        delta({ reasoning: 'Secret.' }),
        delta({ reasoning_content: 'Secret.' }),
        delta({ content: thinking.slice(0, at) }),
        delta({ content: thinking.slice(at) }),
        delta({}, 'stop'),
      ]),
    );
    expect(textIn(parts)).toBe('Yes.');
  }
});

test('Ollama and vLLM: contents are strings also after a tool, and thoughts stay thoughts', async () => {
  const behind = { hears: () => '', replies: [{ match: 'done', text: 'It is on.' }] };
  await using ollama = await openOllama(behind);
  await using vllm = await openVllm('chat', behind);
  const messages: ChatMessage[] = [
    { role: 'system', content: 'Be brief.' },
    hello,
    { role: 'assistant', content: '', calls: [{ id: 'a', name: 'lamp', argumentsJson: '{}' }] },
    { role: 'tool', callId: 'a', content: 'done' },
  ];
  for (const [server, model] of [
    [ollama, 'qwen3:8b'],
    [vllm, 'Qwen/Qwen3-8B'],
  ] as const) {
    const client = openClient({ baseUrl: `${server.origin}/v1` });
    const parts = await Array.fromAsync(
      openChatModel(client, { model }).reply(messages, [lamp], never),
    );
    expect(textIn(parts)).toBe('It is on.');
    expect(server.asked[0]?.body).not.toHaveProperty('tool_choice');
  }
});

test('Ollama: a base URL without /v1 is forgiven, a model that was not pulled is named', async () => {
  await using server = await openOllama({
    hears: () => '',
    replies: [{ match: /./, text: 'Hi.' }],
  });
  const ask = (model: string) =>
    Array.fromAsync(
      openChatModel(openClient({ baseUrl: server.origin }), { model }).reply([hello], [], never),
    );
  expect(textIn(await ask('qwen3:8b'))).toBe('Hi.');
  await expect(ask('llama')).rejects.toThrow('model "llama" not found');
});

test('an answer that was not streamed is told as an error, not as silence', async () => {
  const answer = answersJson({ choices: [{ message: { content: 'Hi.' }, finish_reason: 'stop' }] });
  await expect(partsOf(answer)).rejects.toMatchObject({ name: 'BotError' });
});

function clausesOf(...pieces: readonly string[]): string[] {
  const splitter = new ClauseSplitter();
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.flush()];
}

test.each([
  'Dr. Smith paid 3.14 USD at 5 p.m. in the U.S. Then',
  'Take fruit, e.g. apples, or v2.0.1',
  'See https://example.com/a.b?c=d.e, please',
])('nothing is cut inside %j', (text) => {
  const known = ['Smith paid', '3.14', '5 p.m', 'U.S', 'e.g', 'v2.0.1', 'example.com/a.b?c=d.e'];
  const cuts = clausesOf(`So it is. ${text} it goes on for a while.`);
  for (const word of known.filter((one) => text.includes(one)))
    expect(
      cuts.some((clause) => clause.includes(word)),
      word,
    ).toBe(true);
});

test('the first clause is short for speed, lists and code are cut at their lines', () => {
  expect(clausesOf('Wait... what?! I did not know that it was so late.')[0]).toBe('Wait... what?!');
  expect(clausesOf('Take these:\n1. Salt and pepper.\n2. Oil.\n```\na. b.\n```\n')).toEqual([
    'Take these:',
    '1. Salt and pepper.\n2. Oil.',
    '```\na. b.\n```',
  ]);
});

const scripts = [
  '今天天气很好。我们去公园散步吧，好吗？好的！我在门口等你，不要迟到了。',
  'ฉันไม่รู้ว่าเขาจะมาเมื่อไหร่ แต่ฉันจะรอเขาที่นี่จนกว่าเขาจะมาถึง',
  'هل أنت بخير؟ نعم، أنا بخير والحمد لله، وأنت كيف حالك اليوم يا صديقي؟',
  'यह अच्छा है। फिर मिलेंगे, कल सुबह आठ बजे उसी जगह पर। नमस्ते।',
  'Ja. 那很好。Wir sehen uns morgen um 5 p.m. am Bahnhof, ok？見ましょう。',
];

test.each(scripts)('%s is cut at the same places however it comes', (text) => {
  const whole = clausesOf(text);
  expect(clausesOf(...text)).toEqual(whole);
  expect(clausesOf(...(text.match(/[\s\S]{1,5}/g) ?? []))).toEqual(whole);
  expect(whole.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
});

test('a sentence is there at most one token after its end, a long first clause at its comma', () => {
  const splitter = new ClauseSplitter({ eager: true });
  const tokens = 'Well, as far as I know, it is four. That is all there is to say. Bye'.match(
    /\s*\S+/g,
  );
  const reported = (tokens ?? []).flatMap((token, n) =>
    splitter.push(token).map((clause) => [n, clause]),
  );
  expect(reported).toEqual([
    [5, 'Well, as far as I know,'],
    [16, 'it is four. That is all there is to say.'],
  ]);
});
