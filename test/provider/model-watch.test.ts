import { expect, test } from 'vitest';
import { Secret } from '#src/base/secret.ts';
import { ModelWatch, type WatchedModel } from '#src/provider/models/model-watch.ts';
import type { ModelNews } from '#src/provider/models/models.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { listening } from '#test/fakes/servers/listening.ts';

const dayMs = 86_400_000;

/** Answers with `body.text`; undefined: not at all. */
async function serve(
  text: string | undefined,
  status = 200,
  headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' },
) {
  const asked: { path: string; key: string | undefined }[] = [];
  const body = { text, status };
  const served = await listening((request, response) => {
    asked.push({ path: request.url ?? '', key: request.headers.authorization });
    if (body.text !== undefined) response.writeHead(body.status, headers).end(body.text);
  });
  return { ...served, baseUrl: `${served.origin}/v1`, asked, body };
}

function list(...models: object[]): string {
  return JSON.stringify({ object: 'list', data: models });
}

function watch(clock: VirtualClock, ...models: WatchedModel[]) {
  const reported: ModelNews[] = [];
  const watching = new ModelWatch({
    alert: () => undefined,
    models,
    clock,
    onNews: (news) => reported.push(...news),
  });
  return { reported, watching, [Symbol.dispose]: () => watching[Symbol.dispose]() };
}

const chat = (baseUrl: string, model = 'mine'): WatchedModel => ({
  role: 'CHAT_COMPLETION',
  model,
  baseUrl,
});
const ending = { id: 'mine', shutdown_date: '2026-12-24' };

test('a model that ends is told at once and once a day, and asked for in between', async () => {
  using server = await serve(list(ending));
  const clock = new VirtualClock();
  using watched = watch(clock, chat(server.baseUrl));
  await expect.poll(() => watched.reported).toHaveLength(1);
  expect(watched.reported).toEqual(watched.watching.news());
  expect(watched.reported[0]).toEqual({
    role: 'CHAT_COMPLETION',
    model: 'mine',
    kind: 'ending',
    onDate: '2026-12-24',
  });
  for (const days of [2, 3]) {
    await expect.poll(() => clock.sleeping).toBe(1);
    await clock.advance(dayMs);
    await expect.poll(() => watched.reported).toHaveLength(days);
  }
  expect(server.asked).toHaveLength(3);
});

test('a model that was listed and is not any more becomes news on the next day', async () => {
  using server = await serve(list({ id: 'mine' }));
  const clock = new VirtualClock();
  using watched = watch(clock, chat(server.baseUrl));
  await expect.poll(() => [server.asked.length, clock.sleeping]).toEqual([1, 1]);
  expect(watched.watching.news()).toEqual([]);
  server.body.text = list({ id: 'another' });
  await clock.advance(dayMs);
  await expect.poll(() => watched.reported).toMatchObject([{ model: 'mine', kind: 'unlisted' }]);
});

test('roles that share a server share its list, and a key goes to its own server only', async () => {
  using one = await serve(list({ id: 'mine' }));
  using other = await serve(list({ id: 'mine' }));
  const apiKey = new Secret('canary-key-of-one');
  const clock = new VirtualClock();
  using _setup = watch(
    clock,
    { ...chat(one.baseUrl), apiKey },
    { ...chat(one.baseUrl), role: 'SPEECH', apiKey },
    { ...chat(other.baseUrl.replace('http', 'ws')), role: 'TRANSCRIPTION' },
  );
  await expect.poll(() => one.asked.length + other.asked.length).toBe(2);
  expect(one.asked).toEqual([{ path: '/v1/models', key: 'Bearer canary-key-of-one' }]);
  expect(other.asked[0]?.key).not.toContain('canary');
});

test.each([
  ['no such path', '404 page not found', 404, { 'content-type': 'text/plain' }],
  ['a web page', '<!doctype html><title>Hello</title>', 200, { 'content-type': 'text/html' }],
  ['another shape', '{"models":[{"name":"other"}]}', 200, undefined],
  ['broken JSON', '{"data":[{"id"', 200, undefined],
  ['strange entries', '{"data":[null,7,{"id":7},{"id":""}]}', 200, undefined],
])('%s instead of a list says nothing about the models', async (_, text, status, headers) => {
  using server = await serve(text, status, headers);
  const clock = new VirtualClock();
  using watched = watch(clock, chat(server.baseUrl));
  await expect.poll(() => [server.asked.length > 0, clock.sleeping]).toEqual([true, 1]);
  await clock.advance(3_600_001);
  expect([watched.reported, watched.watching.news()]).toEqual([[], []]);
  expect(clock.sleeping).toBe(1);
});
