import '#src/discord/library/undici.ts';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { REST } from 'discord.js';
import { expect, onTestFinished, test } from 'vitest';
import { sourceFiles } from '#test/source-files.ts';

/** Discord as `answer` has it. */
async function restOf(answer: RequestListener): Promise<REST> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const rest = new REST({ api: `http://127.0.0.1:${port}`, retries: 0, timeout: 2_000 });
  onTestFinished(() => {
    rest.clearHashSweeper();
    rest.clearHandlerSweeper();
  });
  return rest.setToken('token');
}

test('a request of discord.js follows no redirect, and asks for no compressed answer', async () => {
  let asked: IncomingMessage | undefined;
  let requests = 0;
  const rest = await restOf((request, response) => {
    asked = request;
    requests += 1;
    response.writeHead(302, { location: '/elsewhere' }).end();
  });
  await rest.get('/users/@me');
  expect(requests).toBe(1);
  expect(asked?.headers).toMatchObject({
    'accept-encoding': 'identity',
    authorization: 'Bot token',
  });
});

test('bodies leave as they are: JSON, and files in a form', async () => {
  const bodies: { readonly type: string; readonly text: string }[] = [];
  const rest = await restOf(async (request, response) => {
    const text = `${await buffer(request)}`;
    bodies.push({ type: `${request.headers['content-type']}`, text });
    response.setHeader('content-type', 'application/json').end('{"id":"1"}');
  });
  await rest.post('/channels/1/messages', { body: { content: 'hello' } });
  const file = { name: 'a.txt', data: Buffer.from('words of a file') };
  await expect(
    rest.post('/channels/1/messages', { body: { content: 'with it' }, files: [file] }),
  ).resolves.toEqual({ id: '1' });
  expect(bodies[0]).toEqual({ type: 'application/json', text: '{"content":"hello"}' });
  expect(bodies[1]?.type).toMatch(/^multipart\/form-data; boundary=/);
  expect(bodies[1]?.text).toContain('{"content":"with it"}');
  expect(bodies[1]?.text).toContain('words of a file');
});

test('a request that the network breaks fails with the code of the network, also in the middle of an answer', async () => {
  const reset = await restOf((request) => request.socket.destroy());
  await expect(reset.get('/users/@me')).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
  const cut = await restOf((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
    response.write('{"id"', () => response.destroy());
  });
  await expect(cut.get('/users/@me')).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const api = `http://127.0.0.1:${port}`;
  const nobody = new REST({ api, retries: 0 }).setToken('token');
  await expect(nobody.get('/users/@me')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a request that is given up ends as an abort', async () => {
  const rest = await restOf(() => undefined);
  const signal = AbortSignal.timeout(50);
  await expect(rest.get('/users/@me', { signal })).rejects.toMatchObject({ name: 'AbortError' });
});

test('every file that asks Discord first gives the library the HTTP client of Node', async () => {
  const late: string[] = [];
  for await (const path of sourceFiles('src/discord/**/*.ts')) {
    const source = await readFile(path, 'utf8');
    const asks = /\bnew (REST|Client)\(/.test(source);
    const [first = ''] = /^import .*/m.exec(source) ?? [];
    if (asks && !/'(\.|#src\/discord)\/library\/undici\.ts';$/.test(first)) late.push(path);
  }
  expect(late).toEqual([]);
});

test('the bot loads one HTTP client: that of Node', () => {
  const program = `
    import { createRequire } from 'node:module';
    import '${import.meta.resolve('#src/discord/login.ts')}';
    import '${import.meta.resolve('#src/discord/client.ts')}';
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    console.log(loaded.some((path) => path.includes('discord.js')));
    console.log(loaded.some((path) => /node_modules.undici./.test(path)));
  `;
  const run = ['--input-type=module', '-e', program];
  const { stdout, stderr } = spawnSync(process.execPath, run, { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toBe('true\nfalse\n');
});
