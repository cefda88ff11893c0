import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type WebSocket, WebSocketServer } from 'ws';
import { writeWav } from '#src/audio/wav.ts';
import { hostileShapes } from './shapes.ts';

/** Answer to the next request of one endpoint. */
export type HostileAnswer = {
  readonly endpoint: string;
  readonly type: 'application/json' | 'text/event-stream';
  readonly body: string;
};

export type HostileProvider = AsyncDisposable & {
  readonly baseUrl: string;
  /** Resolves once the bot has asked for it and the connection was used up or closed. */
  next(answer: HostileAnswer): Promise<void>;
  /** Sends this over every Realtime connection; how many there were. */
  say(message: string): number;
  /** The last request for a chat. */
  lastChat(): string;
};

function shapeNamed(name: string) {
  const shape = hostileShapes.find((one) => one.name === name);
  if (!shape) throw new Error(`There is no shape ${name}.`);
  return shape;
}

/** A server of models that answers everything in order, but for what it is told to answer next. */
export async function openProvider(): Promise<HostileProvider> {
  let lastChat = '';
  let waiting: (HostileAnswer & { readonly done: () => void }) | undefined;
  const served = await serving(async (request, response) => {
    const body = await text(request);
    const path = request.url ?? '';
    if (path.endsWith('/chat/completions')) lastChat = body;
    if (!waiting || !path.endsWith(waiting.endpoint)) return void usual(path, response);
    const { type, body: answer, done } = waiting;
    waiting = undefined;
    response.on('close', done);
    response.writeHead(200, { 'content-type': type }).end(answer);
  });
  const sockets = new WebSocketServer({ server: served.server });
  sockets.on('connection', greet);
  return {
    baseUrl: `${served.url}v1`,
    next(answer) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting = { ...answer, done: resolve };
      return promise;
    },
    say(message) {
      for (const socket of sockets.clients) socket.send(message);
      return sockets.clients.size;
    },
    lastChat: () => lastChat,
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

function greet(socket: WebSocket): void {
  const send = (type: string) =>
    socket.send(JSON.stringify({ type, session: { type: 'realtime' } }));
  socket.on('error', () => undefined);
  socket.on('message', (data) => {
    if (`${data}`.includes('"session.update"')) send('session.updated');
  });
  send('session.created');
}

const chunk = { choices: [{ index: 0, delta: { content: 'Yes.' }, finish_reason: 'stop' }] };

function usual(path: string, response: Parameters<RequestListener>[1]): void {
  const [type, body] = usualAnswer(path);
  response.writeHead(200, { 'content-type': type }).end(body);
}

function usualAnswer(path: string): readonly [type: string, body: string | Buffer] {
  if (path.endsWith('/chat/completions'))
    return ['text/event-stream', `data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`];
  if (path.endsWith('/audio/speech')) return ['audio/wav', hum(24_000)];
  if (/audio\/trans(criptions|lations)$/.test(path))
    return ['application/json', '{"text":"Hello."}'];
  return ['application/json', '{"data":[]}'];
}

/** A quarter of a second of sound. */
function hum(rateHz: number): Buffer {
  const samples = Int16Array.from({ length: rateHz / 4 }, (_, n) => 9_000 * Math.sin(n / 9));
  return writeWav({ samples, rateHz, channels: 1 });
}

/** An MCP server over HTTP with one tool, whose result is hostile. */
export async function openMcp(shape: string, bytes: number) {
  return await serving(async (request, response) => {
    const answer = request.method === 'POST' && mcpAnswer(await text(request), shape, bytes);
    if (!answer) return void response.writeHead(request.method === 'POST' ? 202 : 405).end();
    response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
  });
}

const mcpTool = { name: 'go', description: 'Goes.', inputSchema: { type: 'object' } };
const greeting = {
  protocolVersion: '2025-06-18',
  capabilities: { tools: {} },
  serverInfo: { name: 'hostile', version: '1' },
};

/** Answer to one message; undefined where none is wanted. */
export function mcpAnswer(line: string, shape: string, bytes: number): string | undefined {
  const { id, method }: { readonly id?: unknown; readonly method?: string } = JSON.parse(line);
  if (id === undefined) return undefined;
  const result = (json: string) => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${json}}`;
  if (method === 'initialize') return result(JSON.stringify(greeting));
  if (method === 'tools/list') return result(JSON.stringify({ tools: [mcpTool] }));
  if (method === 'tools/call') return result(`{"content":${shapeNamed(shape).json(bytes)}}`);
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":{"code":-32601,"message":"no"}}`;
}

async function serving(
  answer: (request: IncomingMessage, response: Parameters<RequestListener>[1]) => Promise<void>,
) {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
