import { createServer, type ServerResponse } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { listening } from './listening.ts';

type FakeGatewayOptions = {
  /** Servers that READY lists. */
  readonly guildIds: readonly string[];
  /** Servers for which no GUILD_CREATE follows: an outage at Discord. */
  readonly unavailableIds?: readonly string[];
  /** Status and body of `GET /guilds/:id`, by id. Default: 404, Unknown Guild. */
  readonly guildAnswers?: Readonly<Record<string, readonly [status: number, body: object]>>;
};

/** Op 4 as the bot sent it. */
type SeatRequest = { readonly guild_id: string; readonly channel_id: string | null };

export type FakeGateway = Awaited<ReturnType<typeof openFakeGateway>>;

/** User id of the bot that logs in; everywhere the same. */
export const fakeBotId = '1000000000000000001';
const bot = { id: fakeBotId, username: 'Nova', discriminator: '0', avatar: null, bot: true };

/** REST and main gateway in as few words as a login takes, on 127.0.0.1; seats are given up as soon as that is asked. */
export async function openFakeGateway(options: FakeGatewayOptions) {
  const seatRequests: SeatRequest[] = [];
  const closeCodes: number[] = [];
  const askedGuildIds: string[] = [];
  const { guildIds, unavailableIds = [], guildAnswers = {} } = options;
  const server = createServer((request, response) => {
    const path = request.url?.replace(/^\/api\/v10|\?.*$/g, '') ?? '';
    const guildId = path.match(/^\/guilds\/(\d+)$/)?.[1];
    if (guildId !== undefined) {
      askedGuildIds.push(guildId);
      const [status, body] = guildAnswers[guildId] ?? unknownGuild;
      return answer(response, status, body);
    }
    if (path === '/gateway/bot') return answer(response, 200, wayIn(`ws://127.0.0.1:${port}`));
    answer(response, 200, path.endsWith('/commands') ? [] : bot);
  });
  const sockets = new WebSocketServer({ server });
  let send = (_name: string, _data: object): void => undefined;
  sockets.on('connection', (socket) => {
    let sequence = 0;
    send = (name, data) => socket.send(JSON.stringify({ op: 0, s: ++sequence, t: name, d: data }));
    socket.on('close', (code) => void closeCodes.push(code));
    serve(socket, {
      login() {
        send('READY', readyOf(guildIds, `ws://127.0.0.1:${port}`));
        const there = guildIds.filter((id) => !unavailableIds.includes(id));
        for (const id of there) send('GUILD_CREATE', guildOf(id));
      },
      seat(request) {
        seatRequests.push(request);
        send('VOICE_STATE_UPDATE', voiceStateOf(request.guild_id, request.channel_id));
      },
    });
  });
  const served = await listening(server, () => {
    for (const socket of sockets.clients) socket.terminate();
  });
  const { port } = served;
  return {
    ...served,
    apiUrl: `http://127.0.0.1:${port}/api`,
    seatRequests,
    /** Close codes of sockets that the bot has closed. */
    closeCodes,
    /** Ids of servers that were asked for by REST. */
    askedGuildIds,
    /** Shows the bot in a voice channel of each server, muted there. */
    seatEverywhere() {
      for (const id of guildIds) send('VOICE_STATE_UPDATE', voiceStateOf(id, channelIdOf(id)));
    },
  };
}

type GatewayHandlers = { login(): void; seat(request: SeatRequest): void };

/** Hello, heartbeats, identify, and op 4. */
function serve(socket: WebSocket, handlers: GatewayHandlers): void {
  socket.send(JSON.stringify({ op: 10, d: { heartbeat_interval: 40_000 } }));
  socket.on('message', (data) => {
    const { op, d } = JSON.parse(`${data}`);
    if (op === 1) socket.send(JSON.stringify({ op: 11 }));
    if (op === 2) handlers.login();
    if (op === 4) handlers.seat(d);
  });
}

const unknownGuild = [404, { message: 'Unknown Guild', code: 10_004 }] as const;

function wayIn(url: string): object {
  const limit = { total: 1_000, remaining: 1_000, reset_after: 0, max_concurrency: 1 };
  return { url, shards: 1, session_start_limit: limit };
}

function readyOf(guildIds: readonly string[], url: string): object {
  return {
    v: 10,
    user: bot,
    session_id: 'session',
    resume_gateway_url: url,
    shard: [0, 1],
    guilds: guildIds.map((id) => ({ id, unavailable: true })),
    application: { id: fakeBotId, flags: 0 },
  };
}

function guildOf(id: string): object {
  const everyone = { id, name: '@everyone', permissions: '0', position: 0, color: 0 };
  const lobby = { id: channelIdOf(id), type: 2, name: 'Lobby', permission_overwrites: [] };
  const me = { user: bot, roles: [], joined_at: '2026-01-01T00:00:00Z', deaf: false, mute: false };
  return {
    id,
    name: `Server ${id}`,
    unavailable: false,
    owner_id: '1',
    member_count: 1,
    roles: [everyone],
    channels: [lobby],
    members: [me],
    voice_states: [],
    emojis: [],
    stickers: [],
    features: [],
    threads: [],
    presences: [],
  };
}

function voiceStateOf(guildId: string, channelId: string | null): object {
  const flags = { deaf: false, self_deaf: false, self_mute: false, suppress: false };
  return {
    guild_id: guildId,
    channel_id: channelId,
    user_id: fakeBotId,
    session_id: 'session',
    ...flags,
    mute: channelId !== null,
  };
}

function channelIdOf(guildId: string): string {
  return `5${guildId.slice(1)}`;
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
