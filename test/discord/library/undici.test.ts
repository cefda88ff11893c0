import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener } from 'node:http';
import { REST } from 'discord.js';
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
