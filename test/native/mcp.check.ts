import { toChannelId, toPersonId } from '#src/base/ids.ts';
import { openMcpConnection } from '#src/features/tools/mcp/mcp-connection.ts';

const { MCP_TIME = '', MCP_EVERYTHING = '' } = process.env;
const never = new AbortController().signal;
const asker = {
  id: toPersonId('1'),
  name: 'Adam',
  channelId: toChannelId('2'),
  language: 'en',
};

async function openServer(command: string, ...args: string[]) {
  const transport = {
    kind: 'stdio',
    command,
    args,
    environment: new Map(),
    folder: '.',
  } as const;
  const connection = await openMcpConnection(
    transport,
    { onToolsChanged: () => undefined },
    never,
  );
  const callTool = (name: string, args: Readonly<Record<string, unknown>>) =>
    connection.callTool(name, { args, asker }, 10_000, never);
  return {
    connection,
    call: callTool,
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

test("the time server of the protocol's makers, in Python, tells the time of a zone and refuses one that is none", async () => {
  await using server = await openServer(MCP_TIME);
  const tools = await server.connection.listTools(never);
  expect(tools.map(({ name }) => name)).toContain('get_current_time');
  const told = await server.call('get_current_time', { timezone: 'Asia/Tokyo' });
  expect(told).toMatchObject({
    isError: false,
    text: expect.stringContaining('+09:00'),
  });
  const refused = await server.call('get_current_time', { timezone: 'Moon/Base' });
  expect(refused).toMatchObject({
    isError: true,
    text: expect.stringContaining('Moon/Base'),
  });
});

test("the server of the protocol's makers that has everything, in JavaScript, answers with text, numbers and pictures", async () => {
  await using server = await openServer(MCP_EVERYTHING);
  const tools = await server.connection.listTools(never);
  expect(tools.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['echo', 'get-sum']),
  );
  expect(await server.call('echo', { message: 'hi' })).toMatchObject({
    text: 'Echo: hi',
  });
  expect((await server.call('get-sum', { a: 2, b: 3 })).text).toContain('5');
  expect(await server.call('get-tiny-image', {})).toMatchObject({ leftOut: ['image'] });
  expect(await server.call('get-sum', { a: 'two' })).toMatchObject({ isError: true });
});
