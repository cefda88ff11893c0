import { APIError } from 'openai/core/error';
import { expect, test } from 'vitest';
import { ApiClient, formOf } from '#src/provider/api-client.ts';

const never = new AbortController().signal;

/** What a client with this base URL sends, and does with the answer. */
async function sent(baseUrl: string, answer = Response.json({ id: 1 })) {
  const requests: { readonly url: string; readonly headers: Headers }[] = [];
  const client = new ApiClient({ baseUrl, apiKey: 'k' }, async (url, init = {}) => {
    requests.push({ url: `${url}`, headers: new Headers(init.headers) });
    return answer;
  });
  const value = await client.ask('/chat/completions', {}, never).catch((error: unknown) => error);
  return { value, ...requests[0] };
}

test.each([
  ['http://a.example/v1', 'http://a.example/v1/chat/completions'],
  ['http://a.example/v1/', 'http://a.example/v1/chat/completions'],
  ['http://a.example', 'http://a.example/chat/completions'],
  ['http://a.example/x?api-version=2#top', 'http://a.example/x/chat/completions?api-version=2'],
])('below %s the path is appended and the query kept', async (baseUrl, url) => {
  expect((await sent(baseUrl)).url).toBe(url);
});

test('a request carries its key and no name of its own but Parley', async () => {
  const { headers } = await sent('http://a.example/v1');
  expect(Object.fromEntries(headers ?? [])).toEqual({
    accept: 'application/json',
    authorization: 'Bearer k',
    'content-type': 'application/json',
    'user-agent': 'Parley',
  });
});

test.each([
  [Response.json({ a: 1 }), { a: 1 }],
  [new Response('plain'), 'plain'],
  [new Response('', { headers: { 'content-type': 'application/json' } }), undefined],
])('an answer is read by its type: %#', async (answer, value) => {
  expect((await sent('http://a.example/v1', answer)).value).toEqual(value);
});

test.each([
  [{ error: { message: 'no', code: 'c' } }, { message: '418 no', code: 'c' }],
  [
    { message: 'no', code: 'c' },
    { message: '418 no', code: 'c' },
  ],
  [['no'], { message: '418 ["no"]' }],
])('a refusal that says %j keeps its words', async (body, error) => {
  const { value } = await sent('http://a.example/v1', Response.json(body, { status: 418 }));
  expect(value).toBeInstanceOf(APIError);
  expect(value).toMatchObject({ status: 418, ...error });
});

test('a form repeats the fields of a list and leaves out what is undefined', () => {
  const form = formOf({ model: 'm', languages: ['de', 'en'], stream: true, language: undefined });
  expect([...form]).toEqual([
    ['model', 'm'],
    ['languages[]', 'de'],
    ['languages[]', 'en'],
    ['stream', 'true'],
  ]);
});
