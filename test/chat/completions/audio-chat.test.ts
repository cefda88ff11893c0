import {
  type AudioChatAnswer,
  answerStream,
  answerWithJson,
  makeAudioDelta,
  makeSpokenAnswer,
  toBase64,
} from '#test/fakes/providers/mock-audio-chat.ts';
import { fc } from '#test/properties.ts';
import {
  hello,
  joinSound,
  listWords,
  openAudioChat as open,
  stopChunk,
  toAudioChunk,
} from './chat-server.ts';

test('each piece of sound is decoded alone, padded or not, whatever fields come with it', async () => {
  const sound = Buffer.from(Array.from({ length: 300 }, (_, n) => n % 251));
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), {
    minLength: 1,
    maxLength: 20,
  });
  let chunks: object[] = [];
  await using server = await open([
    (response, body) => answerStream(chunks)(response, body),
  ]);
  await fc.assert(
    fc.asyncProperty(cuts, fc.boolean(), async (sizes, padded) => {
      const ends = sizes.map((_, n) =>
        sizes.slice(0, n + 1).reduce((sum, size) => sum + size, 0),
      );
      const pieces = [...ends, 300].map((end, n) =>
        sound.subarray(ends[n - 1] ?? 0, end),
      );
      const encodePiece = (piece: Buffer) =>
        padded ? toBase64(piece) : toBase64(piece).replace(/=+$/, '');
      chunks = [
        ...pieces.map((piece, n) =>
          makeAudioDelta({
            data: encodePiece(piece),
            ...(n % 2 && { id: 'a' }),
            ...(n % 3 && { transcript: 'x' }),
          }),
        ),
        stopChunk,
      ];
      expect(joinSound((await server.ask()).parts).equals(sound)).toBe(true);
    }),
    { numRuns: 25 },
  );
});

test.each([
  ['a reason to finish', [...toAudioChunk('a').slice(0, 2), stopChunk], 'close'],
  [
    'expires_at alone',
    [...toAudioChunk('a').slice(0, 2), makeAudioDelta({ expires_at: 4e9 })],
    'close',
  ],
  ['[DONE]', toAudioChunk('a').slice(0, 2), 'done'],
] as const)(
  'an answer whose end is told by %s is whole, and its usage is counted once',
  async (_, chunks, end) => {
    const usage = { choices: [], usage: { prompt_tokens: 9, completion_tokens: 3 } };
    const foreign = [{ choices: null }, { object: 'ping' }, usage];
    await using server = await open([answerStream([...chunks, ...foreign], { end })]);
    const { parts, error } = await server.ask();
    expect(error).toBeUndefined();
    expect(listWords(parts)).toBe('Four.');
    expect(parts.filter(({ kind }) => kind === 'usage')).toMatchObject([
      { kind: 'usage', usage: { inputTokens: 9, outputTokens: 3 } },
    ]);
  },
);

test.each([
  ['nothing', answerStream([], { end: 'close' })],
  ['nothing but [DONE]', answerStream([])],
  [
    'no content at all',
    (response: Parameters<AudioChatAnswer>[0]) => void response.writeHead(204).end(),
  ],
])('%s is an empty answer', async (_, answer) => {
  await using server = await open([answer]);
  expect((await server.ask()).error).toMatchObject({ code: 'provider.empty' });
});

test.each([
  ['answers in one piece whatever was asked', 200],
  ['refuses to stream', 400],
])(
  'a server that %s gives a WAV file, and is not asked to stream again',
  async (_, status) => {
    const whole = answerWithJson(makeSpokenAnswer('It is four.', 'a', 4e9));
    const refuses = answerWithJson(
      { error: { message: 'stream is not supported with audio' } },
      400,
    );
    await using server = await open([status === 200 ? whole : refuses, whole]);
    for (const _ of ['first', 'second']) {
      const { parts, error } = await server.ask();
      expect([error, listWords(parts)]).toEqual([undefined, 'It is four.']);
      expect(joinSound(parts).toString('latin1', 0, 4)).toBe('RIFF');
      expect(parts.find(({ kind }) => kind === 'usage')).toMatchObject({
        usage: { inputTokens: 9, outputTokens: 3 },
      });
    }
    expect(server.bodies.map((body) => [body.stream ?? false, body.audio])).toEqual([
      [true, { voice: 'alloy', format: 'pcm16' }],
      [false, { voice: 'alloy', format: 'wav' }],
      [false, { voice: 'alloy', format: 'wav' }],
    ]);
    expect(server.bodies[1]).not.toHaveProperty('stream_options');
  },
);

test('an error in the clothes of a success stays an error, and streams go on', async () => {
  const error200 = answerWithJson({ error: { message: 'no such model' } });
  await using server = await open([
    error200,
    error200,
    answerStream(toAudioChunk('a')),
  ]);
  const { error } = await server.ask();
  expect(error).toMatchObject({ code: 'provider.wrong_type' });
  expect(error).toMatchObject({
    about: { serverMessage: expect.stringContaining('no such model') },
  });
  expect((await server.ask()).error).toBeUndefined();
  expect(server.bodies.at(-1)).toMatchObject({ stream: true });
});

test.each([
  'model "gemma" does not support tools',
  '"auto" tool choice requires --enable-auto-tool-choice',
  'Function calling is not available',
])('a server that says %j is offered no tools from then on', async (message) => {
  const refused = answerWithJson({ error: { message } }, 400);
  const tool = { name: 'lamp', description: 'Turns it on.', parameters: {} };
  await using server = await open([refused, answerStream(toAudioChunk('a'))]);
  for (const _ of ['first', 'second'])
    expect((await server.ask([hello], [tool])).error).toBeUndefined();
  expect(server.bodies.map((body) => body.tools !== undefined)).toEqual([
    true,
    false,
    false,
  ]);
});
