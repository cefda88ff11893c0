import {
  type AudioChatAnswer,
  answerStream,
  makeAudioDelta,
  toBase64,
} from '#test/fakes/providers/mock-audio-chat.ts';
import { fc } from '#test/properties.ts';
import {
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
