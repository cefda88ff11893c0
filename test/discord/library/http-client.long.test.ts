import { execFile, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener } from 'node:http';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { REST } from 'discord.js';
import { WebSocketServer } from 'ws';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';

import { sourceFiles } from '#test/source-files.ts';

/** Discord as `answer` has it. */
async function restOf(answer: RequestListener) {
  const served = await openListeningServer(answer);
  onTestFinished(() => served[Symbol.asyncDispose]());
  const rest = new REST({ api: served.origin, retries: 0, timeout: 30_000 });
  onTestFinished(() => {
    rest.clearHashSweeper();
    rest.clearHandlerSweeper();
  });
  return rest.setToken('token');
}

test('a request of discord.js follows no redirect, and asks for no compressed answer', async () => {
  let message: IncomingMessage | undefined;
  let requests = 0;
  const rest = await restOf((request, response) => {
    message = request;
    requests += 1;
    response.writeHead(302, { location: '/elsewhere' }).end();
  });
  await rest.get('/users/@me');
  expect(requests).toBe(1);
  expect(message?.headers).toMatchObject({
    'accept-encoding': 'identity',
    authorization: 'Bot token',
  });
});

test('every file that asks Discord first gives the library the HTTP client of Node', async () => {
  const late: string[] = [];
  for await (const path of sourceFiles('src/discord/**/*.ts')) {
    const source = await readFile(path, 'utf8');
    const asks = /\bnew (REST|Client)\(/.test(source);
    const [first = ''] = /^import .*/m.exec(source) ?? [];
    if (asks && !/'(\.|#src\/discord)\/library\/undici\.ts';$/.test(first))
      late.push(path);
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
  expect([stderr, stdout]).toEqual(['', 'true\nfalse\n']);
});

const parser = import.meta.resolve('#src/app/http-parser.mjs');
/** Bytes of code that a function may run before V8 optimises it; one answer of a server takes more of the parser. */
const budget = '--wasm-tiering-budget=1000';
/** A module whose one function counts to a million, run twice; then many answers over HTTP. */
const program = `
  import { once } from 'node:events';
  import { createServer } from 'node:http';
  import { keepHttpParserPlain } from '${parser}';
  keepHttpParserPlain();
  const head = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0];
  const names = [3, 2, 1, 0, 7, 9, 1, 5, 99, 111, 117, 110, 116, 0, 0];
  const count = [3, 64, 32, 0, 65, 1, 106, 34, 0, 65, 192, 132, 61, 72, 13, 0, 11, 11];
  const code = [10, count.length + 5, 1, count.length + 3, 1, 1, 127, ...count];
  const module = new WebAssembly.Module(Uint8Array.from([...head, ...names, ...code]));
  new WebAssembly.Instance(module).exports.count();
  const server = createServer((_, response) => response.end('yes')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = 'http://127.0.0.1:' + server.address().port;
  for (let n = 0; n < 50; n++) await (await fetch(url)).text();
  server.close();
  server.closeAllConnections();
`;

test('V8 optimises WebAssembly that runs often, but not the HTTP parser of fetch, which takes 23 MB for that', () => {
  const flags = [
    '--trace-wasm-compilation-times',
    budget,
    '--input-type=module',
    '-e',
    program,
  ];
  const { stdout, stderr } = spawnSync(process.execPath, flags, {
    env: {},
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  const optimised = stdout
    .split('\n')
    .filter((line) => line.includes('using TurboFan'));
  const bodyBytes = optimised.map((line) => Number(/bodysize (\d+)/.exec(line)?.[1]));
  expect(bodyBytes).toEqual([expect.any(Number)]);
  expect(bodyBytes[0]).toBeLessThan(100);
  expect(stdout).toMatch(/using Liftoff.*bodysize [3-9]\d{4} /);
});

test("Discord's REST and a chat server are asked through the proxy of the environment where Node is told to, and a WebSocket is not", async () => {
  const asked: string[] = [];
  await using server = await openListeningServer((_request, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
  );
  const sockets = new WebSocketServer({ server: server.server });
  sockets.on('connection', (socket) => socket.close());
  await using proxy = await openListeningServer(() => undefined);
  proxy.server.on('connect', ({ url = '' }, socket) => {
    asked.push(url);
    const tunnel = connect(server.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      tunnel.pipe(socket).pipe(tunnel);
    });
    socket.on('close', () => tunnel.destroy());
  });
  const program = `
    import { request } from '#src/discord/library/undici.ts';
    import { createGuardedFetch } from '#src/provider/api-client.ts';
    import { WebSocket } from 'ws';
    const origin = process.argv[1];
    await (await request(origin, { headers: {} })).body.text();
    const guarded = createGuardedFetch({ server: origin, secret: () => 'key' });
    await (await guarded(origin, {})).text();
    const socket = new WebSocket(origin.replace('http', 'ws'));
    await new Promise((resolve, reject) => socket.on('close', resolve).on('error', reject));
    process.exit();
  `;
  const run = async (env: NodeJS.ProcessEnv) => {
    asked.length = 0;
    const args = ['--input-type=module', '--eval', program, server.origin];
    await promisify(execFile)(process.execPath, args, {
      env: { HTTP_PROXY: proxy.origin, HTTPS_PROXY: proxy.origin, ...env },
    });
    return asked.length;
  };
  expect(await run({ NODE_USE_ENV_PROXY: '1' })).toBe(2);
  expect(await run({ NODE_USE_ENV_PROXY: '1', NO_PROXY: '127.0.0.1' })).toBe(0);
  expect(await run({})).toBe(0);
}, 30_000);
