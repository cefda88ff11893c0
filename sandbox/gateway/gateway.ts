import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { addressFor, readAddress } from '#sandbox/process-address.ts';
import type { Guild, World } from '#sandbox/world/world.ts';
import { type GatewayLogin, serveGateway } from './gateway-connection.ts';
import { EventFaults } from './gateway-faults.ts';
import { guildSeen, guildsOn, membersChunkJson, readyJson } from './gateway-json.ts';
import { type GatewaySession, sendText } from './gateway-session.ts';
import { GatewaySessions } from './gateway-sessions.ts';
import {
  type GatewayRules,
  IdentifyLimit,
  recommendedShards,
  type Shard,
  shardOf,
} from './gateway-shards.ts';
import {
  closeCodes,
  type Dispatch,
  type GatewayIdentify,
  type GatewayRequest,
  type GatewayResume,
  intents,
  type PrivilegedIntent,
  privilegedIntents,
  type VoiceStateRequest,
} from './gateway-wire.ts';

export type GatewayOptions = {
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

/** Answer of `GET /gateway/bot`, without the address. */
export type GatewayAdvice = {
  readonly shards: number;
  readonly maxConcurrency: number;
  readonly starts: number;
  readonly startsPerDay: number;
};

/** One login of the bot, as the sandbox tells of it. */
export type ShownSession = {
  readonly id: string;
  readonly shard: Shard;
  /** Who identified, where the address of `apiUrlFor` was used; who resumes is not told apart. */
  readonly process: string | undefined;
  /** Whether it has a socket now. */
  readonly online: boolean;
  /** Number of the last event it was sent, or would have been. */
  readonly sequence: number;
};

type GuildRequest = Extract<GatewayRequest, { op: 4 | 8 | 43 }>;

/** The bot's own requests are small; Discord's bound is 15 KiB. */
const requestLimitBytes = 15 * 1024;
const path = '/gateway';

/**
 * The main gateway: tells the bot what happens, and takes its requests.
 *
 * Plain JSON only: discord.js 14.28.1 asks for compression where zlib-sync is installed, and reads text all the same.
 */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: requestLimitBytes });
  readonly #sessions: GatewaySessions;
  readonly #late = new Set<NodeJS.Timeout>();
  readonly faults = new EventFaults();
  readonly #identifies = new IdentifyLimit();
  #rules: GatewayRules;
  #answersHeartbeats = true;
  #origin = '';

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#rules = options.rules;
    this.#sessions = new GatewaySessions(options.resumeMs, options.onSessionEnd);
  }

  /** `ws://127.0.0.1:PORT/gateway`, or the address of that process of the bot. */
  urlFor(process: string | undefined): string {
    return `${this.#origin}${addressFor(process, path)}`;
  }

  /** Takes the WebSocket upgrades of a server that listens on `port`. */
  listen(server: Server, port: number): void {
    this.#origin = `ws://127.0.0.1:${port}`;
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Queued for sessions whose socket is gone, too. */
  dispatch(event: Dispatch): void {
    for (const delayMs of this.faults.delaysMs(event.name)) {
      if (delayMs > 0) this.#later(delayMs, () => this.#send(event));
      else this.#send(event);
    }
  }

  /** Holds for what comes from now on. */
  changeRules(change: Partial<GatewayRules>): void {
    this.#rules = { ...this.#rules, ...change };
  }

  get advice(): GatewayAdvice {
    const { maxConcurrency, startsPerDay } = this.#rules;
    const shards = recommendedShards(this.#rules, this.#options.world.guilds.length);
    return { shards, maxConcurrency, starts: this.#identifies.starts, startsPerDay };
  }

  /** Every session that is not over, oldest first. */
  get sessions(): readonly ShownSession[] {
    return this.#sessions.all().map(({ id, shard, process, socket, sequence }) => {
      return { id, shard, process, online: socket !== undefined, sequence };
    });
  }

  /** Whether somebody logged in to the shard of `session` later, and is online. */
  hasLaterThan(session: GatewaySession): boolean {
    const all = this.#sessions.all();
    const later = all.slice(all.indexOf(session) + 1);
    const { id, count } = session.shard;
    return later.some((one) => one.socket && one.shard.id === id && one.shard.count === count);
  }

  /** Whether the bot is connected now. */
  get online(): boolean {
    return this.#sessions.all().some((session) => session.socket);
  }

  /** Cuts every socket, as a broken network would; sessions can be resumed. */
  dropSockets(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  /** Ends every session: a bot that tries to resume must identify anew. */
  endSessions(): void {
    for (const session of this.#sessions.all()) this.#sessions.end(session);
  }

  /** Op 7 to every socket. */
  askToReconnect(): void {
    for (const socket of this.#sockets.clients)
      sendText(socket, JSON.stringify({ op: 7, d: null }));
  }

  /** Op 9 to every socket: the bot is to resume, or to identify anew. */
  invalidateSessions(resumable: boolean): void {
    for (const session of this.#sessions.all()) {
      const { socket } = session;
      if (!socket) continue;
      sendText(socket, JSON.stringify({ op: 9, d: resumable }));
      session.detach(socket);
      if (resumable) this.#sessions.expire(session);
      else this.#sessions.end(session);
    }
  }

  /** While off, the bot must take the connection for dead. */
  answerHeartbeats(on: boolean): void {
    this.#answersHeartbeats = on;
  }

  close(): void {
    for (const timer of this.#late) clearTimeout(timer);
    this.endSessions();
    this.dropSockets();
    this.#sockets.close();
  }

  readonly #login: GatewayLogin = {
    identify: (identify, socket, process) => this.#identify(identify, socket, process),
    resume: (resume, socket) => this.#resume(resume, socket),
    request: (session, request) => {
      if (request.op !== 4 && request.op !== 8) return;
      const here = guildsOn(this.#options.world, session.shard);
      const guild = here.find(({ id }) => id === request.d.guild_id);
      if (guild) this.#serve(session, guild, request);
    },
    admits: (limit) => limit.take(this.#rules, this.#nowMs()),
    answersHeartbeats: () => this.#answersHeartbeats,
    closed: (session, socket, code) => {
      if (!session.detach(socket) || !this.#sessions.find(session.id)) return;
      // A client that says goodbye properly gives its session up; any other end may be resumed.
      if (code === 1000 || code === 1001) this.#sessions.end(session);
      else this.#sessions.expire(session);
    },
  };

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const { process, path: wanted } = readAddress((request.url ?? '').split('?')[0] ?? '');
    if (![path, `${path}/`].includes(wanted)) {
      socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (client) =>
      serveGateway(client, this.#login, {
        heartbeatMs: this.#options.heartbeatMs,
        nowMs: this.#nowMs(),
        process,
      }),
    );
  }

  #identify(
    identify: GatewayIdentify,
    socket: WebSocket,
    process: string | undefined,
  ): GatewaySession | 'invalid' | { closeCode: number } {
    if (!this.#isOurs(identify.token)) return { closeCode: closeCodes.wrongToken };
    const shard = shardOf(identify.shard);
    if (!shard) return { closeCode: closeCodes.wrongShard };
    if (!this.#mayAskFor(identify.intents)) return { closeCode: closeCodes.intentNotAllowed };
    const { world } = this.#options;
    const guilds = guildsOn(world, shard);
    if (guilds.length > this.#rules.guildsPerShard) {
      return { closeCode: closeCodes.shardingRequired };
    }
    if (!this.#identifies.take(shard, this.#rules, this.#nowMs())) return 'invalid';
    const id = randomUUID().replaceAll('-', '');
    const session = this.#sessions.open({ id, intents: identify.intents, shard, process });
    session.attach(socket);
    session.dispatch('READY', readyJson(world, session.id, this.urlFor(undefined), shard));
    if (identify.intents & intents.guilds) {
      for (const guild of guilds) {
        session.dispatch('GUILD_CREATE', guildSeen(world, guild, identify.intents));
      }
    }
    return session;
  }

  #resume(
    resume: GatewayResume,
    socket: WebSocket,
  ): GatewaySession | 'invalid' | { closeCode: number } {
    if (!this.#isOurs(resume.token)) return { closeCode: closeCodes.wrongToken };
    const session = this.#sessions.find(resume.session_id);
    if (!session) return 'invalid';
    session.attach(socket);
    this.#sessions.keep(session);
    const outcome = session.replay(resume.seq);
    if (outcome === 'replayed') {
      session.dispatch('RESUMED', { _trace: [] });
      return session;
    }
    session.detach(socket);
    this.#sessions.end(session);
    return outcome === 'ahead' ? { closeCode: closeCodes.wrongSequence } : 'invalid';
  }

  #serve(session: GatewaySession, guild: Guild, request: GuildRequest): void {
    switch (request.op) {
      case 4:
        this.#options.onVoiceState(session, request.d);
        return;
      case 8:
        session.dispatch('GUILD_MEMBERS_CHUNK', membersChunkJson(guild, request.d));
        return;
    }
  }

  #send(event: Dispatch): void {
    const { name, data } = event;
    for (const session of this.#sessions.all()) {
      if (!session.wants(event)) continue;
      session.dispatch(name, typeof data === 'function' ? data(session.intents) : data);
    }
  }

  #later(delayMs: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#late.delete(timer);
      run();
    }, delayMs);
    this.#late.add(timer);
  }

  #mayAskFor(asked: number): boolean {
    const needTick = Object.values(privilegedIntents).reduce((all, bit) => all | bit, 0);
    const ticked = this.#options.privileged.reduce((all, name) => all | privilegedIntents[name], 0);
    return (asked & needTick & ~ticked) === 0;
  }

  #nowMs(): number {
    return this.#options.world.clock.nowMs();
  }

  #isOurs(token: string): boolean {
    return token.replace(/^Bot\s+/i, '') === this.#options.token;
  }
}
