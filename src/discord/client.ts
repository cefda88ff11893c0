import {
  type Client,
  DiscordAPIError,
  Events,
  type Interaction,
  Routes,
  Status,
} from 'discord.js';
import { neverAborted, withTimeout } from '#src/base/bounded-wait.ts';
import { realClock } from '#src/base/clock.ts';
import {
  type ChannelId,
  type GuildId,
  type PersonId,
  toGuildId,
  toPersonId,
} from '#src/base/ids.ts';
import {
  admitError,
  admitSetting,
  type LoggedText,
  writeSentence,
} from '#src/base/logged-text.ts';
import { chooseCipher } from '#src/discord/link/cipher/choose-cipher.ts';
import type { CipherMode } from '#src/discord/link/voice-library.ts';
import { DiscordLinkOpener } from '#src/discord/link/voice-link-opener.ts';
import { Outbox, toRestBody } from '#src/discord/outbox/outbox.ts';
import { ChannelMessages } from '#src/discord/panel/channel-messages.ts';
import { Panels } from '#src/discord/panel/panels.ts';
import { VoiceStatuses } from '#src/discord/panel/voice-statuses.ts';
import type { OwnedShard } from '#src/discord/shards/owned-shard.ts';
import { DiscordTypedMessages } from '#src/discord/typed/typed-messages.ts';
import type { Button, CommandPorts } from '#src/features/command.ts';
import { mayOpen } from '#src/people/audience.ts';
import type { CaptionChats } from '#src/ports/caption-chats.ts';
import type { Members, Places } from '#src/ports/command-ports.ts';
import type { PanelBoard, PanelStore } from '#src/ports/panel.ts';
import type { TypedMessages } from '#src/ports/typed-messages.ts';
import type { VoiceChannelChatPoster } from '#src/ports/voice-channel-chat-poster.ts';
import type { VoiceCipher, VoiceLinkOpener } from '#src/ports/voice-link.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { type GuildRecords, watchAbsentGuilds } from './absent-guilds.ts';
import { toInviteUrl } from './account/needed-rights.ts';
import { DiscordCaptionChats } from './captions/discord-caption-chats.ts';
import { DisallowedServers, refuseInteraction } from './disallowed-servers.ts';
import type { DiscordEvent } from './discord-event.ts';
import { toCommandBodies } from './interactions/command-registration.ts';
import {
  type CommandHandlers,
  InteractionReceiver,
} from './interactions/interaction-receiver.ts';
import { type MessageDeps, renderLines } from './interactions/rendering.ts';
import { leaveAllSeats, leaveGhosts } from './leave-seats.ts';
import {
  closeClient,
  createClient,
  createWebhookRest,
  findRemedy,
  LoginDeadline,
  logIn,
} from './login.ts';
import { openMembers } from './members.ts';
import { watchOwnState } from './own-state.ts';
import { DiscordPlaces, getGuildLocale } from './places.ts';
import { postToServer } from './server-message.ts';

export type DiscordOptions = CommandHandlers & {
  readonly token: string;
  /** The default is Discord's own. Has no `/v10`. */
  readonly apiUrl?: string;
  readonly cdnUrl?: string;
  /** The bot leaves all other servers. */
  readonly isAllowed: (guildId: GuildId) => boolean;
  /** Shard 0 registers the commands. */
  readonly shard: OwnedShard;
  readonly messageContent: boolean;
  /** Default: the faster one. */
  readonly voiceCipher?: VoiceCipher;
  /** Includes buttons on messages of former runs. */
  readonly buttons: readonly Button[];
  readonly panelStore: PanelStore;
  readonly guildStore: GuildRecords;
  /** Creates the sentence for a new server. */
  readonly createGreeting: () => TextLine;
  /**
   * Called with servers that are there, maybe again. Resolves to those with handled
   * panels. Never throws.
   */
  readonly onGuildsArrived: (
    guildIds: readonly GuildId[],
  ) => Promise<ReadonlySet<GuildId>>;
  /** Called when anybody enters, leaves or changes a voice channel, and when a scheduled event changes. Never throws. */
  readonly onChannelChanged: (guildId: GuildId) => void;
  /** Called once, after the login. */
  readonly createPorts: (discord: DiscordPorts) => CommandPorts;
  /** Called with each event for logs and counters. */
  readonly onEvent: (event: DiscordEvent) => void;
};

/** The bot as Discord knows it. */
export type OwnUser = { readonly id: PersonId; readonly name: string };

export type DiscordPorts = {
  readonly linkOpener: VoiceLinkOpener;
  readonly messages: VoiceChannelChatPoster;
  readonly bot: OwnUser;
  readonly panels: PanelBoard;
  readonly places: Places;
  readonly members: Members;
  readonly captions: CaptionChats;
  readonly typed: TypedMessages;
};

const loginMs = 20_000;
/** A rate limit on commands may last hours. */
const registerMs = 10_000;
const lastAnswersMs = 1_000;
const leaveMs = 250;

/**
 * Logs in, registers commands and answers them. Closing leaves every channel first.
 * Throws BotError `discord.bad_token` or `discord.unreachable`.
 */
export async function openDiscord(
  givenOptions: DiscordOptions,
  signal: AbortSignal,
): Promise<Discord> {
  const options = hideDisallowedGuilds(givenOptions);
  const login = {
    ...options,
    timeoutMs: loginMs,
    deadline: new LoginDeadline(loginMs),
  };
  const earlyInteractions: Interaction[] = [];
  const newClient = watchClient(createClient(login), options);
  newClient.on(Events.InteractionCreate, (interaction) =>
    earlyInteractions.push(interaction),
  );
  const client = await logIn(newClient, login, signal);
  try {
    const cipher = await chooseCipher(options.voiceCipher ?? 'auto', realClock, signal);
    const discord = new Discord(client, options, cipher, earlyInteractions);
    if (options.shard.id === 0) await registerCommands(client, options);
    return discord;
  } catch (cause) {
    await closeClient(client);
    throw cause;
  }
}

/** The bot on Discord, logged in for one shard. Disposing leaves every channel first. */
export class Discord implements AsyncDisposable {
  /** Id and name of the bot. */
  readonly bot: OwnUser;
  /** Link with which a person invites the bot to a server. */
  readonly inviteUrl: string;
  readonly #client;
  readonly #report;
  readonly #linkOpener;
  readonly #outbox;
  readonly #statuses;
  readonly #places;
  readonly #panels;
  readonly #receiver;
  readonly #disallowedServers;

  constructor(
    client: Client<true>,
    options: DiscordOptions,
    cipher: CipherMode | undefined,
    earlyInteractions: readonly Interaction[],
  ) {
    const { isAllowed, onEvent: report } = options;
    this.bot = { id: toPersonId(client.user.id), name: client.user.username };
    this.inviteUrl = toInviteUrl(client.application.id);
    this.#client = client;
    this.#report = report;
    const buttons = new Map(options.buttons.map((button) => [button.name, button]));
    const messageDeps = { buttons, timing: realClock, report };
    this.#outbox = new Outbox(
      client.rest,
      realClock,
      (outcome) => report({ kind: 'message', outcome }),
      createWebhookRest(client),
    );
    const { panelStore } = options;
    const outbox = this.#outbox;
    this.#statuses = new VoiceStatuses(client, realClock, (...told) =>
      postLine(client, outbox, ...told),
    );
    const statuses = this.#statuses;
    this.#linkOpener = new DiscordLinkOpener(client, realClock, report, {
      onLeaving: (guildId) => statuses.clear(guildId),
      cipher,
    });
    this.#places = new DiscordPlaces(client);
    const places = this.#places;
    this.#panels = new Panels({
      ...messageDeps,
      client,
      panelStore,
      outbox,
      places,
      statuses,
    });
    const panels = this.#panels;
    watchRights(client, (guildId) => panels.onRightsChanged(guildId));
    const ports = options.createPorts(this.#openPorts(messageDeps));
    watchOwnState(client, report);
    client.on(Events.VoiceStateUpdate, (before, { channelId, guild }) => {
      if (before.channelId !== channelId) options.onChannelChanged(toGuildId(guild.id));
    });
    watchScheduledEvents(client, options.onChannelChanged);
    this.#receiver = new InteractionReceiver({
      ...options,
      ...messageDeps,
      panels,
      ports,
    });
    client.removeAllListeners(Events.InteractionCreate);
    const serverDeps = { isAllowed, outbox, report };
    this.#disallowedServers = new DisallowedServers(client, serverDeps);
    this.#receiveInteractions(isAllowed, earlyInteractions);
    report({ kind: 'ready', botId: this.bot.id, guilds: client.guilds.cache.size });
    this.#watchGuilds(options);
  }

  /** Tests whether the gateway is connected. */
  isReady(): boolean {
    return this.#client.ws.shards.every(({ status }) => status === Status.Ready);
  }

  /** Leaves all seats and the gateway session without waiting. */
  leaveNow(): void {
    leaveAllSeats(this.#client);
    realClock.later(leaveMs, () => void closeClient(this.#client));
  }

  /** Leaves servers that are not allowed any more. Call this when the setting has changed. */
  leaveDisallowed(): void {
    this.#disallowedServers.leaveAll();
  }

  /** Takes nothing new, gives the last answers a second, and leaves every channel. */
  async [Symbol.asyncDispose](): Promise<void> {
    stopListening(this.#client, this.#report);
    await this.#receiver.waitUntilSettled(lastAnswersMs);
    await this.#linkOpener[Symbol.asyncDispose]();
    this.#statuses[Symbol.dispose]();
    await this.#panels.close(lastAnswersMs);
    this.#outbox.close();
    await closeClient(this.#client);
  }

  #openPorts(messageDeps: MessageDeps): DiscordPorts {
    const { buttons } = messageDeps;
    const client = this.#client;
    const [outbox, panels, places] = [this.#outbox, this.#panels, this.#places];
    const captionChats = new DiscordCaptionChats(client, { ...messageDeps, outbox });
    const mayOpenChannel = async (channelId: ChannelId, personId: PersonId) => {
      const channel = client.channels.cache.get(channelId);
      if (!channel || !('guildId' in channel) || channel.guildId === null) return false;
      const guildId = toGuildId(channel.guildId);
      const audience = { captionChats, places };
      return (await mayOpen(guildId, channelId, personId, audience)) === 'yes';
    };
    return {
      linkOpener: this.#linkOpener,
      messages: new ChannelMessages({
        client,
        panels,
        buttons,
        outbox,
        places,
        mayOpen: mayOpenChannel,
      }),
      bot: this.bot,
      panels,
      places,
      members: openMembers(client),
      captions: captionChats,
      typed: new DiscordTypedMessages(client, outbox),
    };
  }

  #receiveInteractions(
    isAllowed: DiscordOptions['isAllowed'],
    earlyInteractions: readonly Interaction[],
  ) {
    const receiveInteraction = (interaction: Interaction) => {
      const { guildId } = interaction;
      if (guildId === null || isAllowed(toGuildId(guildId)))
        this.#receiver.receiveInteraction(interaction);
      else refuseInteraction(interaction);
    };
    this.#client.on(Events.InteractionCreate, receiveInteraction);
    for (const interaction of earlyInteractions) receiveInteraction(interaction);
  }

  /** Greets and forgets servers, and ends seats and panels of a former run. */
  #watchGuilds({
    createGreeting,
    guildStore,
    isAllowed,
    onGuildsArrived,
    shard,
  }: DiscordOptions) {
    const client = this.#client;
    watchAbsentGuilds(client, {
      store: guildStore,
      report: this.#report,
      shard,
      isAllowed,
      greet: (guild) => postToServer(this.#outbox, guild, createGreeting()),
    });
    const hasLink = (guildId: GuildId) => this.#linkOpener.hasLink(guildId);
    leaveGhosts(client, hasLink);
    watchArrivals(client, this.#panels, onGuildsArrived);
    client.on(Events.ShardResume, () => leaveGhosts(client, hasLink));
  }
}

/** Hides servers that are not allowed, and keeps their data after a leave. */
function hideDisallowedGuilds(options: DiscordOptions): DiscordOptions {
  const { isAllowed, onEvent, onGuildsArrived } = options;
  return {
    ...options,
    onGuildsArrived: (guildIds) => onGuildsArrived(guildIds.filter(isAllowed)),
    onEvent(event) {
      if (event.kind !== 'guild-removed' || isAllowed(event.guildId)) onEvent(event);
    },
  };
}

/** Replaces all listeners by a report of errors. */
function stopListening(client: Client<true>, report: (event: DiscordEvent) => void) {
  // An error without a listener would end the process.
  client.ws.removeAllListeners();
  client.removeAllListeners().on(Events.Error, (cause) => {
    report({ kind: 'warning', message: admitError(cause), cause });
  });
}

/** Listens to events that would be fatal or silent without a listener. */
function watchClient(
  client: Client,
  { onEvent: report, shard }: Pick<DiscordOptions, 'onEvent' | 'shard'>,
) {
  const reportWarning = (message: LoggedText, cause?: unknown) =>
    report({ kind: 'warning', message, cause });
  client.on(Events.Error, (error) => reportWarning(admitError(error), error));
  client.on(Events.ShardError, (error) =>
    reportWarning(writeSentence`Gateway: ${admitError(error)}`, error),
  );
  // The library's words may quote a packet of Discord.
  client.on(Events.Warn, () =>
    reportWarning(writeSentence`discord.js gave a warning.`),
  );
  const reportGateway = (change: 'reconnecting' | 'resumed') =>
    report({ kind: 'gateway', what: change });
  client.on(Events.ShardReconnecting, () => reportGateway('reconnecting'));
  client.on(Events.ShardResume, () => reportGateway('resumed'));
  client.on(Events.ShardDisconnect, ({ code }) => {
    const remedy = findRemedy(code, shard);
    report({ kind: 'closed', closeCode: code, remedy });
  });
  return client;
}

async function registerCommands(
  client: Client<true>,
  { commands, onEvent: report }: Pick<DiscordOptions, 'commands' | 'onEvent'>,
) {
  const route = Routes.applicationCommands(client.application.id);
  try {
    await withTimeout(
      client.rest.put(route, { body: toCommandBodies(commands) }),
      registerMs,
      realClock,
      () => new Error(`Discord did not answer in ${registerMs / 1000} s.`),
    );
    report({ kind: 'registered', commands: commands.length });
  } catch (error) {
    // Commands of a former run still work.
    const isAway = error instanceof DiscordAPIError && error.status === 403;
    const advice = isAway
      ? writeSentence`invite the bot: ${admitSetting(toInviteUrl(client.application.id))}`
      : admitError(error);
    const message = writeSentence`Commands could not be registered: ${advice}`;
    report({ kind: 'warning', message, cause: error });
  }
}

/** Tells of each change of rights in channels and roles, which may change who reads where. */
function watchRights(client: Client<true>, onChanged: (guildId: GuildId) => void) {
  client.on(Events.ChannelUpdate, (_former, channel) => {
    if ('guildId' in channel) onChanged(toGuildId(channel.guildId));
  });
  client.on(Events.GuildRoleUpdate, (_former, { guild }) =>
    onChanged(toGuildId(guild.id)),
  );
  client.on(Events.GuildUpdate, (former, { id, preferredLocale }) => {
    if (former.preferredLocale !== preferredLocale) onChanged(toGuildId(id));
  });
}

/** Tells of each scheduled event that begins, changes or ends. */
function watchScheduledEvents(
  client: Client<true>,
  onChanged: DiscordOptions['onChannelChanged'],
) {
  client.on(Events.GuildScheduledEventCreate, ({ guildId }) =>
    onChanged(toGuildId(guildId)),
  );
  client.on(Events.GuildScheduledEventUpdate, (_former, { guildId }) =>
    onChanged(toGuildId(guildId)),
  );
  client.on(Events.GuildScheduledEventDelete, ({ guildId }) =>
    onChanged(toGuildId(guildId)),
  );
}

/** Writes a line into a chat without waiting. A chat that is closed reads nothing. */
function postLine(
  client: Client<true>,
  outbox: Pick<Outbox, 'post'>,
  guildId: GuildId,
  channelId: ChannelId,
  line: TextLine,
) {
  const body = renderLines([line], getGuildLocale(client, guildId));
  outbox.post(channelId, toRestBody(body), neverAborted).catch(() => undefined);
}

/**
 * Reports servers at the start and after outages, and ends unhandled panels of a former
 * run.
 */
function watchArrivals(
  client: Client<true>,
  panels: Pick<Panels, 'resumePanels'>,
  onGuildsArrived: DiscordOptions['onGuildsArrived'],
) {
  client.on(Events.GuildAvailable, ({ id }) => void onGuildsArrived([toGuildId(id)]));
  const listAvailableIds = () =>
    [...client.guilds.cache.values()]
      .filter(({ available }) => available)
      .map(({ id }) => toGuildId(id));
  // The client has one shard.
  client.on(Events.ShardResume, () => void onGuildsArrived(listAvailableIds()));
  const guildIds = [...client.guilds.cache.keys()].map(toGuildId);
  void onGuildsArrived(listAvailableIds()).then((handledIds) => {
    void panels.resumePanels(guildIds.filter((id) => !handledIds.has(id)));
  });
}
