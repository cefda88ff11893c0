import { openSandboxPrograms } from '#src/app/sandbox/run-in-sandbox.ts';
import { toPersonId } from '#src/base/ids.ts';
import { allRoutes } from '#src/web/api/routes/routes.ts';
import { openTestPage, sendRequest, toRefusal } from '#test/web/http/open-page.ts';
import { expectRefusal, guildId, openApi } from './api-setup.ts';

const say = `/v1/servers/${guildId}/say`;
const hello = { text: 'Hello.' };

test('without a token nothing is done, and the answer says what to send', async () => {
  await using api = await openApi();
  const response = await api.app.request(say, { method: 'POST' });
  expect(response.headers.get('www-authenticate')).toBe('Bearer');
  const sentence = 'Send a token: Authorization: Bearer parley_...';
  await expectRefusal(response, 401, 'token.missing', sentence);
});

test('a method that a path does not know is refused with those that it knows', async () => {
  await using api = await openApi();
  for (const [path, method, methods] of [
    [say, 'GET', 'POST'],
    ['/v1/chat/completions', 'PUT', 'POST'],
    [`/v1/servers/${guildId}/tracks`, 'DELETE', 'GET, POST'],
  ] as const) {
    const response = await api.app.request(path, { method });
    expect(response.headers.get('allow')).toBe(methods);
    const sentence = `${method} does nothing at this path: send ${methods}.`;
    await expectRefusal(response, 405, 'method_not_allowed', sentence);
  }
});

test('a token that nobody made is unknown, however long it is', async () => {
  await using api = await openApi();
  for (const secret of ['parley_guess', 'x'.repeat(10_000)])
    await expectRefusal(api.post(secret, say, hello), 401, 'token.unknown');
});

test('a token works until it is revoked, and not a request longer', async () => {
  await using api = await openApi();
  await api.add('bell');
  expect((await api.post('bell', say, hello)).status).toBe(200);
  await api.revoke('bell');
  const sentence = 'The token bell was revoked on 2026-11-20.';
  await expectRefusal(api.post('bell', say, hello), 401, 'token.revoked', sentence);
});

// Proves: A token does what its scopes say, until it is revoked by real
test('a token does what its scopes say, in its own server', async () => {
  await using api = await openApi();
  await api.add('bell', { scopes: ['say'] });
  expect((await api.post('bell', say, hello)).status).toBe(200);
  for (const [path, code, sentence] of [
    [`${guildId}/tracks`, 'token.scope', 'The token bell has no scope track.'],
    [`${guildId}/events`, 'token.scope', 'The token bell has no scope events.'],
    ['123/say', 'token.server', 'The token bell is for another server.'],
  ] as const) {
    const method = path.endsWith('say') ? 'POST' : 'GET';
    const asking = api.ask('bell', `/v1/servers/${path}`, { method });
    await expectRefusal(asking, 403, code, sentence);
  }
});

test('a server that another process serves is refused with the shard of that process', async () => {
  await using api = await openApi(() => ({ kind: 'elsewhere', shard: 3 }));
  await api.add('bell');
  const sentence = 'The process with shard 3 serves this server: ask that one.';
  for (const asking of [api.post('bell', say, hello), api.ask('bell', '/v1/models')])
    await expectRefusal(asking, 409, 'server.elsewhere', sentence);
});

// Proves: A token asks 300 times a minute at most by real
test('a token that asks more than 300 times a minute is told when to ask again, and no other is', async () => {
  await using api = await openApi();
  await api.add('bell');
  await api.add('gate');
  const fetchModels = async (name: string) => await api.ask(name, '/v1/models');
  for (let n = 0; n < 300; n++) expect((await fetchModels('bell')).status).toBe(200);
  const refused = await fetchModels('bell');
  const waitS = Number(refused.headers.get('retry-after'));
  expect(waitS).toBeGreaterThan(0);
  const sentence = `The token bell asks more than 300 times a minute: try again in ${waitS} s.`;
  await expectRefusal(refused, 429, 'token.rate', sentence);
  expect((await fetchModels('gate')).status).toBe(200);
  expect((await fetchModels('stranger')).status).toBe(401);
});

test('the budget of a token counts from its first request on', async () => {
  await using api = await openApi();
  await api.add('bell', { budgetUsd: 0.25 });
  await api.post('bell', say, hello);
  expect(api.budgets.findCap(toPersonId('token:bell'))).toBe(250_000_000);
  expect(api.budgets.findCap(toPersonId('token:other'))).toBeUndefined();
});

test('every operation asks for a token', async () => {
  await using api = await openApi();
  expect(allRoutes.length).toBeGreaterThan(7);
  for (const { method, path } of allRoutes) {
    const placeName = path.replaceAll(/\{\w+\}/g, '1');
    const response = await api.app.request(placeName, { method: method.toUpperCase() });
    expect([method, path, response.status]).toEqual([method, path, 401]);
  }
});

/** Programs' way in beside a sandbox whose page has the port before; the next one is taken by another program. */
async function openBeside() {
  await using stack = new AsyncDisposableStack();
  const taken = stack.use(await openTestPage());
  const api = stack.use(await openApi());
  const reported: string[] = [];
  const page = {
    host: '127.0.0.1',
    port: Number(taken.url.port) - 1,
    publicUrl: undefined,
    programOrigins: [],
  };
  stack.use(
    await openSandboxPrograms({
      page,
      access: api.access,
      guildId,
      report: (sentence) => void reported.push(sentence),
    }),
  );
  const url = new URL(/http:\S+$/.exec(`${reported}`)?.[0] ?? 'none:');
  const all = stack.move();
  return { taken, api, reported, url, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

test('in the sandbox run programs find the bot at a port of its own, and are told where', async () => {
  await using beside = await openBeside();
  const { api, taken, reported, url } = beside;
  expect(reported).toEqual([
    `HTTP for programs (docs/http.md): http://${url.host}/v1/servers/${guildId}`,
  ]);
  expect(url.port).not.toBe(taken.url.port);
  await api.add('bell');
  const response = await fetch(`${url}/say`, {
    method: 'POST',
    headers: { authorization: 'Bearer bell', 'content-type': 'application/json' },
    body: '{"text":"Dinner is ready."}',
  });
  expect(response.status).toBe(200);
});

test('its doors are those of the page, and there are no files and no links', async () => {
  await using beside = await openBeside();
  const { url } = beside;
  const path = `/v1/servers/${guildId}/say`;
  const post = { method: 'POST' };
  expect(toRefusal(await sendRequest(url, path, {}, post)).slice(0, 2)).toEqual([
    401,
    'token.missing',
  ]);
  const forged = await sendRequest(url, path, { host: 'evil.example' }, post);
  expect(toRefusal(forged).slice(0, 2)).toEqual([421, 'door.host']);
  const foreign = await sendRequest(
    url,
    path,
    { origin: 'https://evil.example' },
    post,
  );
  expect(toRefusal(foreign).slice(0, 2)).toEqual([403, 'door.origin']);
  for (const nothing of ['/', '/main.js', '/enter']) {
    expect((await sendRequest(url, nothing)).status).toBe(404);
  }
});
