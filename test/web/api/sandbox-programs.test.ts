import { openSandboxPrograms } from '#src/app/sandbox/run-in-sandbox.ts';
import { openTestPage, sendRequest, toRefusal } from '#test/web/http/open-page.ts';
import { guildId, openApi } from './api-setup.ts';

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
