import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { compileCacheEnvironment } from '#src/base/compile-cache.ts';

const run = promisify(execFile);

/** Output of `npm run mcp` about one server, and its exit code. */
async function mcp(serversPath: string, ...args: readonly string[]) {
  const env = { ...compileCacheEnvironment(), MCP_SERVERS: serversPath, PATH: '/usr/bin:/bin' };
  const words = ['src/app/programs/mcp.ts', ...args];
  return await run(process.execPath, words, { env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

test('npm run mcp shows what servers offer, and accepts it as it is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-mcp-'));
  const path = join(folder, 'mcp.json');
  const program = resolve('test/fakes/mcp/stdio-server.ts');
  const fake = {
    command: process.execPath,
    args: [program, 'modern'],
    env: compileCacheEnvironment(),
    tools: { crash: { off: true } },
  };
  await writeFile(path, JSON.stringify({ mcpServers: { fake } }));
  const seen = await mcp(path);
  expect(seen).toMatchObject({ code: 0 });
  expect(seen.stdout).toContain('fake (protocol 2026-07-28)');
  expect(seen.stdout).toContain('  new      echo [who: manage, confirm: always, 10 s]: Does echo.');
  expect(seen.stdout).toContain('  off      crash: Does crash.');
  expect(seen.stdout).toContain('echo takes {"');
  const accepted = await mcp(path, 'accept', 'fake', 'echo');
  expect(accepted.stdout).toContain('  on       echo [');
  expect(accepted.stdout).toContain('  new      leave [');
  const kept = JSON.parse(await readFile(join(folder, 'mcp.accepted.json'), 'utf8'));
  expect(kept).toEqual({ fake: { echo: expect.stringMatching(/^[0-9a-f]{64}$/) } });
  expect(await mcp(path, 'accept', 'fake', 'none')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('fake offers no tool none.'),
  });
  expect(await mcp(path, 'accept', 'other')).toMatchObject({ code: 1 });
  expect(await mcp(path, 'reject')).toMatchObject({ code: 78 });
}, 60_000);
