import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { openSandbox } from '#sandbox/sandbox.ts';
import { freePort } from '#test/fakes/free-port.ts';
import { buildImage, filesOf, healthCheck, settingsFor } from './image.ts';
import { Running } from './running.ts';

const run = promisify(execFile);

/** On a busy machine; idle it takes a few seconds. */
const testMs = 120_000;
const healthyMs = 20_000;

test('the tree of the image starts with production modules only, as nobody, and writes nothing but data', {
  timeout: testMs,
}, async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'parley-image-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const image = await buildImage(folder);
  expect(await readdir(join(image.app, 'node_modules'))).not.toContain('vitest');
  const before = await filesOf(image);

  const { token, apiUrl, certificate: ca } = stack.use(await openSandbox());
  const port = await freePort();
  const bot = stack.use(
    new Running(image.start(await settingsFor({ token, apiUrl, ca }, folder, port))),
  );
  await bot.reports('status:');
  expect(await asked(port, 'readyz')).toMatchObject({ status: 503 });
  await bot.reports('ready:');
  expect(bot.lines.filter(({ level }) => level >= warning)).toEqual([]);
  expect(await ownerOf(bot)).toBe(ownerExpected(bot));
  await checkStatus(port);

  bot.send('SIGHUP');
  await bot.reports('reloaded: ');
  bot.ignore();
  expect(await asked(port, 'readyz')).toMatchObject({ status: 200 });
  bot.send('SIGTERM');
  expect(await bot.ended()).toBe(0);
  expect(await filesOf(image)).toEqual(before);
  expect(await readdir(image.data)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^parley\./)]),
  );
  await expect(checkHealth(port)).rejects.toMatchObject({ code: 1 });
});

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
async function ownerOf({ pid }: Running): Promise<number | undefined> {
  return await stat(`/proc/${pid}`).then(
    ({ uid }) => uid,
    () => undefined,
  );
}

/** Root becomes nobody, unless nobody may not read this repository's Node. */
function ownerExpected({ complaints }: Running): number | undefined {
  const own = process.platform === 'linux' ? process.getuid?.() : undefined;
  return own === 0 && !complaints.includes('as root') ? 65_534 : own;
}

async function asked(port: number, path: string) {
  const response = await fetch(`http://127.0.0.1:${port}/${path}`);
  return { status: response.status, text: await response.text() };
}
