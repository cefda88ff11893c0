import {
  answerStream,
  answerWithJson,
  makeSpokenAnswer,
} from '#test/fakes/providers/mock-audio-chat.ts';
import {
  hello,
  joinSound,
  listWords,
  openAudioChat as open,
  toAudioChunk,
} from './chat-server.ts';

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
