import { execFile } from 'node:child_process';
import { mkdtemp, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { openSandbox } from '#sandbox/sandbox.ts';
import { BotProcess } from '#test/fakes/bot-process.ts';
import { freePort } from '#test/fakes/servers/listening.ts';
import { buildImage, filesOf, healthCheck, settingsFor } from './image.ts';

const run = promisify(execFile);

/** On a busy machine; idle it takes a few seconds. */
const testMs = 120_000;
const healthyMs = 20_000;
const reportMs = 30_000;

test('the tree of the image starts with production modules only, as nobody, and writes nothing but data', {
  timeout: testMs,
}, async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'parley-image-'));
  const image = await buildImage(folder);
  expect(await readdir(join(image.app, 'node_modules'))).not.toContain('vitest');
  const before = await filesOf(image);

  const { token, apiUrl, certificate: ca } = stack.use(await openSandbox());
  const port = await freePort();
  const bot = stack.use(
    BotProcess.over(image.start(await settingsFor({ token, apiUrl, ca }, folder, port)), folder),
  );
  await reported(bot, 'status:');
  expect(await asked(port, 'readyz')).toMatchObject({ status: 503 });
  await reported(bot, 'ready:');
  expect(bot.log.filter(({ level }) => Number(level) >= warning)).toEqual([]);
  expect(await ownerOf(bot)).toBe(ownerExpected(bot));
  await checkStatus(port);

  process.kill(bot.pid, 'SIGHUP');
  await reported(bot, 'reloaded: ');
  bot.ignore();
  expect(await asked(port, 'readyz')).toMatchObject({ status: 200 });
  expect(await bot.stop()).toBe(0);
  expect(await filesOf(image)).toEqual(before);
  expect(await readdir(image.data)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^parley\./)]),
  );
  await expect(checkHealth(port)).rejects.toMatchObject({ code: 1 });
});

/** Resolves at the next line of its log that begins so. */
async function reported(bot: BotProcess, words: string): Promise<void> {
  await bot.logged(({ msg }) => msg?.startsWith(words) === true, reportMs);
}

/** Pino's number of the level. */
const warning = 40;

async function checkStatus(port: number): Promise<void> {
  await vi.waitFor(() => checkHealth(port), healthyMs);
  expect(await asked(port, 'readyz')).toMatchObject({ status: 200 });
  expect((await asked(port, 'metrics')).text).toContain('parley_ready 1');
}

/** Runs the health check of a container engine. Errors: with the exit code. */
async function checkHealth(port: number): Promise<void> {
  await run(process.execPath, await healthCheck(), { env: { STATUS_PORT: `${port}` } });
}

/** Undefined where the system does not tell in /proc. */
async function ownerOf({ pid }: BotProcess): Promise<number | undefined> {
  return await stat(`/proc/${pid}`).then(
    ({ uid }) => uid,
    () => undefined,
  );
}

/** Root becomes nobody, unless nobody may not read this repository's Node. */
function ownerExpected({ complaints }: BotProcess): number | undefined {
  const own = process.platform === 'linux' ? process.getuid?.() : undefined;
  return own === 0 && !complaints.includes('as root') ? 65_534 : own;
}

async function asked(port: number, path: string) {
  const response = await fetch(`http://127.0.0.1:${port}/${path}`);
  return { status: response.status, text: await response.text() };
}
