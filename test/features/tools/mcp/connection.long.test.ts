import { fileURLToPath } from 'node:url';
import { getCompileCacheEnvironment } from '#src/base/compile-cache.ts';
import { toChannelId, toPersonId } from '#src/base/ids.ts';
import { Secret } from '#src/base/secret.ts';
import { openMcpConnection } from '#src/features/tools/mcp/mcp-connection.ts';
import type { McpTransport } from '#src/ports/tool-servers.ts';

import { type FakeMcpServer, openFakeMcp } from '#test/fakes/mcp/http-server.ts';

const program = fileURLToPath(
  new URL('../../../fakes/mcp/stdio-server.ts', import.meta.url),
);
const never = new AbortController().signal;

type Kind = readonly [transport: 'stdio' | 'http', era: 'legacy' | 'modern'];
const kinds: readonly Kind[] = [
  ['stdio', 'legacy'],
  ['stdio', 'modern'],
  ['http', 'legacy'],
  ['http', 'modern'],
];
function makeStdio(mode: string): McpTransport {
  const fields = { ...getCompileCacheEnvironment(), UNITS: 'metric' };
  const environment = new Map(
    Object.entries(fields).map(([name, value]) => [name, new Secret(value)]),
  );
  return {
    kind: 'stdio',
    command: process.execPath,
    args: [program, mode],
    environment,
    folder: '.',
  };
}

function makeHttp({ url }: FakeMcpServer): McpTransport {
  return { kind: 'http', url, headers: new Map([['x-key', new Secret('k-1')]]) };
}

const asker = {
  id: toPersonId('1'),
  name: 'Adam',
  channelId: toChannelId('2'),
  language: 'en',
};

async function openConnection(server: McpTransport) {
  return await openMcpConnection(server, { onToolsChanged: () => undefined }, never);
}

async function openKind([transport, era]: Kind) {
  await using stack = new AsyncDisposableStack();
  const server =
    transport === 'http' ? stack.use(await openFakeMcp({ era })) : undefined;
  const connection = stack.use(
    await openConnection(server ? makeHttp(server) : makeStdio(era)),
  );
  const closing = stack.move();
  return {
    server,
    connection,
    call: (name: string, args = {}) =>
      connection.callTool(name, { args, asker }, 10_000, never),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

const lent = new Map<string, ReturnType<typeof openKind>>();
afterAll(async () => {
  for (const item of lent.values()) await (await item)[Symbol.asyncDispose]();
});

/** Connection that all tests share that do not end it. */
function lendConnection(kind: Kind) {
  const known = lent.get(`${kind}`) ?? openKind(kind);
  lent.set(`${kind}`, known);
  return known;
}

test.each(kinds)(
  'over %s a server of the %s generation is spoken to',
  async (...kind) => {
    const { connection, call } = await lendConnection(kind);
    expect(connection.era).toBe(kind[1]);
    expect(
      (await connection.listTools(never)).find(({ name }) => name === 'echo'),
    ).toMatchObject({
      description: 'Does echo.',
      inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
    });
    expect(await call('echo', { text: 'hi' })).toMatchObject({
      text: 'You said hi.',
      isError: false,
    });
    expect(await call('asker')).toMatchObject({ text: JSON.stringify(asker) });
    expect(await call('measure')).toMatchObject({ structured: '{"degrees":21}' });
    expect(await call('picture')).toEqual({
      text: 'A cat.',
      leftOut: ['image'],
      isError: false,
    });
    expect(await call('fail')).toMatchObject({ text: 'No such city.', isError: true });
  },
);

test.each(kinds)(
  'over %s (%s) a call is ended by whoever asked at its deadline, and by the connection later',
  async (...kind) => {
    const reported = await (await lendConnection(kind)).connection.callTool(
      'echo',
      { args: { text: 'hi' }, asker },
      1,
      never,
    );
    expect(reported.text).toBe('You said hi.');
  },
);

test.each(kinds)(
  'over %s (%s) a crash in a call is told as such, and ends the connection',
  async (...kind) => {
    await using open_ = await openKind(kind);
    await expect(open_.call('crash')).rejects.toMatchObject({
      name: 'BotError',
      code:
        kind[0] === 'stdio'
          ? 'tool.crashed'
          : expect.stringMatching(/^tool\.(crashed|unreachable)$/),
    });
    expect(open_.connection.ended.aborted).toBe(true);
  },
);

test.each(kinds)('over %s (%s) a message of 6 MiB is not taken', async (...kind) => {
  await using open_ = await openKind(kind);
  await expect(open_.call('big')).rejects.toMatchObject({
    code: 'tool.flooded',
    message: 'An MCP server sent JSON with more than 4 MiB.',
  });
});

test('a small message of many or deep values from an address reaches no schema', async () => {
  await using many = await openKind(['http', 'modern']);
  const text = 'An MCP server sent JSON with more than 10,000 values.';
  await expect(many.call('many')).rejects.toMatchObject({
    code: 'tool.flooded',
    message: text,
  });
  await using deep = await openKind(['http', 'modern']);
  await expect(deep.call('deep')).rejects.toMatchObject({
    code: 'tool.flooded',
    message: 'An MCP server sent JSON with more than 32 levels of nesting.',
  });
});

test.each(kinds)(
  'over %s (%s) no tool asks a person, and none a model',
  async (...kind) => {
    const open_ = await lendConnection(kind);
    const request = await open_.call('ask_person').then(
      ({ isError }) => (isError ? 'refused' : 'asked'),
      ({ code }) => code,
    );
    expect(['refused', 'tool.refused', 'tool.asks']).toContain(request);
    if (kind[1] === 'legacy')
      expect(await open_.call('ask_model')).toMatchObject({ isError: true });
  },
);

// Proves: A tool of an MCP server gets no key of the bot by real
test('a program gets of the environment only what its entry names and a few usual variables', async () => {
  vi.stubEnv('OPENAI_API_KEY', 'sk-secret');
  await using connection = await openConnection(makeStdio('modern'));
  const { text } = await connection.callTool(
    'environment',
    { args: {}, asker },
    10_000,
    never,
  );
  vi.unstubAllEnvs();
  expect(JSON.parse(text)).toMatchObject({
    ...getCompileCacheEnvironment(),
    UNITS: 'metric',
  });
  expect(text).not.toContain('OPENAI');
});

test('a tool program that ends at once is reported as ended', () =>
  expect(openConnection(makeStdio('gone'))).rejects.toMatchObject({
    code: 'tool.crashed',
  }));

test('a command that is not there, and an address where nobody listens, are told as unreachable', async () => {
  const unreachable = { code: 'tool.unreachable', retryable: true };
  const nothing = {
    ...makeStdio('modern'),
    command: './no-such-program',
  } as McpTransport;
  await expect(openConnection(nothing)).rejects.toMatchObject(unreachable);
  const nobody: McpTransport = {
    kind: 'http',
    url: new URL('http://127.0.0.1:9/mcp'),
    headers: new Map(),
  };
  await expect(openConnection(nobody)).rejects.toMatchObject(unreachable);
});
