import { expect, test } from 'vitest';
import { answers, examine, lists, openServer, streams } from './examine.ts';

const refused = answers({ error: { message: 'no such model' } }, 404);

test('whatever is not as it should be has a mend', async () => {
  using server = await openServer({
    'GET /v1/models': lists('mock'),
    'POST /v1/chat/completions': streams({ choices: [{ delta: { content: 'one' } }] }),
    'POST /v1/audio/speech': answers({ error: { message: 'broken' } }, 500),
    'POST /v1/audio/transcriptions': refused,
  });
  const { code, text } = await examine(['--provider', `${server.origin}/v1`]);
  const wrong = text.match(/^ {2}(differs|missing) /gm) ?? [];
  expect(code).toBe(1);
  expect(wrong.length).toBeGreaterThan(3);
  expect(text.match(/^ {10,}mend: ./gm)).toHaveLength(wrong.length);
});

test.each([
  [401, 'put a key of that server into CHAT_COMPLETION_API_KEY'],
  [429, 'wait, or raise the limits of that account'],
  [500, /^correct CHAT_COMPLETION_MODEL or CHAT_COMPLETION_BASE_URL/],
])('a chat server that answers %i is mended by what that means', async (status, mend) => {
  using server = await openServer({
    'GET /v1/models': lists('mock'),
    'POST /v1/chat/completions': answers({ error: { message: 'no' } }, status),
  });
  const environment = {
    CHAT_COMPLETION_BASE_URL: `${server.origin}/v1`,
    CHAT_COMPLETION_MODEL: 'mock',
  };
  const { mendOf } = await examine([], environment);
  expect(mendOf('think')).toMatch(mend);
});
