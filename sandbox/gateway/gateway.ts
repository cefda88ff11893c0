import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { constants, createDeflate } from 'node:zlib';
import { type WebSocket, WebSocketServer } from 'ws';
import { PendingFaults } from '#sandbox/pending-faults.ts';
import { makeProcessAddress, parseProcessAddress } from '#sandbox/process-address.ts';
import { RateWindow } from '#sandbox/rate-window.ts';
import type { World } from '#sandbox/world/world.ts';
import { toChannelInfoJson } from '#sandbox/world/world-json.ts';
import { GatewaySession, sendText } from './gateway-session.ts';
import {
  type GatewayRules,
  IdentifyLimit,
  listShardGuilds,
  parseShard,
  type Shard,
  toGuildCreate,
  toReadyJson,
} from './gateway-shards.ts';
import {
  closeCodes,
  type Dispatch,
  type GatewayIdentify,
  type GatewayRequest,
  type GatewayResume,
  intents,
  type PrivilegedIntent,
  parseGatewayRequest,
  privilegedIntents,
  type VoiceStateRequest,
} from './gateway-wire.ts';

type GatewayOptions = {
  readonly world: World;
  readonly token: string;
  readonly heartbeatMs: number;
  /** Time that a session without a socket can be resumed. */
  readonly resumeMs: number;
  readonly rules: GatewayRules;
  /** Privileged intents ticked in the developer portal; a bot that asks for another is refused. */
  readonly privileged: readonly PrivilegedIntent[];
  /** The bot asked for a seat in a voice channel, or to leave it. */
  readonly onVoiceState: (session: GatewaySession, request: VoiceStateRequest) => void;
  /** A session is over: the bot logged out, or did not come back in time. */
  readonly onSessionEnd: (session: GatewaySession) => void;
};

/** A fault of an event on its way to the bot, say VOICE_SERVER_UPDATE. */
export type EventFault = {
  readonly event: string;
  readonly times?: number;
  /** 2 is delivered twice, 0 never arrives. */
  readonly copies: number;
};

/** A socket of the bot with its session. After op 9 there is none until the bot identifies again. */
type Connection = {
  readonly socket: WebSocket;
  readonly process: string | undefined;
  session: GatewaySession | undefined;
};
/** A session with READY or the missed events under way, or the close code; `invalid` asks for another identify, later. */
type LoginOutcome = GatewaySession | 'invalid' | number;

/** Largest request. The requests of the bot are small, and Discord's own limit is 15 KiB. */
const maxRequestBytes = 15 * 1024;
const gatewayPath = '/gateway';
/** Heartbeats missed in a row before the connection counts as dead. */
const maxMissedHeartbeats = 2;
const minuteMs = 60_000;

/** Answer of `GET /gateway/bot`, without the address. Source: https://discord.com/developers/docs/events/gateway#get-gateway-bot */
export interface LoginAdvice {
  readonly shards: number;
  readonly session_start_limit: {
    readonly total: number;
    readonly remaining: number;
    readonly reset_after: number;
    readonly max_concurrency: number;
  };
}

/** A login that is not over. Without a socket it is not online, and can be resumed. */
export interface SessionSummary {
  readonly id: string;
  readonly shard: Shard;
  readonly process: string | undefined;
  readonly online: boolean;
}

/** The main gateway: sends events to the bot and takes its requests, as JSON, compressed if the bot asks for it. */
export class Gateway {
  readonly faults: PendingFaults<EventFault> = new PendingFaults();
  /** While false, the bot must take the connection for dead. */
  answersHeartbeats: boolean = true;
  readonly #options: GatewayOptions;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxRequestBytes,
  });
  /** Every login that is not over, oldest first. */
  readonly #sessions = new Set<GatewaySession>();
  readonly #identifies = new IdentifyLimit();
  #origin = '';

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /**
   * Returns `ws://127.0.0.1:PORT/gateway`, or the address for that process of the bot.
   */
  makeUrl(process: string | undefined): string {
    return `${this.#origin}${makeProcessAddress(process, gatewayPath)}`;
  }

  /** Accepts the WebSocket upgrades of a server that listens on `port`. */
  listen(server: Server, port: number): void {
    this.#origin = `ws://127.0.0.1:${port}`;
    server.on('upgrade', (request, socket, head) =>
      this.#upgradeSocket(request, socket, head),
    );
  }

  /**
   * Sends an event to all sessions. Sessions without a socket get the event at their
   * resume.
   */
  dispatch(event: Dispatch): void {
    const { name, data } = event;
    const { copies = 1 } =
      this.faults.takeFitting((fault) => fault.event === name) ?? {};
    const sessions = [...this.#sessions].filter((session) => session.wantsEvent(event));
    for (let copy = 0; copy < copies; copy++) {
      for (const session of sessions) {
        session.sendEvent(
          name,
          typeof data === 'function' ? data(session.start.intents) : data,
        );
      }
    }
  }

  /** Builds the answer of `GET /gateway/bot`, without the address. */
  get loginAdvice(): LoginAdvice {
    const { recommendedShards, guildsPerShard, maxConcurrency, startsPerDay } =
      this.#options.rules;
    const neededShards = Math.ceil(this.#options.world.guilds.length / guildsPerShard);
    return {
      shards: recommendedShards ?? Math.max(1, neededShards),
      session_start_limit: {
        total: startsPerDay,
        remaining: Math.max(0, startsPerDay - this.#identifies.starts),
        reset_after: 86_400_000,
        max_concurrency: maxConcurrency,
      },
    };
  }

  /**
   * Lists every login that is not over, oldest first. Those that are not online have no
   * socket, and can be resumed.
   */
  get sessions(): readonly SessionSummary[] {
    return [...this.#sessions].map(({ start: { id, shard, process }, socket }) => {
      return { id, shard, process, online: socket !== undefined };
    });
  }

  /**
   * Returns whether somebody logged in to the shard of `session` later, and is online.
   */
  hasLaterSession(session: GatewaySession): boolean {
    const sessions = [...this.#sessions];
    const laterSessions = sessions.slice(sessions.indexOf(session) + 1);
    const { id, count } = session.start.shard;
    return laterSessions.some(
      ({ socket, start: { shard } }) =>
        socket && shard.id === id && shard.count === count,
    );
  }

  /** Cuts every socket, as a broken network does. The sessions can be resumed. */
  dropSockets(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  /** Ends every session and cuts its socket: a bot that tries to resume must identify anew. */
  endSessions(): void {
    for (const session of this.#sessions) this.#endSession(session);
    this.dropSockets();
  }

  /** Ends every session, and takes no more sockets. */
  close(): void {
    this.endSessions();
    this.#sockets.close();
  }

  #upgradeSocket(request: IncomingMessage, socket: Duplex, head: Buffer) {
    socket.on('error', () => socket.destroy());
    const [address = '', query] = (request.url ?? '').split('?');
    const { process, path } = parseProcessAddress(address);
    const compression = new URLSearchParams(query).get('compress');
    if (![gatewayPath, `${gatewayPath}/`].includes(path)) {
      socket.end(
        'HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n',
      );
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      if (compression === 'zlib-stream') compressTexts(client);
      this.#serveConnection({ socket: client, process, session: undefined });
    });
  }

  /** Speaks the gateway protocol on one socket until it closes. No received message makes it throw. */
  #serveConnection(connection: Connection) {
    const { socket } = connection;
    const { heartbeatMs, rules } = this.#options;
    const messages = new RateWindow();
    const rate = { limit: rules.messagesPerMinute, perMs: minuteMs };
    const heartbeatTimer = setTimeout(
      () => socket.close(closeCodes.noHeartbeat, 'No heartbeat'),
      heartbeatMs * maxMissedHeartbeats,
    );
    socket.on('message', (data, isBinary) => {
      const request = isBinary
        ? closeCodes.notUnderstood
        : parseGatewayRequest(data.toString());
      const { isOver } = messages.takeOne(rate, this.#nowMs());
      const closeCode = isOver
        ? closeCodes.tooManyMessages
        : this.#handleRequest(connection, request);
      if (closeCode !== undefined) socket.close(closeCode);
      else if (typeof request !== 'number' && request.op === 1)
        heartbeatTimer.refresh();
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', (code) => {
      clearTimeout(heartbeatTimer);
      this.#onClosed(connection, code);
    });
    sendText(
      socket,
      JSON.stringify({ op: 10, d: { heartbeat_interval: heartbeatMs } }),
    );
  }

  /** Performs a request. Returns a close code if it cannot be granted. */
  #handleRequest(connection: Connection, request: GatewayRequest | number) {
    if (typeof request === 'number') return request;
    const { socket } = connection;
    const session =
      connection.session?.socket === socket ? connection.session : undefined;
    switch (request.op) {
      case 1:
        if (this.answersHeartbeats) sendText(socket, JSON.stringify({ op: 11 }));
        return undefined;
      case 2:
        if (session) return closeCodes.alreadyIdentified;
        return this.#finishLogin(
          connection,
          this.#identifySession(request.d, connection),
        );
      case 6:
        if (session) return closeCodes.alreadyIdentified;
        return this.#finishLogin(connection, this.#resumeSession(request.d, socket));
      default:
        if (!session) return closeCodes.notIdentified;
        this.#performRequest(session, request);
        return undefined;
    }
  }

  #finishLogin(connection: Connection, outcome: LoginOutcome) {
    if (typeof outcome === 'number') return outcome;
    if (outcome === 'invalid')
      sendText(connection.socket, JSON.stringify({ op: 9, d: false }));
    else connection.session = outcome;
    return undefined;
  }

  #performRequest(session: GatewaySession, request: GatewayRequest) {
    if (request.op !== 4 && request.op !== 43) return;
    const guilds = listShardGuilds(this.#options.world, session.start.shard);
    const guild = guilds.find(({ id }) => id === request.d.guild_id);
    if (!guild) return;
    if (request.op === 4) this.#options.onVoiceState(session, request.d);
    else session.sendEvent('CHANNEL_INFO', toChannelInfoJson(guild));
  }

  #identifySession(identify: GatewayIdentify, { socket, process }: Connection) {
    if (!this.#isBotToken(identify.token)) return closeCodes.wrongToken;
    const shard = parseShard(identify.shard);
    if (!shard) return closeCodes.wrongShard;
    if (!this.#mayUseIntents(identify.intents)) return closeCodes.intentNotAllowed;
    const { world, rules } = this.#options;
    const guilds = listShardGuilds(world, shard);
    if (guilds.length > rules.guildsPerShard) return closeCodes.shardingRequired;
    if (!this.#identifies.takeIdentify(shard, rules, this.#nowMs())) return 'invalid';
    const id = randomUUID().replaceAll('-', '');
    const session = new GatewaySession({
      id,
      intents: identify.intents,
      shard,
      process,
    });
    this.#sessions.add(session);
    session.attachSocket(socket);
    session.sendEvent('READY', toReadyJson(world, id, this.makeUrl(undefined), shard));
    if (identify.intents & intents.guilds) {
      for (const guild of guilds) {
        session.sendEvent(
          'GUILD_CREATE',
          toGuildCreate(world, guild, identify.intents),
        );
      }
    }
    return session;
  }

  #resumeSession(resume: GatewayResume, socket: WebSocket) {
    if (!this.#isBotToken(resume.token)) return closeCodes.wrongToken;
    const session = [...this.#sessions].find(
      ({ start }) => start.id === resume.session_id,
    );
    if (!session) return 'invalid';
    session.attachSocket(socket);
    const outcome = session.replayEvents(resume.seq);
    if (outcome === 'replayed') {
      session.sendEvent('RESUMED', { _trace: [] });
      return session;
    }
    session.socket = undefined;
    this.#endSession(session);
    return outcome === 'ahead' ? closeCodes.wrongSequence : 'invalid';
  }

  /**
   * Ends the session after a proper close. After any other end the session can be
   * resumed.
   */
  #onClosed({ socket, session }: Connection, code: number) {
    if (!session || session.socket !== socket) return;
    session.socket = undefined;
    if (!this.#sessions.has(session)) return;
    if (code === 1000 || code === 1001) this.#endSession(session);
    else
      session.expiry = setTimeout(
        () => this.#endSession(session),
        this.#options.resumeMs,
      ).unref();
  }

  #endSession(session: GatewaySession) {
    clearTimeout(session.expiry);
    if (this.#sessions.delete(session)) this.#options.onSessionEnd(session);
  }

  #mayUseIntents(requested: number) {
    const privilegedBits = Object.values(privilegedIntents).reduce(
      (bits, bit) => bits | bit,
      0,
    );
    const tickedBits = this.#options.privileged.reduce(
      (bits, name) => bits | privilegedIntents[name],
      0,
    );
    return (requested & privilegedBits & ~tickedBits) === 0;
  }

  #nowMs() {
    return this.#options.world.clock.nowMs();
  }

  #isBotToken(token: string) {
    return token.replace(/^Bot\s+/i, '') === this.#options.token;
  }
}

/**
 * Sends every text over one deflate stream, as a bot asks with `compress=zlib-stream`: each becomes one binary message, which ends
 * with a sync flush (https://discord.com/developers/docs/events/gateway#transport-compression). A text waits until the one before it is compressed.
 */
function compressTexts(socket: WebSocket): void {
  const deflate = createDeflate();
  const send = socket.send.bind(socket);
  const compressed: Buffer[] = [];
  let lastSend = Promise.resolve();
  deflate.on('data', (bytes: Buffer) => compressed.push(bytes));
  deflate.on('error', () => socket.terminate());
  socket.on('close', () => deflate.close());
  socket.send = (text: string) => {
    lastSend = lastSend.then(
      () =>
        new Promise((resolve) => {
          deflate.write(text);
          deflate.flush(constants.Z_SYNC_FLUSH, () => {
            if (socket.readyState === socket.OPEN)
              send(Buffer.concat(compressed.splice(0)), () => {});
            resolve();
          });
        }),
    );
  };
}
