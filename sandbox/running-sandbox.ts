import { randomBytes } from 'node:crypto';
import { type EventFault, Gateway } from '#sandbox/gateway/gateway.ts';
import { lenientGatewayRules, toGuildCreate } from '#sandbox/gateway/gateway-shards.ts';
import { type Dispatch, intents } from '#sandbox/gateway/gateway-wire.ts';
import {
  createInteractions,
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
} from '#sandbox/world/world.ts';
import { createWorldChanges } from '#sandbox/world/world-changes.ts';
import { toMessageEvent } from '#sandbox/world/world-json.ts';
import { MessageBoard, type MessageChange } from '#sandbox/world/world-messages.ts';
import { WorldSeats } from '#sandbox/world/world-seats.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { realClock } from '#src/base/clock.ts';
import { type MemberAccount, openMemberAccount } from './people/member-account.ts';
import type { PersonOptions, SandboxPerson } from './people/sandbox-person.ts';
import { makeProcessAddress } from './process-address.ts';
import type { SandboxOptions, VoiceHalf } from './sandbox.ts';
import { makeSandboxGuild, type SandboxGuild } from './sandbox-guild.ts';
import { addGuild, createWorld, type GuildOptions } from './world/create-world.ts';

/** The voice half, open. */
type OpenedVoice = {
  readonly voice: VoiceServer;
  readonly codec: OpusCodec;
  readonly connect: VoiceHalf['connect'];
};

/** A small Discord on this machine, for one bot and people to talk with it. */
export class RunningSandbox implements AsyncDisposable {
  readonly token = `sandbox.${randomBytes(24).toString('hex')}`;
  readonly faults: ReturnType<typeof makeFaults>;
  readonly botId: string;
  /** PEM of the certificate that a bot must trust: for voice, and for files. */
  readonly certificate: string;
  /** Host and port of the files, such as `localhost:4000`. The bot needs permission to fetch from this machine. */
  readonly cdnHost: string;
  readonly #deps;
  readonly #voice;
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
    this.#open(world.guild);
    for (const each of options.guilds ?? []) this.addGuild(each);
    this.faults = makeFaults(this.#deps);
  }

  async listen() {
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
  apiUrlFor(process: string | undefined) {
    return `http://127.0.0.1:${this.#port}${makeProcessAddress(process, '/api')}`;
  }

  /** Gets the server with that name or id, by default the first. Throws a plain Error if there is none. */
  guild(nameOrId?: string): SandboxGuild {
    const found = this.#guilds.find(({ id, name }) =>
      [id, name, undefined].includes(nameOrId),
    );
    if (!found) throw new Error(`There is no server ${nameOrId}.`);
    return found;
  }

  /** Invites the bot to one more server. */
  addGuild(options: GuildOptions = {}): SandboxGuild {
    const { world, dispatch } = this.#deps;
    const guild = addGuild(world, options);
    const data = (asked: number) => toGuildCreate(world, guild, asked);
    dispatch({ name: 'GUILD_CREATE', guildId: guild.id, data, intent: intents.guilds });
    return this.#open(guild);
  }

  /**
   * Removes a server: its people leave their calls, and the bot is thrown out. Never
   * the first one.
   */
  async removeGuild(nameOrId: string) {
    const guild = this.guild(nameOrId);
    await guild[Symbol.asyncDispose]();
    guild.removeBot();
    this.#guilds = this.#guilds.filter((each) => each !== guild);
  }

  /**
   * Returns the id of the first server. The following members are short for `guild()`.
   */
  get guildId(): string {
    return this.guild().id;
  }

  channelId(name: string): string {
    return this.guild().channelId(name);
  }

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
  gatewaySessions() {
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
  message(id: string) {
    const message = this.#deps.board.find(id);
    return message && toShownMessage(message);
  }

  /** Lists direct messages of the bot, oldest first. */
  directMessages() {
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
  file(id: string) {
    return this.#deps.board.attachments.find(id);
  }

  /** Calls `listener` for each message posted, edited or deleted, private ones too. */
  onMessage(listener: (change: MessageChange) => void) {
    this.#listeners.push(listener);
  }

  /**
   * Returns the name of the channel or member with this id, or the id itself if it is
   * unknown.
   */
  nameOf(id: string): string {
    const names = this.#guilds.map((guild) => guild.nameOf(id));
    return names.find((name) => name !== undefined) ?? id;
  }

  async [Symbol.asyncDispose]() {
    this.#closing.abort();
    for (const guild of this.#guilds) await guild[Symbol.asyncDispose]();
    this.#deps.gateway.close();
    for (const account of this.#deps.accounts) await account[Symbol.asyncDispose]();
    await this.#deps.rest.close();
    await this.#voice.voice[Symbol.asyncDispose]();
  }

  #open(guild: Guild) {
    const closing = this.#closing.signal;
    const opened = makeSandboxGuild({ ...this.#deps, ...this.#voice, guild, closing });
    this.#guilds = [...this.#guilds, opened];
    return opened;
  }
}

/** A seat asked for by a gateway session of a shard on which a later one was online: two processes act for one server at once. */
type Violation = { readonly guildId: string; readonly atMs: number };

/** Resume time as seen on Discord, which publishes none. */
const maxResumeMs = 180_000;

/** Makes everything behind a sandbox that knows nothing of people, wired together. */
function makeDeps(
  options: Omit<SandboxOptions, 'voice'>,
  voice: VoiceServer,
  token: string,
  onMessage: (change: MessageChange) => void,
) {
  const { clock = realClock, heartbeatMs = 41_250 } = options;
  const { privilegedIntents: privileged = [] } = options;
  const world = createWorld(options, clock);
  const violations: Violation[] = [];
  const seatFaults: SeatFaults = { ...noSeatFaults };
  const gateway = new Gateway({
    world,
    token,
    heartbeatMs,
    resumeMs: maxResumeMs,
    rules: { ...lenientGatewayRules, ...options.gatewayRules },
    privileged,
    onVoiceState: (session, request) => {
      const isLate = request.channel_id !== null && gateway.hasLaterSession(session);
      if (isLate) violations.push({ guildId: request.guild_id, atMs: clock.nowMs() });
      seatBot(world, seats, session, request, seatFaults);
    },
    onSessionEnd: (session) => unseatBot(world, seats, session),
  });
  const accounts = new Set<MemberAccount>();
  const dispatch = (event: Dispatch) => {
    gateway.dispatch(event);
    for (const account of accounts) account.dispatch(event);
  };
  const seats = new WorldSeats(world, voice, dispatch);
  const changes = createWorldChanges(world, seats, dispatch);
  const board = new MessageBoard(world, (change) => {
    onMessage(change);
    const event = change.message.ephemeral ? undefined : toMessageEvent(world, change);
    if (event) dispatch(event);
  });
  const interactions = createInteractions(world, board, dispatch);
  const routes = [
    ...makeSelfRoutes(world, gateway, privileged, changes),
    ...makeGuildRoutes(world),
    ...makeCommandRoutes(world),
    ...makeMessageRoutes(world, board, changes),
    ...makeThreadRoutes(world, dispatch, changes),
    ...makeVoiceRoutes(world, seats, changes),
    ...makeInteractionRoutes(world, interactions),
  ];
  const isLimited = options.rateLimits !== undefined;
  const rest = new RestServer({ token, clock, routes, isLimited });
  const parts = { world, voice, gateway, rest, board, seats, changes, interactions };
  return { ...parts, seatFaults, violations, accounts, dispatch };
}

/** Makes faults of the real Discord, on demand. */
function makeFaults({ gateway, rest, seatFaults, voice }: ReturnType<typeof makeDeps>) {
  return {
    /** Errors, slowness and cut connections of REST. */
    rest: (fault: RestFault) => rest.faults.add(fault),
    /** Lost or doubled events: INTERACTION_CREATE twice, VOICE_STATE_UPDATE never. */
    event: (fault: EventFault) => gateway.faults.add(fault),
    /** Voice gateway, UDP and encryption, person by person. The bot is one of them. */
    voice: voice.faults,
    /** Cuts the gateway sockets. The bot may resume. */
    dropGateway: () => gateway.dropSockets(),
    /** Ends the gateway sessions and cuts their sockets: a resume is refused, the bot leaves its voice channels. */
    endSessions: () => gateway.endSessions(),
    /** Leaves heartbeats without an answer until healed. */
    ignoreHeartbeats() {
      gateway.answersHeartbeats = false;
    },
    /** Ignores the next request for a seat, in any server. */
    ignoreSeat() {
      seatFaults.ignored = 1;
    },
    /** Keeps the bot's seats until healed: requests to leave get no answer. */
    keepSeats() {
      seatFaults.keepsSeats = true;
    },
    /** Ends all faults that still last. */
    heal() {
      rest.faults.clear();
      gateway.faults.clear();
      gateway.answersHeartbeats = true;
      Object.assign(seatFaults, noSeatFaults);
      voice.faults.heal();
    },
  };
}
