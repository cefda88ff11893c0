import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type GatewayDesk, serveGateway } from './gateway-connection.ts';
import { GatewaySession } from './gateway-session.ts';
import {
  closeCodes,
  type Dispatch,
  type Identify,
  intents,
  type MembersRequest,
  privilegedIntents,
  type Resume,
  type VoiceStateRequest,
} from './gateway-wire.ts';
import type { Member, World } from './world.ts';
import { guildCreateJson, memberJson, userJson } from './world-json.ts';

export type GatewayOptions = {
  readonly world: World;
  readonly token: string;
  readonly heartbeatMs: number;
  /** How long a session without a socket can be resumed. */
  readonly resumeMs: number;
  /** The bot asked for a seat in a voice channel, or to leave it. */
  readonly onVoiceState: (session: GatewaySession, request: VoiceStateRequest) => void;
  /** A session is over: the bot logged out, or did not come back in time. */
  readonly onSessionEnd: (session: GatewaySession) => void;
};

/** Sockets at a time; one more is turned away. */
const socketLimit = 32;
/** Sessions at a time; the oldest is ended first. */
const sessionLimit = 64;
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
  readonly #sessions = new Map<string, GatewaySession>();
  readonly #expiries = new Map<string, NodeJS.Timeout>();
  #url = '';

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /** `ws://127.0.0.1:PORT/gateway`; the empty string until it listens. */
  get url(): string {
    return this.#url;
  }

  /** Takes the WebSocket upgrades of a server that listens on `port`. */
  listen(server: Server, port: number): void {
    this.#url = `ws://127.0.0.1:${port}${path}`;
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Queued for sessions whose socket is gone, too. */
  dispatch(event: Dispatch): void {
    for (const session of this.#sessions.values()) {
      if (session.wants(event)) session.dispatch(event.name, event.data);
    }
  }

  /** Whether the bot is connected now. */
  get online(): boolean {
    return [...this.#sessions.values()].some((session) => session.socket);
  }

  /** Cuts every socket, as a broken network would; sessions can be resumed. */
  dropSockets(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  /** Ends every session: whoever tries to resume must identify anew. */
  endSessions(): void {
    for (const session of [...this.#sessions.values()]) this.#end(session);
  }

  close(): void {
    this.endSessions();
    this.dropSockets();
    this.#sockets.close();
  }

  readonly #desk: GatewayDesk = {
    identify: (identify, socket) => this.#identify(identify, socket),
    resume: (resume, socket) => this.#resume(resume, socket),
    request: (session, request) => {
      if (request.op === 4) this.#options.onVoiceState(session, request.d);
      if (request.op === 8) this.#members(session, request.d);
    },
    closed: (session, socket, code) => {
      if (!session.detach(socket) || !this.#sessions.has(session.id)) return;
      // A client that says goodbye properly gives its session up; any other end may be resumed.
      if (code === 1000 || code === 1001) this.#end(session);
      else this.#expire(session);
    },
  };

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const wanted = (request.url ?? '').split('?')[0];
    if (![path, `${path}/`].includes(wanted ?? '') || this.#sockets.clients.size >= socketLimit) {
      socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (client) =>
      serveGateway(client, this.#desk, this.#options.heartbeatMs),
    );
  }

  #identify(identify: Identify, socket: WebSocket): GatewaySession | { closeCode: number } {
    if (!this.#isOurs(identify.token)) return { closeCode: closeCodes.wrongToken };
    if (identify.intents & privilegedIntents) return { closeCode: closeCodes.intentNotAllowed };
    const { world } = this.#options;
    const session = new GatewaySession(randomUUID().replaceAll('-', ''), identify.intents);
    const [oldest] = this.#sessions.values();
    if (oldest && this.#sessions.size >= sessionLimit) this.#end(oldest);
    this.#sessions.set(session.id, session);
    session.attach(socket);
    session.dispatch('READY', {
      v: 10,
      user: { ...userJson(world.bot), verified: true, mfa_enabled: false, email: null },
      guilds: [{ id: world.guild.id, unavailable: true }],
      session_id: session.id,
      session_type: 'normal',
      resume_gateway_url: this.#url,
      shard: identify.shard ?? [0, 1],
      application: { id: world.bot.id, flags: 0 },
      private_channels: [],
      relationships: [],
    });
    if (identify.intents & intents.guilds) {
      const withVoice = (identify.intents & intents.voiceStates) !== 0;
      session.dispatch('GUILD_CREATE', guildCreateJson(world, visible(world), withVoice));
    }
    return session;
  }

  #resume(resume: Resume, socket: WebSocket): GatewaySession | 'invalid' | { closeCode: number } {
    if (!this.#isOurs(resume.token)) return { closeCode: closeCodes.wrongToken };
    const session = this.#sessions.get(resume.session_id);
    if (!session) return 'invalid';
    session.attach(socket);
    clearTimeout(this.#expiries.get(session.id));
    const outcome = session.replay(resume.seq);
    if (outcome === 'replayed') {
      session.dispatch('RESUMED', { _trace: [] });
      return session;
    }
    session.detach(socket);
    this.#end(session);
    return outcome === 'ahead' ? { closeCode: closeCodes.wrongSequence } : 'invalid';
  }

  #members(session: GatewaySession, request: MembersRequest): void {
    const { guild } = this.#options.world;
    if (request.guild_id !== guild.id) return;
    const query = (request.query ?? '').toLowerCase();
    const named = (member: Member) => member.user.name.toLowerCase().startsWith(query);
    const all = [...guild.members.values()];
    const ids = request.user_ids;
    const found = all.filter((member) => (ids ? ids.includes(member.user.id) : named(member)));
    session.dispatch('GUILD_MEMBERS_CHUNK', {
      guild_id: guild.id,
      members: found.map(memberJson),
      chunk_index: 0,
      chunk_count: 1,
      not_found: (ids ?? []).filter((id) => !guild.members.has(id)),
      ...(request.nonce === undefined ? {} : { nonce: request.nonce }),
    });
  }

  #isOurs(token: string): boolean {
    return token.replace(/^Bot\s+/i, '') === this.#options.token;
  }

  #expire(session: GatewaySession): void {
    const timer = setTimeout(() => this.#end(session), this.#options.resumeMs);
    timer.unref();
    this.#expiries.set(session.id, timer);
  }

  #end(session: GatewaySession): void {
    if (!this.#sessions.delete(session.id)) return;
    clearTimeout(this.#expiries.get(session.id));
    this.#expiries.delete(session.id);
    this.#options.onSessionEnd(session);
  }
}

/** Without the members intent Discord shows the bot itself and who sits in a voice channel. */
function visible(world: World): readonly Member[] {
  const { members, voiceStates } = world.guild;
  return [...members.values()].filter(
    ({ user }) => user.id === world.bot.id || voiceStates.has(user.id),
  );
}
