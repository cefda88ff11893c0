import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { withAccepted, writeAccepted } from '#src/features/tools/mcp/accepted-tools.ts';
import { reviewServer } from '#src/features/tools/mcp/review-server-tools.ts';
import { readServersFile } from '#src/features/tools/mcp/servers-file.ts';
import { openFakeMcp } from '#test/fakes/mcp/http-server.ts';
import { canary, examine } from './examine.ts';

const program = (kind: string) => ({
  command: process.execPath,
  args: [resolve('test/fakes/mcp/stdio-server.ts'), kind],
});

/** A folder with a file of these servers. */
async function servers(mcpServers: Readonly<Record<string, object>>) {
  const folder = await mkdtemp(join(tmpdir(), 'parley-doctor-tools-'));
  const path = join(folder, 'mcp.json');
  await writeFile(path, JSON.stringify({ mcpServers }));
  return { folder, path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

/** Accepts these tools of the one server in that file. */
async function accept(path: string, names: readonly string[]): Promise<void> {
  const read = readServersFile(path, () => undefined);
  const [server] = read.kind === 'ok' ? read.servers : [];
  if (!server) throw new Error('There is no server.');
  const review = await reviewServer(server, realClock, new AbortController().signal);
  const offered = review.kind === 'offers' ? review.tools : [];
  const chosen = offered.filter(({ name }) => names.includes(name));
  const kept = path.replace('.json', '.accepted.json');
  await writeAccepted(kept, withAccepted(new Map(), server.name, chosen));
}

test('servers of tools are started or asked, and what nobody has accepted is off', async () => {
  await using server = await openFakeMcp({ era: 'modern' });
  const only = { measure: {}, echo: {} };
  const off = Object.fromEntries(
    [
      'picture',
      'fail',
      'environment',
      'big',
      'many',
      'deep',
      'hang',
      'crash',
      'flood',
      'leave',
      'ask_person',
    ].map((name) => [name, { off: true }]),
  );
  const notes = { type: 'http', url: server.url.href, tools: { ...only, ...off } };
  await using file = await servers({ notes });
  const before = await examine([], { MCP_SERVERS: file.path });
  expect(before.about('notes')).toBe(
    'differs notes modern, 0 of 13 tools are on; off until you accept them: echo, measure',
  );
  expect(before.mendOf('notes')).toContain('npm run mcp -- accept notes');
  expect(before.code).toBe(0);
  await accept(file.path, ['measure', 'echo']);
  const after = await examine([], { MCP_SERVERS: file.path });
  expect([after.code, after.about('notes')]).toEqual([0, 'ok notes modern, 2 of 13 tools are on']);
});

test('a server that is not there is missing, and the others are examined', async () => {
  await using file = await servers({ gone: program('gone'), sky: program('legacy') });
  const { code, about } = await examine([], { MCP_SERVERS: file.path });
  expect(code).toBe(1);
  expect(about('gone')).toMatch(/^missing gone /);
  expect(about('sky')).toMatch(
    /^differs sky legacy, 0 of 14 tools are on; off until you accept them: echo, measure, picture, fail, environment and 9 more$/,
  );
});

test('a key of a server is shown nowhere', async () => {
  const headers = { Authorization: `Bearer \${NOTES_TOKEN}` };
  await using file = await servers({ notes: { url: 'http://127.0.0.1:9/mcp', headers } });
  const given = { MCP_SERVERS: file.path, NOTES_TOKEN: canary };
  const { code, text, about } = await examine([], given);
  expect([code, about('notes')]).toEqual([1, expect.stringMatching(/^missing/)]);
  expect(text).not.toContain(canary);
});

test('a file that cannot be read is a mistake, and offline nothing is started', async () => {
  const bad = await examine([], { MCP_SERVERS: '/nowhere/mcp.json' });
  expect([bad.code, bad.text]).toEqual([78, expect.stringContaining('MCP_SERVERS')]);
  await using file = await servers({ gone: program('gone') });
  const { code, about } = await examine(['--offline'], { MCP_SERVERS: file.path });
  expect([code, about('gone')]).toEqual([0, 'ok gone not asked']);
});

test('functions in files are asked what they are', async () => {
  await using data = await servers({});
  const given = { TOOL_FILES: 'on', DATA_DIR: data.folder };
  const none = await examine([], given);
  expect([none.code, none.about('function')]).toEqual([1, expect.stringContaining('no folder')]);
  const folder = join(data.folder, 'tools');
  await mkdir(folder);
  await writeFile(
    join(folder, 'dice.mjs'),
    "export const description = 'Rolls.';\nexport default () => 4;\n",
  );
  const one = await examine([], given);
  expect([one.code, one.about('dice')]).toEqual([0, 'ok dice the model can call it']);
  await writeFile(join(folder, 'bad.mjs'), 'throw new Error();\n');
  const two = await examine([], given);
  expect([two.code, two.about('function')]).toEqual([1, expect.stringContaining('bad.mjs')]);
});
