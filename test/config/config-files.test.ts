import { mkdtempDisposableSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { loadDotEnv } from '#src/config/dot-env.ts';
import { listSecrets } from '#src/config/models-in-use.ts';
import { readServers } from '#src/config/tool-servers.ts';
import { readGoodSettings, readMistakes } from './read-settings.ts';

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

const folder = mkdtempSync(join(tmpdir(), 'secret-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

function writeSecret(name: string, text: string) {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test('a secret lies in a file, as Docker and systemd give them, and is shown nowhere', () => {
  const token = 'MTIz.abc.def';
  const config = readGoodSettings({
    DISCORD_TOKEN_FILE: writeSecret('token', `${token}\n`),
    OPENAI_API_KEY_FILE: writeSecret('key', 'sk-of-a-file\n'),
    DATABASE_URL_FILE: writeSecret('database', 'postgres://a:b@127.0.0.1:5432/parley'),
  });
  expect(config.discord?.token.reveal()).toBe(token);
  expect(config.engines.chat).toMatchObject({ kind: 'remote' });
  const revealed = listSecrets(config).map((secret) => secret.reveal());
  expect(revealed).toContain('postgres://a:b@127.0.0.1:5432/parley');
  expect(revealed).toContain('sk-of-a-file');
  expect(inspect(config, { depth: 9 })).not.toMatch(/MTIz|sk-of-a-file|a:b@/);
});

test('a file that gives no secret is told in a line of its own, never with the secret', () => {
  const empty = writeSecret('empty', ' \n');
  const both = writeSecret('both', 'sk-of-a-file');
  expect(
    readMistakes({
      DISCORD_TOKEN_FILE: join(folder, 'none'),
      OPENAI_API_KEY_FILE: empty,
      SPEECH_API_KEY: 'sk-given',
      SPEECH_API_KEY_FILE: both,
      LOG_LEVEL: 'loud',
    }),
  ).toEqual([
    `DISCORD_TOKEN_FILE: ${join(folder, 'none')} cannot be read (ENOENT)`,
    `OPENAI_API_KEY_FILE: ${empty} is empty`,
    'SPEECH_API_KEY_FILE: SPEECH_API_KEY is set, too; leave one of both out',
    expect.stringMatching(/^LOG_LEVEL: /),
  ]);
});

test('.env may name such a file', () => {
  const told: string[] = [];
  const environment: NodeJS.ProcessEnv = {};
  const path = writeSecret(
    'env',
    'DISCORD_TOKEN_FILE=token\nDISCORD_TOKENS_FILE=token\n',
  );
  loadDotEnv((mistake) => told.push(mistake), path, environment);
  expect(environment.DISCORD_TOKEN_FILE).toBe('token');
  expect(told).toEqual([`DISCORD_TOKENS_FILE: ${path} sets it, and it is no setting.`]);
});

const environment = new Map([
  ['PATH', '/bin'],
  ['NOTES_TOKEN', 'n-1'],
]);

function readServerFile(mcpServers: unknown) {
  return readServers(JSON.stringify({ mcpServers }), '/etc/parley', (name) =>
    environment.get(name),
  );
}

function readGoodServers(mcpServers: unknown) {
  const file = readServerFile(mcpServers);
  if (file.kind === 'bad') throw new Error(file.mistakes.join());
  return file.servers;
}

function revealValues(values: ReadonlyMap<string, { reveal(): string }>) {
  return Object.fromEntries([...values].map(([name, value]) => [name, value.reveal()]));
}

test('the usual shape is read, with a program and with an address', () => {
  const [sky, notes] = readGoodServers({
    sky: { command: './sky.js', args: ['-v'], env: { UNITS: 'metric' } },
    notes: {
      type: 'http',
      url: 'https://notes.example/mcp',
      headers: { Authorization: `Bearer \${NOTES_TOKEN}` },
    },
    old: { command: 'old', disabled: true },
  });
  expect(sky?.transport).toMatchObject({
    kind: 'stdio',
    command: '/etc/parley/sky.js',
    args: ['-v'],
    folder: '/etc/parley',
  });
  if (sky?.transport.kind !== 'stdio' || notes?.transport.kind !== 'http')
    throw new Error('kinds');
  expect(revealValues(sky.transport.environment)).toStrictEqual({ UNITS: 'metric' });
  expect(revealValues(notes.transport.headers)).toEqual({
    Authorization: 'Bearer n-1',
  });
  expect(JSON.stringify(notes.transport)).not.toContain('n-1');
});

test('by default a tool needs Manage Server, counts as lasting, and has ten seconds', () => {
  const [sky] = readGoodServers({ sky: { command: 'sky' } });
  expect(sky?.findRules('forecast')).toEqual({
    who: 'manage',
    effect: 'last',
    deadlineMs: 10_000,
    resultChars: 2_000,
  });
});

test('rules of a server count for its tools, and those of a tool before them', () => {
  const tools = { radar: { confirm: 'asked', deadlineSeconds: 120 } };
  const allow = ['forecast', 'radar', 'constructor'];
  const [sky] = readGoodServers({
    sky: { command: 'sky', who: 'anyone', effect: 'read', allow, tools },
  });
  expect(sky?.findRules('forecast')).toMatchObject({ who: 'anyone', effect: 'read' });
  expect(sky?.findRules('radar')).toMatchObject({
    who: 'anyone',
    effect: 'last',
    deadlineMs: 120_000,
  });
  expect(sky?.findRules('storm')).toBeUndefined();
  expect(sky?.findRules('constructor')).toMatchObject({ effect: 'read' });
});

test.each([
  ['no servers', 7, 'not JSON with "mcpServers"'],
  ['no command', { sky: {} }, '"sky" has a mistake at command'],
  ['an unknown right', { sky: { command: 'a', who: 'everybody' } }, 'at who'],
  [
    'too long a deadline',
    { sky: { command: 'a', deadlineSeconds: 301 } },
    'at deadlineSeconds',
  ],
  [
    'an unknown rule',
    { sky: { command: 'a', tools: { b: { off: true } } } },
    'at tools.b',
  ],
  ['no address', { sky: { url: 'ftp://a' } }, 'must be an address'],
  [
    'the former transport',
    { sky: { type: 'sse', url: 'http://a' } },
    'only stdio and http',
  ],
  ['a name that models cannot write', { 'my sky': { command: 'a' } }, 'needs a name'],
  [
    'a key of the bot',
    { sky: { command: 'a', env: { K: `\${OPENAI_API_KEY}` } } },
    'not set or a setting of the bot',
  ],
])('%s is told in a sentence', (_, servers, text) =>
  expect(readServerFile(servers)).toMatchObject({
    kind: 'bad',
    mistakes: [expect.stringContaining(text)],
  }),
);
