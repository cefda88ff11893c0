import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openOperatorTools } from '#src/app/shared-deps.ts';
import { readExternalTools } from '#src/config/tool-servers.ts';
import { findWish } from '#src/conversation/machine/wish.ts';
import type { ToolEntry, ToolPorts } from '#src/conversation/tools/tool-entry.ts';
import { sourceFiles } from '#test/source-files.ts';

const never = new AbortController().signal;
/** What a program is told of: nothing. */
const noPorts = {
  askerId: '',
  listPeople: () => [],
  getSettings: () => ({}),
} as unknown as ToolPorts;

/** Settings of an operator, with a program all of whose tools may be called. */
async function configureProgram(mode: string) {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-operator-'));
  const path = join(dataDir, 'mcp.json');
  const args = [resolve('test/fakes/mcp/stdio-server.ts'), mode];
  const fake = { command: process.execPath, args, who: 'anyone', effect: 'read' };
  await writeFile(path, JSON.stringify({ mcpServers: { fake } }));
  const read = readExternalTools(path, {});
  if (read.kind === 'bad') throw new Error(read.mistakes.join());
  return { dataDir, externalTools: read.tools };
}

const wish = findWish('last', 'confirmed');

async function runTool(tool: ToolEntry | undefined, fields: object) {
  const fitting = tool?.parseArguments(JSON.stringify(fields));
  if (!fitting || 'unfit' in fitting) throw new Error('it does not fit');
  const action = await fitting.prepare(noPorts, never);
  return action.kind === 'ready' && (await action.run(wish, noPorts, never)).facts;
}

test('a program is started with the bot, started again when it crashed, and ended with the bot', async () => {
  const { dataDir, externalTools } = await configureProgram('modern');
  const reported: string[] = [];
  const isThere = (name: string) =>
    tools.listTools().find((tool) => tool.name === name);
  await using tools = await openOperatorTools(externalTools, dataDir, (message) =>
    reported.push(message),
  );
  await expect
    .poll(() => isThere('fake__echo') !== undefined, { timeout: 30_000 })
    .toBe(true);
  expect(isThere('fake__echo')).toBe(isThere('fake__echo'));
  expect(await runTool(isThere('fake__echo'), { text: 'hi' })).toEqual({
    text: 'You said hi.',
  });
  await expect(runTool(isThere('fake__crash'), {})).rejects.toMatchObject({
    code: 'tool.crashed',
  });
  expect(isThere('fake__echo')).toBeUndefined();
  await expect
    .poll(() => isThere('fake__echo') !== undefined, { timeout: 30_000 })
    .toBe(true);
  expect(await runTool(isThere('fake__echo'), { text: 'again' })).toEqual({
    text: 'You said again.',
  });
  expect(
    reported.some((text) => text.includes('it is tried again, first in 1 s')),
  ).toBe(true);
}, 90_000);

test('the SDK is loaded by what is imported dynamically only, also by the doctor', async () => {
  const loading: string[] = [];
  const value =
    /^import (?!type\b)[^;]*?'(@modelcontextprotocol\/client|[^']*\/(?:mcp-connection|mcp-servers))(?:\.ts)?'/gm;
  for await (const path of sourceFiles('{src,commands,doctor,setup}/**/*.ts')) {
    if (value.test(await readFile(path, 'utf8'))) loading.push(path);
    value.lastIndex = 0;
  }
  expect(loading.sort()).toEqual([
    'doctor/examine-tool-servers.ts',
    'src/features/tools/mcp/mcp-connection.ts',
    'src/features/tools/mcp/mcp-servers.ts',
  ]);
  expect(await readFile('doctor/all-probes.ts', 'utf8')).toContain(
    "await import('./examine-tool-servers.ts')",
  );
});
