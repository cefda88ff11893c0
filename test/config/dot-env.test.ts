import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDotEnv } from '#src/config/dot-env.ts';

test('a variable that the file of MCP servers names has an effect', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'parley-'));
  const [path, servers] = [join(folder.path, '.env'), join(folder.path, 'mcp.json')];
  writeFileSync(
    servers,
    JSON.stringify({
      mcpServers: {
        wiki: {
          url: 'https://wiki.example',
          headers: { key: `Bearer \${WIKI_KEY}` },
        },
      },
    }),
  );
  writeFileSync(path, `WIKI_KEY=k\nWIKI=k\nMCP_SERVERS=${servers}\n`);
  const lines: string[] = [];
  loadDotEnv((line) => lines.push(line), path, {});
  expect(lines).toEqual([
    expect.stringMatching(/^WIKI: .*\.env sets it, and it is no setting\.$/),
  ]);
});

test('a byte order mark is no part of a name, and a line without "=" is told without what may be a key', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'parley-'));
  const path = join(folder.path, '.env');
  const environment = {};
  const lines: string[] = [];
  writeFileSync(
    path,
    '\ufeffBOT_NAME=Bo\r\nBOT_INSTRUCTIONS="Be\nbrief."\n\n# no\nOPENAI_API_KEY sk-very-secret\n',
  );
  loadDotEnv((line) => lines.push(line), path, environment);
  expect(environment).toEqual({ BOT_NAME: 'Bo', BOT_INSTRUCTIONS: 'Be\nbrief.' });
  expect(lines).toEqual([`${path}: "OPENAI_API_KEY" has no "=", so it sets nothing.`]);
});

test('each setting in .env without effect gets one line, and the environment wins over the file', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'parley-'));
  const path = join(folder.path, '.env');
  const environment = { BOT_NAME: 'Nova', REALTIME_DIALECT: 'beta' };
  const lines: string[] = [];
  writeFileSync(
    path,
    '# a comment\nBOT_NAME=Bo\nexport BOT_INSTRUCTIONS="Be\nbrief."\nBUDGET_SERVER_DAY_USDD=1\n',
  );
  expect(loadDotEnv((line) => lines.push(line), path, environment)).toBe(true);
  expect(lines.sort()).toEqual([
    expect.stringMatching(
      /^BUDGET_SERVER_DAY_USDD: .*\.env sets it, and it is no setting/,
    ),
    expect.stringMatching(/^REALTIME_DIALECT is no setting any more\. OpenAI removed/),
  ]);
  expect(environment).toMatchObject({
    BOT_NAME: 'Nova',
    BOT_INSTRUCTIONS: 'Be\nbrief.',
  });
  // A folder in its place cannot be read by anybody, root included.
  expect(loadDotEnv((line) => lines.push(line), folder.path, environment)).toBe(false);
  expect(lines.at(-1)).toMatch(/ cannot be read \(EISDIR\): make it readable/);
});
