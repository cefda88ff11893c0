import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { loadOpus } from '#src/audio/load-opus.ts';
import type { OpusCodec } from '#src/audio/opus.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { Gateway } from './gateway.ts';
import type { GatewaySession } from './gateway-session.ts';
import { intents, type VoiceStateRequest } from './gateway-wire.ts';
import { type Shown, shown } from './interaction.ts';
import { Interactions } from './interactions.ts';
import { type ConnectVoice, type Person, SimulatedPerson } from './person.ts';
import { commandRoutes } from './rest-commands.ts';
import { interactionRoutes } from './rest-interactions.ts';
import { messageRoutes } from './rest-messages.ts';
import { readRoutes } from './rest-reads.ts';
import { type LoggedRequest, RestServer } from './rest-server.ts';
import { type Faults, faultsOf } from './sandbox-faults.ts';
import { connectVoice } from './voice-client.ts';
import type { VoiceServer } from './voice-ports.ts';
import { openVoiceServer } from './voice-server.ts';
import {
  createWorld,
  findChannel,
  knownChannel,
  memberNamed,
  type RegisteredCommand,
  type World,
} from './world.ts';
import { MessageBoard, type MessageChange, messageJson } from './world-messages.ts';
import { mayConnect } from './world-permissions.ts';
import { Seats } from './world-seats.ts';

export type SandboxOptions = {
  /** DAVE protocol version of voice calls: 1 (default) is end-to-end encrypted. */
  readonly dave?: 0 | 1;
  readonly botName?: string;
  readonly guildName?: string;
  /** Who owns the server, and so may do anything in it. */
  readonly ownerName?: string;
  readonly textChannels?: readonly string[];
  readonly voiceChannels?: readonly string[];
  readonly heartbeatMs?: number;
  /** How long a bot without a socket may come back to its session. */
  readonly resumeMs?: number;
  readonly clock?: Clock;
  readonly voice?: VoiceHalf;
};

/** The voice half of this Discord; tests of the text half hand in a silent one. */
export type VoiceHalf = {
  readonly open: (options: { readonly dave: 0 | 1 }) => Promise<VoiceServer>;
  readonly connect: ConnectVoice;
  readonly codec: () => Promise<OpusCodec>;
};

/** A small Discord on this machine with one server, for one bot, and people who talk to it. */
export interface Sandbox extends AsyncDisposable {
  /** What a bot takes for `https://discord.com/api`. */
  readonly apiUrl: string;
  readonly token: string;
  /** PEM of the certificate a bot must trust for voice. */
  readonly certificate: string;
  readonly guildId: string;
  readonly botId: string;
  channelId(name: string): string;
  /** What people call a channel or a member with this id; the id itself if nobody knows it. */
  nameOf(id: string): string;
  /** The member of that name, who enters the server when first asked for. */
  person(name: string): Person;
  /** What the bot registered, global and of the server. */
  commands(): readonly RegisteredCommand[];
  /** What everybody in the channel can read now, oldest first. */
  messages(channel: string): readonly Shown[];
  /** Whether the bot is connected to the gateway, and the name of the voice channel it sits in. */
  bot(): { readonly online: boolean; readonly channel: string | undefined };
  /** What the bot asked of REST, oldest first; at most the last 1000. */
  requests(): readonly LoggedRequest[];
  /** Told of each message posted, edited or deleted, private ones too. */
  onMessage(listener: (change: MessageChange) => void): void;
  readonly faults: Faults;
}

/** Opens a Discord on ports of its own choosing, on 127.0.0.1 only. */
export async function openSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const half = options.voice ?? realVoice;
  const codec = await half.codec();
  const voice = await half.open({ dave: options.dave ?? 1 });
  const sandbox = new RunningSandbox(options, voice, codec, half.connect);
  try {
    await sandbox.listen();
  } catch (cause) {
    await sandbox[Symbol.asyncDispose]();
    throw cause;
  }
  return sandbox;
}

const realVoice: VoiceHalf = {
  open: openVoiceServer,
  connect: connectVoice,
  codec: () => loadOpus(),
};

class RunningSandbox implements Sandbox {
  readonly token = `sandbox.${randomBytes(24).toString('hex')}`;
  readonly faults: Faults;
  readonly #world: World;
  readonly #gateway: Gateway;
  readonly #rest: RestServer;
  readonly #board: MessageBoard;
  readonly #seats: Seats;
  readonly #interactions: Interactions;
  readonly #voice: VoiceServer;
  readonly #half: { readonly codec: OpusCodec; readonly connect: ConnectVoice };
  readonly #people = new Map<string, Person>();
  readonly #listeners: ((change: MessageChange) => void)[] = [];
  #apiUrl = '';

  constructor(
    options: SandboxOptions,
    voice: VoiceServer,
    codec: OpusCodec,
    connect: ConnectVoice,
  ) {
    this.#voice = voice;
    this.#half = { codec, connect };
    this.#world = createWorld(worldOptions(options), options.clock ?? realClock);
    this.#gateway = new Gateway({
      world: this.#world,
      token: this.token,
      heartbeatMs: options.heartbeatMs ?? 41_250,
      resumeMs: options.resumeMs ?? 60_000,
      onVoiceState: (session, request) => this.#seatBot(session, request),
      onSessionEnd: (session) => this.#unseatBot(session),
    });
    const dispatch = this.#gateway.dispatch.bind(this.#gateway);
    this.#seats = new Seats(this.#world, voice, dispatch);
    this.#board = new MessageBoard(this.#world, (change) => this.#tell(change));
    this.#interactions = new Interactions(this.#world, this.#board, dispatch);
    this.faults = faultsOf(this.#world, this.#gateway, this.#seats, dispatch);
    this.#rest = new RestServer({
      token: this.token,
      clock: this.#world.clock,
      routes: [
        ...readRoutes(this.#world, () => this.#gateway.url),
        ...commandRoutes(this.#world),
        ...messageRoutes(this.#world, this.#board),
        ...interactionRoutes(this.#world, this.#interactions),
      ],
    });
  }

  get apiUrl(): string {
    return this.#apiUrl;
  }

  get certificate(): string {
    return this.#voice.certificate;
  }

  get guildId(): string {
    return this.#world.guild.id;
  }

  get botId(): string {
    return this.#world.bot.id;
  }

  async listen(): Promise<void> {
    const { server } = this.#rest;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('REST has no port.');
    this.#apiUrl = `http://127.0.0.1:${address.port}/api`;
    this.#gateway.listen(server, address.port);
  }

  channelId(name: string): string {
    return knownChannel(this.#world, name).id;
  }

  nameOf(id: string): string {
    const { members } = this.#world.guild;
    return members.get(id)?.user.name ?? findChannel(this.#world, id)?.name ?? id;
  }

  person(name: string): Person {
    const existing = this.#people.get(name);
    if (existing) return existing;
    const person = new SimulatedPerson(memberNamed(this.#world, name), {
      world: this.#world,
      seats: this.#seats,
      board: this.#board,
      interactions: this.#interactions,
      voice: this.#voice,
      ...this.#half,
    });
    this.#people.set(name, person);
    return person;
  }

  commands(): readonly RegisteredCommand[] {
    return this.#world.commands;
  }

  messages(channel: string): readonly Shown[] {
    return this.#board.inChannel(this.channelId(channel)).map(shown);
  }

  bot(): { readonly online: boolean; readonly channel: string | undefined } {
    const { guild, bot } = this.#world;
    const seat = guild.voiceStates.get(bot.id)?.channelId;
    const channel = seat === undefined ? undefined : knownChannel(this.#world, seat).name;
    return { online: this.#gateway.online, channel };
  }

  requests(): readonly LoggedRequest[] {
    return this.#rest.requests;
  }

  onMessage(listener: (change: MessageChange) => void): void {
    this.#listeners.push(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const person of this.#people.values()) await person[Symbol.asyncDispose]();
    this.#gateway.close();
    const { server } = this.#rest;
    if (server.listening) {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    }
    await this.#voice[Symbol.asyncDispose]();
  }

  /** Discord answers a seat it does not give with silence, and so does this. */
  #seatBot(session: GatewaySession, request: VoiceStateRequest): void {
    const { guild, bot } = this.#world;
    if (request.guild_id !== guild.id) return;
    if (request.channel_id === null) {
      this.#seats.leave(bot.id);
      return;
    }
    const channel = guild.channels.find(({ id }) => id === request.channel_id);
    if (channel?.kind !== 'voice' || !mayConnect(this.#world, bot.id, channel)) return;
    this.#seats.takeForBot({
      userId: bot.id,
      channel,
      sessionId: session.id,
      selfMute: request.self_mute,
      selfDeaf: request.self_deaf,
    });
  }

  #unseatBot(session: GatewaySession): void {
    const { guild, bot } = this.#world;
    if (guild.voiceStates.get(bot.id)?.sessionId === session.id) this.#seats.leave(bot.id);
  }

  #tell(change: MessageChange): void {
    for (const listener of this.#listeners) listener(change);
    const { kind, message } = change;
    if (message.ephemeral) return;
    const { id, channelId } = message;
    const name = { posted: 'CREATE', edited: 'UPDATE', deleted: 'DELETE' }[kind];
    const data =
      kind === 'deleted'
        ? { id, channel_id: channelId, guild_id: this.guildId }
        : messageJson(this.#world, message);
    this.#gateway.dispatch({ name: `MESSAGE_${name}`, data, intent: intents.messages });
  }
}

function worldOptions(options: SandboxOptions): Parameters<typeof createWorld>[0] {
  return {
    botName: options.botName ?? 'Nova',
    guildName: options.guildName ?? 'Sandbox',
    ownerName: options.ownerName ?? 'Olga',
    textChannels: options.textChannels ?? ['general'],
    voiceChannels: options.voiceChannels ?? ['Lounge', 'Workshop'],
  };
}
