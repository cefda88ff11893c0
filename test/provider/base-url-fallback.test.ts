import { expect, test } from 'vitest';
import { tryV1 } from '#src/provider/base-url-fallback.ts';

const base = 'http://127.0.0.1:9';
const lost = '404 page not found';

/** Answers by path, with 404 and `lost` for any other. */
function server(answers: Readonly<Record<string, Response>>, missing: () => Response) {
  const found: string[] = [];
  const send = async (url: string | URL | Request) =>
    answers[new URL(String(url)).pathname]?.clone() ?? missing();
  return { found, ask: tryV1(send, base, (url) => found.push(url)) };
}

const plain = () => new Response(lost, { status: 404 });
const json = (text: string) => () =>
  new Response(text, { status: 404, headers: { 'content-type': 'application/json' } });

test('a base URL without /v1 is completed where the API is', async () => {
  const { ask, found } = server({ '/v1/models': new Response('here') }, plain);
  expect(await (await ask(`${base}/models`)).text()).toBe('here');
  expect(found).toEqual([`${base}/v1`]);
});

test('an API that lacks the model is there, and keeps what it said', async () => {
  const answer = json('{"detail":"Model \'x\' is not installed"}');
  const { ask, found } = server({ '/v1/audio/speech': answer() }, plain);
  expect(await (await ask(`${base}/audio/speech`)).text()).toContain('not installed');
  expect(found).toEqual([`${base}/v1`]);
});

test.each(['{"detail":"Not Found"}', '{"error":{"message":"Invalid URL (POST /v1/chat)"}}'])(
  'a server that knows the path neither way is asked as given: %s',
  async (text) => {
    const { ask, found } = server({ '/audio/speech': new Response('sound') }, json(text));
    expect((await ask(`${base}/models`)).status).toBe(404);
    expect(found).toEqual([]);
    expect(await (await ask(`${base}/audio/speech`)).text()).toBe('sound');
  },
);
