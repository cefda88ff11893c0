import { randomBytes } from 'node:crypto';
import {
  type EventFault,
  Gateway,
  type SessionSummary,
} from '#sandbox/gateway/gateway.ts';
import { lenientGatewayRules, toGuildCreate } from '#sandbox/gateway/gateway-shards.ts';
import {
  type Dispatch,
  intents,
  type PrivilegedIntent,
} from '#sandbox/gateway/gateway-wire.ts';
import {
  Interactions,
  type ShownMessage,
  toShownMessage,
} from '#sandbox/interactions/interactions.ts';
import { makeCommandRoutes } from '#sandbox/rest/commands/rest-commands.ts';
import {
  makeGuildRoutes,
  makeSelfRoutes,
  makeThreadRoutes,
  makeVoiceRoutes,
} from '#sandbox/rest/rest-guilds.ts';
import { makeInteractionRoutes } from '#sandbox/rest/rest-interactions.ts';
import { makeMessageRoutes } from '#sandbox/rest/rest-messages.ts';
import {
  type LoggedRequest,
  type RestFault,
  RestServer,
} from '#sandbox/rest/rest-server.ts';
import type { VoiceFaults } from '#sandbox/voice-server/voice-faults.ts';
import type { VoiceServer } from '#sandbox/voice-server/voice-server.ts';
import {
  noSeatFaults,
  type SeatFaults,
  seatBot,
  unseatBot,
} from '#sandbox/world/seat-requests.ts';
import {
  findMember,
  type Guild,
  type RegisteredCommand,
  type World,
} from '#sandbox/world/world.ts';
import type { Upload } from '#sandbox/world/world-attachments.ts';
import { WorldChanges } from '#sandbox/world/world-changes.ts';
import { toMessageEvent } from '#sandbox/world/world-json.ts';
import { MessageBoard, type MessageChange } from '#sandbox/world/world-messages.ts';
import { WorldSeats } from '#sandbox/world/world-seats.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { realClock } from '#src/base/clock.ts';
import type { ChannelId, GuildId, MessageId, PersonId } from '#src/base/ids.ts';
import { type MemberAccount, openMemberAccount } from './people/member-account.ts';
import type { PersonOptions, SandboxPerson } from './people/sandbox-person.ts';
import { makeProcessAddress } from './process-address.ts';
import type { SandboxOptions, VoiceHalf } from './sandbox.ts';
import { SandboxGuild } from './sandbox-guild.ts';
import { addGuild, createWorld, type GuildOptions } from './world/create-world.ts';

/** The voice half, open. */
type OpenedVoice = {
  readonly voice: VoiceServer;
  readonly codec: OpusCodec;
  readonly connect: VoiceHalf['connect'];
};

/** A small Discord on this machine, for one bot and people to talk with it. */
export class RunningSandbox implements AsyncDisposable {
  readonly token: string = `sandbox.${randomBytes(24).toString('hex')}`;
  readonly faults: SandboxFaults;
  readonly botId: PersonId;
  /** PEM of the certificate that a bot must trust: for voice, and for files. */
  readonly certificate: string;
  /** Host and port of the files, such as `localhost:4000`. The bot needs permission to fetch from this machine. */
  readonly cdnHost: string;
  readonly #deps: RunningDeps;
  readonly #voice: OpenedVoice;
  readonly #listeners: ((change: MessageChange) => void)[] = [];
  readonly #closing = new AbortController();
  #guilds: readonly SandboxGuild[] = [];
  #port = 0;

  constructor(options: SandboxOptions, voice: OpenedVoice) {
    this.#voice = voice;
    this.#deps = makeDeps(options, voice.voice, this.token, (change) => {
      for (const listener of this.#listeners) listener(change);
    });
    const { world } = this.#deps;
    this.botId = world.bot.id;
    this.certificate = voice.voice.certificate;
    this.cdnHost = voice.voice.endpoint;
    this.#deps.board.attachments.setOrigin(`https://${this.cdnHost}`);
    this.#openGuild(world.guild);
    for (const guildOptions of options.guilds ?? []) this.addGuild(guildOptions);
    this.faults = new SandboxFaults(this.#deps);
  }

  /** Opens the ports of REST and the gateway. Called once, before anything else. */
  async listen(): Promise<void> {
    const { rest, gateway } = this.#deps;
    this.#port = await rest.listen();
    gateway.listen(rest.server, this.#port);
  }

  /** Returns the address that a bot uses in place of `https://discord.com/api`. */
  get apiUrl(): string {
    return this.apiUrlFor(undefined);
  }

  /**
   * Returns `apiUrl` for one of several processes: its requests and logins carry its
   * name. Letters, digits, hyphens.
   */
  apiUrlFor(process: string | undefined): string {
    return `http://127.0.0.1:${this.#port}${makeProcessAddress(process, '/api')}`;
  }

  /** Gets the server with that name or id, by default the first. Throws a plain Error if there is none. */
  guild(nameOrId?: string): SandboxGuild {
    const guild = this.#guilds.find(({ id, name }) =>
      [id, name, undefined].includes(nameOrId),
    );
    if (!guild) throw new Error(`There is no server ${nameOrId}.`);
    return guild;
  }

  /** Invites the bot to one more server. */
  addGuild(options: GuildOptions = {}): SandboxGuild {
    const { world, dispatch } = this.#deps;
    const guild = addGuild(world, options);
    const makeGuildData = (sessionIntents: number) =>
      toGuildCreate(world, guild, sessionIntents);
    dispatch({
      name: 'GUILD_CREATE',
      guildId: guild.id,
      data: makeGuildData,
      intent: intents.guilds,
    });
    return this.#openGuild(guild);
  }

  /**
   * Removes a server: its people leave their calls, and the bot is thrown out. Never
   * the first one.
   */
  async removeGuild(nameOrId: string): Promise<void> {
    const guild = this.guild(nameOrId);
    await guild[Symbol.asyncDispose]();
    guild.removeBot();
    this.#guilds = this.#guilds.filter((otherGuild) => otherGuild !== guild);
  }

  /**
   * Returns the id of the first server.
   */
  get guildId(): GuildId {
    return this.guild().id;
  }

  /** Gets the id of a channel of the first server. */
  channelId(name: string): ChannelId {
    return this.guild().channelId(name);
  }

  /** Returns the member of the first server with that name, added at the first call. */
  person(name: string, options?: PersonOptions): SandboxPerson {
    return this.guild().person(name, options);
  }

  /** Lets a program log in as a member of the first server, as a bot does. Unknown members throw. */
  async openAccount(name: string): Promise<MemberAccount> {
    const { world, accounts } = this.#deps;
    const member = findMember(world.guild, name);
    if (!member) throw new Error(`There is nobody called ${name} here.`);
    const account = await openMemberAccount(member, this.#deps);
    accounts.add(account);
    return account;
  }

  /** Lists messages that everybody in the channel of the first server can read now, oldest first. */
  messages(channel: string): readonly ShownMessage[] {
    return this.guild().messages(channel);
  }

  /**
   * Returns whether the bot is connected to the gateway, and the name of the voice
   * channel it sits in, in the first server.
   */
  bot(): { readonly online: boolean; readonly channel: string | undefined } {
    const online = this.#deps.gateway.sessions.some((session) => session.online);
    return { online, channel: this.guild().bot().channel };
  }

  /**
   * Lists every login of the bot that is not over, oldest first. Those without a socket
   * can be resumed.
   */
  gatewaySessions(): readonly SessionSummary[] {
    return this.#deps.gateway.sessions;
  }

  /**
   * Lists instants at which several processes acted for one server. Empty for a bot
   * that behaves well.
   */
  violations(): readonly Violation[] {
    return this.#deps.violations;
  }

  /** Lists commands that the bot registered, global and of the servers. */
  commands(): readonly RegisteredCommand[] {
    return this.#deps.world.commands;
  }

  /**
   * Lists REST requests of the bot, oldest first, with their JSON. At most the last
   * 1000.
   */
  requests(): readonly LoggedRequest[] {
    return this.#deps.rest.requests;
  }

  /** Finds a message in its present state, private or not. */
  message(id: MessageId): ShownMessage | undefined {
    const message = this.#deps.board.find(id);
    return message && toShownMessage(message);
  }

  /** Lists direct messages of the bot, oldest first. */
  directMessages(): readonly DirectMessage[] {
    const { board, world } = this.#deps;
    return [...world.directChannels].flatMap(([channelId, { name }]) =>
      board
        .listInChannel(channelId)
        .map((message) => ({ ...toShownMessage(message), to: name })),
    );
  }

  /**
   * Finds a file of a message or a command, by its id. Undefined when it is deleted.
   */
  file(id: string): Upload | undefined {
    return this.#deps.board.attachments.find(id);
  }

  /** Calls `listener` for each message posted, edited or deleted, private ones too. */
  onMessage(listener: (change: MessageChange) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Returns the name of the channel or member with this id, or the id itself if it is
   * unknown.
   */
  nameOf(id: ChannelId | PersonId): string {
    const names = this.#guilds.map((guild) => guild.nameOf(id));
    return names.find((name) => name !== undefined) ?? id;
  }

  /** Closes everything: people hang up, sockets are cut, and the ports are free. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    for (const guild of this.#guilds) await guild[Symbol.asyncDispose]();
    this.#deps.gateway.close();
    for (const account of this.#deps.accounts) await account[Symbol.asyncDispose]();
    await this.#deps.rest.close();
    await this.#voice.voice[Symbol.asyncDispose]();
  }

  #openGuild(guild: Guild) {
    const closing = this.#closing.signal;
    const sandboxGuild = new SandboxGuild({
      ...this.#deps,
      ...this.#voice,
      guild,
      closing,
    });
    this.#guilds = [...this.#guilds, sandboxGuild];
    return sandboxGuild;
  }
}

/** A seat asked for by a gateway session of a shard on which a later one was online: two processes act for one server at once. */
export type Violation = { readonly guildId: GuildId; readonly atMs: number };

/** A direct message of the bot, and the name of its reader. */
export type DirectMessage = ShownMessage & { readonly to: string };

/** Parts of the sandbox in which faults happen. */
type FaultDeps = {
  readonly gateway: Gateway;
  readonly rest: RestServer;
  readonly seatFaults: SeatFaults;
  readonly voice: VoiceServer;
};

/** Everything behind a sandbox that knows nothing of people. */
type RunningDeps = FaultDeps & {
  readonly world: World;
  readonly board: MessageBoard;
  readonly seats: WorldSeats;
  readonly changes: WorldChanges;
  readonly interactions: Interactions;
  readonly violations: readonly Violation[];
  readonly accounts: Set<MemberAccount>;
  readonly dispatch: (event: Dispatch) => void;
};

/** Resume time as seen on Discord, which publishes none. */
const maxResumeMs = 180_000;

/** Makes everything behind a sandbox that knows nothing of people, wired together. */
function makeDeps(
  options: Omit<SandboxOptions, 'voice'>,
  voice: VoiceServer,
  token: string,
  onMessage: (change: MessageChange) => void,
): RunningDeps {
  const { clock = realClock, privilegedIntents = [] } = options;
  const world = createWorld(options, clock);
  const violations: Violation[] = [];
  const seatFaults: SeatFaults = { ...noSeatFaults };
  const gateway = new Gateway({
    world,
    token,
    heartbeatMs: options.heartbeatMs ?? 41_250,
    resumeMs: maxResumeMs,
    rules: { ...lenientGatewayRules, ...options.gatewayRules },
    privileged: privilegedIntents,
    onVoiceState: (session, request) => {
      const isLate = request.channel_id !== null && gateway.hasLaterSession(session);
      if (isLate) violations.push({ guildId: request.guild_id, atMs: clock.nowMs() });
      seatBot(world, seats, session, request, seatFaults);
    },
    onSessionEnd: (session) => unseatBot(world, seats, session),
  });
  const accounts = new Set<MemberAccount>();
  const dispatchToAll = (event: Dispatch) => {
    gateway.dispatch(event);
    for (const account of accounts) account.dispatch(event);
  };
  const seats = new WorldSeats(world, voice, dispatchToAll);
  const changes = new WorldChanges(world, seats, dispatchToAll);
  const board = new MessageBoard(world, (change) => {
    onMessage(change);
    const event = change.message.ephemeral ? undefined : toMessageEvent(world, change);
    if (event) dispatchToAll(event);
  });
  const interactions = new Interactions(world, board, dispatchToAll);
  const routeDeps = {
    world,
    gateway,
    board,
    seats,
    changes,
    interactions,
    dispatch: dispatchToAll,
  };
  const routes = makeRoutes(routeDeps, privilegedIntents);
  const isLimited = options.rateLimits !== undefined;
  const rest = new RestServer({ token, clock, routes, isLimited });
  return { ...routeDeps, voice, rest, seatFaults, violations, accounts };
}

type RouteDeps = Omit<
  RunningDeps,
  'voice' | 'rest' | 'seatFaults' | 'violations' | 'accounts'
>;

function makeRoutes(
  { world, gateway, board, seats, changes, interactions, dispatch }: RouteDeps,
  privileged: readonly PrivilegedIntent[],
) {
  return [
    ...makeSelfRoutes(world, gateway, privileged, changes),
    ...makeGuildRoutes(world),
    ...makeCommandRoutes(world),
    ...makeMessageRoutes(world, board, changes),
    ...makeThreadRoutes(world, dispatch, changes),
    ...makeVoiceRoutes(world, seats, changes),
    ...makeInteractionRoutes(world, interactions),
  ];
}

/** Faults of the real Discord, on demand. */
export class SandboxFaults {
  /** Faults of the voice gateway, UDP and encryption, person by person. The bot is one of them. */
  readonly voice: VoiceFaults;
  readonly #deps: FaultDeps;

  constructor(deps: FaultDeps) {
    this.voice = deps.voice.faults;
    this.#deps = deps;
  }

  /** Makes requests fail, late or cut off. */
  rest(fault: RestFault): void {
    this.#deps.rest.faults.add(fault);
  }

  /** Loses or doubles events: INTERACTION_CREATE twice, VOICE_STATE_UPDATE never. */
  event(fault: EventFault): void {
    this.#deps.gateway.faults.add(fault);
  }

  /** Cuts the gateway sockets. The bot may resume. */
  dropGateway(): void {
    this.#deps.gateway.dropSockets();
  }

  /** Ends the gateway sessions and cuts their sockets: a resume is refused, the bot leaves its voice channels. */
  endSessions(): void {
    this.#deps.gateway.endSessions();
  }

  /** Leaves heartbeats without an answer until healed. */
  ignoreHeartbeats(): void {
    this.#deps.gateway.answersHeartbeats = false;
  }

  /** Ignores the next request for a seat, in any server. */
  ignoreSeat(): void {
    this.#deps.seatFaults.ignored = 1;
  }

  /** Keeps the bot's seats until healed: requests to leave get no answer. */
  keepSeats(): void {
    this.#deps.seatFaults.keepsSeats = true;
  }

  /** Ends all faults that still last. */
  heal(): void {
    const { rest, gateway, seatFaults } = this.#deps;
    rest.faults.clear();
    gateway.faults.clear();
    gateway.answersHeartbeats = true;
    Object.assign(seatFaults, noSeatFaults);
    this.voice.heal();
  }
}
