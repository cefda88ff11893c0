import { createServer, type ServerResponse } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { toPersonId } from '#src/base/ids.ts';
import { openListeningServer } from './listening-server.ts';

type FakeGatewayOptions = {
  /** Servers that READY lists. */
  readonly guildIds: readonly string[];
  /** Servers for which no GUILD_CREATE follows: an outage at Discord. */
  readonly unavailableIds?: readonly string[];
  /** Status and body of `GET /guilds/:id`, by id. Default: 404, Unknown Guild. */
  readonly guildAnswers?: Readonly<
    Record<string, readonly [status: number, body: object]>
  >;
};

/** User id of the bot that logs in; everywhere the same. */
export const fakeBotId = toPersonId('1000000000000000001');
const botUser = {
  id: fakeBotId,
  username: 'Nova',
  discriminator: '0',
  avatar: null,
  bot: true,
};

/** REST and main gateway in as few words as a login takes, on 127.0.0.1. */
export async function openFakeGateway(options: FakeGatewayOptions) {
  const askedGuildIds: string[] = [];
  const { guildIds, unavailableIds = [], guildAnswers = {} } = options;
  const server = createServer((request, response) => {
    const path = request.url?.replace(/^\/api\/v10|\?.*$/g, '') ?? '';
    const guildId = path.match(/^\/guilds\/(\d+)$/)?.[1];
    if (guildId !== undefined) {
      askedGuildIds.push(guildId);
      const [status, body] = guildAnswers[guildId] ?? unknownGuildAnswer;
      return sendAnswer(response, status, body);
    }
    if (path === '/gateway/bot')
      return sendAnswer(response, 200, toGatewayAnswer(`ws://127.0.0.1:${port}`));
    sendAnswer(response, 200, path.endsWith('/commands') ? [] : botUser);
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    let sequence = 0;
    const sendEvent = (name: string, data: object) =>
      socket.send(JSON.stringify({ op: 0, s: ++sequence, t: name, d: data }));
    serveLogin(socket, () => {
      sendEvent('READY', toReady(guildIds, `ws://127.0.0.1:${port}`));
      const there = guildIds.filter((id) => !unavailableIds.includes(id));
      for (const id of there) sendEvent('GUILD_CREATE', toGuild(id));
    });
  });
  const served = await openListeningServer(server, () => {
    for (const socket of sockets.clients) socket.terminate();
  });
  const { port } = served;
  return {
    ...served,
    apiUrl: `http://127.0.0.1:${port}/api`,
    /** Ids of servers that were asked for by REST. */
    askedGuildIds,
  };
}

/** Hello, heartbeats and identify. */
function serveLogin(socket: WebSocket, login: () => void) {
  socket.send(JSON.stringify({ op: 10, d: { heartbeat_interval: 40_000 } }));
  socket.on('message', (data) => {
    const { op } = JSON.parse(`${data}`);
    if (op === 1) socket.send(JSON.stringify({ op: 11 }));
    if (op === 2) login();
  });
}

const unknownGuildAnswer = [404, { message: 'Unknown Guild', code: 10_004 }] as const;

function toGatewayAnswer(url: string) {
  const limit = { total: 1_000, remaining: 1_000, reset_after: 0, max_concurrency: 1 };
  return { url, shards: 1, session_start_limit: limit };
}

function toReady(guildIds: readonly string[], url: string) {
  return {
    v: 10,
    user: botUser,
    session_id: 'session',
    resume_gateway_url: url,
    shard: [0, 1],
    guilds: guildIds.map((id) => ({ id, unavailable: true })),
    application: { id: fakeBotId, flags: 0 },
  };
}

function toGuild(id: string) {
  const everyone = { id, name: '@everyone', permissions: '0', position: 0, color: 0 };
  const me = {
    user: botUser,
    roles: [],
    joined_at: '2026-01-01T00:00:00Z',
    deaf: false,
    mute: false,
  };
  return {
    id,
    name: `Server ${id}`,
    unavailable: false,
    owner_id: '1',
    member_count: 1,
    roles: [everyone],
    channels: [],
    members: [me],
    voice_states: [],
    emojis: [],
    stickers: [],
    features: [],
    threads: [],
    presences: [],
  };
}

function sendAnswer(response: ServerResponse, status: number, body: object) {
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify(body));
}
