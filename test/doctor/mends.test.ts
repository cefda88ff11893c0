import {
  answerJson,
  answerModels,
  answerStream,
  examineChat,
  examineServer,
  openExaminedServer,
} from './run-examination.ts';

const refused = answerJson({ error: { message: 'no such model' } }, 404);

test('whatever is not as it should be has a mend', async () => {
  using server = await openExaminedServer({
    'GET /v1/models': answerModels('mock'),
    'POST /v1/chat/completions': answerStream({
      choices: [{ delta: { content: 'one' } }],
    }),
    'POST /v1/audio/speech': answerJson({ error: { message: 'broken' } }, 500),
    'POST /v1/audio/transcriptions': refused,
  });
  const { code, text } = await examineServer(server);
  const wrong = text.match(/^ {2}(differs|missing) /gm) ?? [];
  expect(code).toBe(1);
  expect(wrong.length).toBeGreaterThan(3);
  expect(text.match(/^ {10,}mend: ./gm)).toHaveLength(wrong.length);
});

test.each([
  [401, 'put a key of that server into CHAT_COMPLETION_API_KEY'],
  [429, 'wait, or raise the limits of that account'],
  [500, /^correct CHAT_COMPLETION_MODEL or CHAT_COMPLETION_BASE_URL/],
])(
  'a chat server that answers %i is mended by what that means',
  async (status, mend) => {
    using server = await openExaminedServer({
      'GET /v1/models': answerModels('mock'),
      'POST /v1/chat/completions': answerJson({ error: { message: 'no' } }, status),
    });
    expect((await examineChat(server)).mendOf('think')).toMatch(mend);
  },
);
