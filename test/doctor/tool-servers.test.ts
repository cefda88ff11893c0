import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openFakeMcp } from '#test/fakes/mcp/http-server.ts';
import { canary, runExamination } from './run-examination.ts';

const makeProgram = (kind: string) => ({
  command: process.execPath,
  args: [resolve('test/fakes/mcp/stdio-server.ts'), kind],
});

/** A folder with a file of these servers. */
async function writeServers(mcpServers: Readonly<Record<string, object>>) {
  const folder = await mkdtemp(join(tmpdir(), 'parley-doctor-tools-'));
  const path = join(folder, 'mcp.json');
  await writeFile(path, JSON.stringify({ mcpServers }));
  return { folder, path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

test('servers of tools are started or asked, and the allowed tools are shown', async () => {
  await using server = await openFakeMcp({ era: 'modern' });
  const notes = {
    type: 'http',
    url: server.url.href,
    allow: ['measure', 'echo'],
    tools: { measure: { effect: 'read' } },
  };
  await using file = await writeServers({ notes });
  const { code, about } = await runExamination([], { MCP_SERVERS: file.path });
  expect([code, about('notes')]).toEqual([
    0,
    'ok notes modern, 2 of 13 tools are on: notes: echo, notes: measure reads',
  ]);
});

test('a server that is not there is missing, and the others are examined', async () => {
  await using file = await writeServers({
    gone: makeProgram('gone'),
    sky: makeProgram('legacy'),
  });
  const { code, about } = await runExamination([], { MCP_SERVERS: file.path });
  expect(code).toBe(1);
  expect(about('gone')).toMatch(/^missing gone /);
  expect(about('sky')).toMatch(/^ok sky legacy, 14 of 14 tools are on: sky: echo/);
});

test('a program that does not answer is ended before the doctor is, and its remedy is about the program', async () => {
  const { args, command } = makeProgram('silent');
  await using file = await writeServers({});
  const told = join(file.folder, 'pid');
  await writeFile(
    file.path,
    JSON.stringify({ mcpServers: { deaf: { command, args: [...args, told] } } }),
  );
  const { about, mendOf } = await runExamination([], { MCP_SERVERS: file.path }, 3_000);
  expect(about('deaf')).toBe('missing deaf It took longer than the limit of 3 s.');
  expect(mendOf('deaf')).toBe('correct its entry in the file, or the server itself');
  const pid = Number(await readFile(told, 'utf8'));
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('a key of a server is shown nowhere', async () => {
  await using file = await writeServers({
    notes: {
      url: 'http://127.0.0.1:9/mcp',
      headers: { Authorization: `Bearer \${NOTES_TOKEN}` },
    },
  });
  const { code, text, about } = await runExamination([], {
    MCP_SERVERS: file.path,
    NOTES_TOKEN: canary,
  });
  expect([code, about('notes')]).toEqual([1, expect.stringMatching(/^missing/)]);
  expect(text).not.toContain(canary);
});

test('a file that cannot be read is a mistake, and offline nothing is started', async () => {
  const bad = await runExamination([], { MCP_SERVERS: '/nowhere/mcp.json' });
  expect([bad.code, bad.text]).toEqual([78, expect.stringContaining('MCP_SERVERS')]);
  await using file = await writeServers({ gone: makeProgram('gone') });
  const { code, about } = await runExamination(['--offline'], {
    MCP_SERVERS: file.path,
  });
  expect([code, about('gone')]).toEqual([0, 'ok gone not asked']);
});
