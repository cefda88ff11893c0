import { expect, test } from 'vitest';
import { writtenBy } from '#src/chat/completions/audio-chat-text.ts';
import type { Tool } from '#src/chat/ports.ts';
import { chatModelContract } from '#test/contracts/chat-model.ts';
import {
  type AudioChatAnswer,
  audio,
  base64,
  delta,
  spokenChunks,
  streams,
} from '#test/fakes/providers/audio-chat.ts';
import { fc } from '#test/properties.ts';
import {
  hello,
  loud,
  openAudioChatAt as open,
  short,
  soundOf,
  stop,
  wordsOf,
} from './audio-chat-server.ts';

chatModelContract('an audio model asked for words only', async () => {
  const server = await open([streams(spokenChunks('It is four now.', 'a', 4e9))]);
  return { ...server, model: writtenBy(server.model) };
});

test('words and sound are asked for, and the sound of people is sent after their names', async () => {
  await using server = await open([streams(short('a'))], {
    maxTokens: 50,
    transcriptionModel: 'hears',
    speechModel: 'speaks',
  });
  const tool: Tool = { name: 'clock', description: 'Tells time.', parameters: { type: 'object' } };
  await server.ask([{ ...hello, name: 'Ben' }, loud], [tool]);
  expect(server.bodies).toEqual([
    {
      model: 'mock',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Ben: hello' },
            { type: 'text', text: 'Ana:' },
            { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
          ],
        },
      ],
      modalities: ['text', 'audio'],
      audio: { voice: 'alloy', format: 'pcm16' },
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
      max_completion_tokens: 50,
      tools: [{ type: 'function', function: tool }],
      transcription_model: 'hears',
      speech_model: 'speaks',
    },
  ]);
});

test('what is typed is sent as plain text, and models of a chain are not named unless set', async () => {
  await using server = await open([streams(short('a'))]);
  await server.ask();
  expect(server.bodies[0]).toMatchObject({ messages: [{ role: 'user', content: 'Ana: hello' }] });
  expect(Object.keys(server.bodies[0] ?? {}).filter((key) => key.endsWith('_model'))).toEqual([]);
});

test('each piece of sound is decoded alone, padded or not, whatever fields come with it', async () => {
  const sound = Buffer.from(Array.from({ length: 300 }, (_, n) => n % 251));
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });
  let chunks: object[] = [];
  await using server = await open([(response, body) => streams(chunks)(response, body)]);
  await fc.assert(
    fc.asyncProperty(cuts, fc.boolean(), async (sizes, padded) => {
      const ends = sizes.map((_, n) => sizes.slice(0, n + 1).reduce((sum, size) => sum + size, 0));
      const pieces = [...ends, 300].map((end, n) => sound.subarray(ends[n - 1] ?? 0, end));
      const data = (piece: Buffer) => (padded ? base64(piece) : base64(piece).replace(/=+$/, ''));
      chunks = [
        ...pieces.map((piece, n) =>
          audio({
            data: data(piece),
            ...(n % 2 && { id: 'a' }),
            ...(n % 3 && { transcript: 'x' }),
          }),
        ),
        stop,
      ];
      const { parts } = await server.ask();
      expect(soundOf(parts).equals(sound)).toBe(true);
    }),
    { numRuns: 25 },
  );
});

test.each([
  ['a reason to finish', [...short('a').slice(0, 2), stop], 'close'],
  ['expires_at alone', [...short('a').slice(0, 2), audio({ expires_at: 4e9 })], 'close'],
  ['[DONE]', short('a').slice(0, 2), 'done'],
] as const)(
  'an answer whose end is told by %s is whole, and its usage is counted once',
  async (_, chunks, end) => {
    const usage = { choices: [], usage: { prompt_tokens: 9, completion_tokens: 3 } };
    const foreign = [{ choices: null }, { object: 'ping' }, usage];
    await using server = await open([streams([...chunks, ...foreign], { end })]);
    const { parts, error } = await server.ask();
    expect(error).toBeUndefined();
    expect(wordsOf(parts)).toBe('Four.');
    expect(parts.filter(({ kind }) => kind === 'usage')).toMatchObject([
      { kind: 'usage', usage: { inputTokens: 9, outputTokens: 3 } },
    ]);
  },
);

test.each(['close', 'reset'] as const)(
  'an answer that breaks off (%s) is truncated, after what did arrive',
  async (end) => {
    await using server = await open([streams(short('a').slice(0, 2), { end })]);
    const { parts, error } = await server.ask();
    expect(soundOf(parts).length).toBe(96);
    expect(error).toMatchObject({ code: 'provider.truncated', retryable: true });
  },
);

test('half a JSON at the end is truncated', async () => {
  await using server = await open([
    (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`data: ${JSON.stringify(short('a')[1])}\n\ndata: {"choices":[{"del\n\n`);
    },
  ]);
  const { parts, error } = await server.ask();
  expect(soundOf(parts).length).toBe(96);
  expect(error).toMatchObject({ code: 'provider.truncated' });
});

test.each([
  ['before the answer', (response: Parameters<AudioChatAnswer>[0]) => void response],
  ['after the headers', streams([], { end: 'open' })],
  ['in the middle of the sound', streams(short('a').slice(0, 2), { end: 'open' })],
])('a server silent %s is told as late, and hung up on', async (_, answer) => {
  await using server = await open([answer], { limits: { firstByteMs: 60, idleMs: 60 } });
  const { error } = await server.ask();
  expect(error).toMatchObject({ code: 'provider.late' });
  await expect.poll(() => server.running()).toBe(0);
});

test.each([
  ['nothing', streams([], { end: 'close' })],
  ['nothing but [DONE]', streams([])],
  [
    'no content at all',
    (response: Parameters<AudioChatAnswer>[0]) => void response.writeHead(204).end(),
  ],
])('%s is an empty answer', async (_, answer) => {
  await using server = await open([answer]);
  const { error } = await server.ask();
  expect(error).toMatchObject({ code: 'provider.empty' });
});

test.each([1, 2, 3, 7])(
  'words and sound are the same in pieces of %i bytes',
  async (pieceBytes) => {
    const text = 'Je coûte 3 €, «ça va»? 東京。';
    const chunks = short('a').with(0, audio({ id: 'a', transcript: text }));
    for (const lineEnd of ['\n', '\r\n'] as const) {
      await using server = await open([streams(chunks.slice(0, 2), { pieceBytes, lineEnd })]);
      const { parts, error } = await server.ask();
      expect([error, wordsOf(parts), soundOf(parts).length]).toEqual([undefined, text, 96]);
    }
  },
);

test('reasoning is told neither as words nor as a transcript', async () => {
  const chunks = [
    delta({ reasoning: 'secret', content: '' }),
    delta({ reasoning_content: 'secret' }),
    ...['<thi', 'nk>sec', 'ret</th', 'ink>Hi'].map((transcript) => audio({ transcript })),
    delta({ content: '<think>secret</think>there' }),
    stop,
  ];
  await using server = await open([streams(chunks)]);
  const { parts } = await server.ask();
  expect([wordsOf(parts), wordsOf(parts, 'text')]).toEqual(['Hi', 'there']);
});

test('tool calls come whole after the sound, whatever shape and end they have', async () => {
  const lamp = { name: 'lamp', arguments: '{"on":true}' };
  const shapes = [
    [
      delta({
        tool_calls: [{ index: 0, id: 'a', function: { name: 'lamp', arguments: '{"on"' } }],
      }),
      delta({ tool_calls: [{ index: 0, function: { arguments: ':true}' } }] }),
      delta({}, 'tool_calls'),
    ],
    [delta({ tool_calls: [{ id: 'a', function: lamp }] }, 'stop')],
    [delta({ tool_calls: [{ index: 0, id: 'a', function: lamp }] })],
  ];
  for (const shape of shapes) {
    await using server = await open([streams([...short('x').slice(0, 2), ...shape])]);
    const { parts, error } = await server.ask();
    expect(error).toBeUndefined();
    expect(parts.at(-1)).toEqual({
      kind: 'tool',
      call: { id: 'a', name: 'lamp', argumentsJson: '{"on":true}' },
    });
  }
});
