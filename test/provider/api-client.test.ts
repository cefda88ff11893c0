import { OpenAI } from 'openai';
import { APIError } from 'openai/core/error';
import { expect, test } from 'vitest';
import { ApiClient } from '#src/provider/api-client.ts';
import type { Fetch } from '#src/provider/guarded-fetch.ts';

const asJson = { 'content-type': 'application/json' };
const asEvents = { 'content-type': 'text/event-stream' };
const ask = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }] };
const file = () => new File(['RIFF'], 'utterance.wav', { type: 'audio/wav' });

type SentRequest = { readonly url: string; readonly init: RequestInit };

/** A `fetch` that notes requests, all of which are answered so. */
function noting(answer: () => Response) {
  const requests: SentRequest[] = [];
  const send: Fetch = async (url, init = {}) => {
    requests.push({ url: `${url}`, init });
    return answer();
  };
  return { requests, send };
}

/** Request that a client with this base URL sends, and its treatment of the answer. */
async function sent(baseUrl: string, answer = Response.json({ id: 1 })) {
  const { requests, send } = noting(() => answer);
  const client = new ApiClient({ baseUrl, apiKey: () => 'k' }, send);
  const value: unknown = await client.chat.completions.create(ask).catch((error) => error);
  return { value, url: requests[0]?.url, headers: new Headers(requests[0]?.init.headers) };
}

test.each([
  ['http://a.example/v1', 'http://a.example/v1/chat/completions'],
  ['http://a.example/v1/', 'http://a.example/v1/chat/completions'],
  ['http://a.example', 'http://a.example/chat/completions'],
  ['http://a.example/x?api-version=2#top', 'http://a.example/x/chat/completions?api-version=2'],
])('below %s the path is appended and the query kept', async (baseUrl, url) => {
  expect((await sent(baseUrl)).url).toBe(url);
});

test('a request carries its key, no name of its own but Parley, and nothing of the machine', async () => {
  const { headers } = await sent('http://a.example/v1');
  expect(Object.fromEntries(headers)).toEqual({
    accept: 'application/json',
    authorization: 'Bearer k',
    'content-type': 'application/json',
    'user-agent': 'Parley',
  });
});

test.each([
  [Response.json({ a: 1 }), { a: 1 }],
  [new Response('plain'), 'plain'],
  [new Response('', { headers: asJson }), undefined],
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

/** Methods that bot and library have in common. */
type Client = Pick<OpenAI, 'chat' | 'audio' | 'models' | 'get' | 'post'>;
type Ask = (client: Client) => Promise<unknown>;

async function listed(events: Promise<AsyncIterable<unknown>>): Promise<unknown[]> {
  return await Array.fromAsync(await events);
}

const events = () =>
  new Response('data: {"choices":[{"delta":{}}]}\n\ndata: [DONE]\n\n', { headers: asEvents });
const words = () =>
  new Response('data: {"type":"transcript.text.done","text":"Hi"}\n\n', { headers: asEvents });

const asked: readonly [string, Ask, () => Response][] = [
  ['an answer', ({ chat }) => chat.completions.create(ask), () => Response.json({ id: 1 })],
  [
    'a streamed answer',
    ({ chat }) => listed(chat.completions.create({ ...ask, stream: true })),
    events,
  ],
  [
    'an answer in sound',
    ({ chat }) =>
      chat.completions.create({
        ...ask,
        modalities: ['text', 'audio'],
        audio: { voice: 'v', format: 'wav' },
      }),
    () => Response.json({ choices: [] }),
  ],
  [
    'speech',
    async ({ audio }) =>
      await (await audio.speech.create({ model: 'm', voice: 'v', input: 'hi' })).text(),
    () => new Response('sound'),
  ],
  [
    'a transcript',
    ({ audio }) =>
      audio.transcriptions.create({ model: 'm', file: file(), languages: ['de', 'en'] }),
    () => Response.json({ text: 'Hi' }),
  ],
  [
    'a transcript as text',
    ({ audio }) =>
      audio.transcriptions.create({ model: 'm', file: file(), response_format: 'text' }),
    () => new Response('Hi'),
  ],
  [
    'a streamed transcript',
    ({ audio }) => listed(audio.transcriptions.create({ model: 'm', file: file(), stream: true })),
    words,
  ],
  [
    'a translation',
    ({ audio }) => audio.translations.create({ model: 'm', file: file(), prompt: 'p' }),
    () => Response.json({ text: 'Hi' }),
  ],
  [
    'the models',
    async ({ models }) => await Array.fromAsync(models.list()),
    () => Response.json({ data: [{ id: 'm' }] }),
  ],
  ['the voices', (client) => client.get('/audio/voices'), () => Response.json({ voices: [] })],
  [
    'a path of its own',
    (client) => client.post('/own', { body: { a: 1 } }),
    () => new Response(null, { status: 204 }),
  ],
];

test.each(asked)('%s is asked for and read as by the library', async (_, ask, answer) => {
  const [ours, theirs] = [noting(answer), noting(answer)];
  const baseUrl = 'http://a.example/v1';
  const client = new ApiClient({ baseUrl, apiKey: () => 'k' }, ours.send);
  const fetch = Object.assign(theirs.send, { Response });
  const library = new OpenAI({ baseURL: baseUrl, apiKey: 'k', fetch, maxRetries: 0 });
  // The bot has no voices to manage, and reads no stored answers.
  expect(await ask(client as unknown as Client)).toEqual(await ask(library));
  expect(await Promise.all(ours.requests.map(content))).toEqual(
    await Promise.all(theirs.requests.map(content)),
  );
  expect(ours.requests).toHaveLength(1);
});

/** Content of a request, and the size of its files. */
async function content({ url, init: { method, headers, body } }: SentRequest) {
  const type = new Headers(headers).get('content-type');
  const fields =
    body instanceof FormData &&
    [...body].map(([name, value]) => [name, value instanceof File ? value.size : value]);
  return { url, method, type, body: fields || (body ?? null) };
}

test('an abort of a stream closes its request, and the stream ends', async () => {
  const { requests, send } = noting(events);
  const client = new ApiClient({ baseUrl: 'http://a.example/v1', apiKey: () => 'k' }, send);
  const stream = await client.chat.completions.create({ ...ask, stream: true });
  stream.controller.abort();
  expect(requests[0]?.init.signal?.aborted).toBe(true);
  await expect(Array.fromAsync(stream)).resolves.toEqual([]);
});

test('whoever goes away hears the own reason', async () => {
  const gone = new AbortController();
  const reason = new Error('left');
  const never: Fetch = (_, { signal } = {}) =>
    new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  const client = new ApiClient({ baseUrl: 'http://a.example/v1', apiKey: () => 'k' }, never);
  const { signal } = gone;
  const answer = client.audio.speech.create({ model: 'm', voice: 'v', input: 'hi' }, { signal });
  setImmediate(() => gone.abort(reason));
  await expect(answer).rejects.toBe(reason);
});
