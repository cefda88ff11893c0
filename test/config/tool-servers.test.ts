import { readServers } from '#src/config/tool-servers.ts';

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
