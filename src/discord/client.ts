import {
  type Client,
  DiscordAPIError,
  Events,
  type Interaction,
  Routes,
  Status,
} from 'discord.js';
import { withTimeout } from '#src/base/bounded-wait.ts';
import { realClock } from '#src/base/clock.ts';
import { getErrorMessage } from '#src/base/errors.ts';
import type { GuildId } from '#src/base/ids.ts';
import { DiscordLinkOpener } from '#src/discord/link/voice-link-opener.ts';
import { Outbox } from '#src/discord/outbox/outbox.ts';
import { openChannelMessages } from '#src/discord/panel/channel-messages.ts';
import { createPanels, type Panels } from '#src/discord/panel/panels.ts';
import { createVoiceStatuses } from '#src/discord/panel/voice-statuses.ts';
import type { OwnedShard } from '#src/discord/shards/owned-shard.ts';
import { openTypedMessages } from '#src/discord/typed/typed-messages.ts';
import type { Button, CommandPorts } from '#src/features/command.ts';
import type { CaptionChats } from '#src/ports/caption-chats.ts';
import type { Members, Places } from '#src/ports/command-ports.ts';
import type { PanelBoard, PanelStore } from '#src/ports/panel.ts';
import type { TypedMessages } from '#src/ports/typed-messages.ts';
import type { VoiceChannelChatPoster } from '#src/ports/voice-channel-chat-poster.ts';
import type { VoiceLinkOpener } from '#src/ports/voice-link.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { type GuildRecords, watchAbsentGuilds } from './absent-guilds.ts';
import { toInviteUrl } from './account/needed-rights.ts';
import { openCaptionChats } from './captions/discord-caption-chats.ts';
import { refuseInteraction, watchDisallowedServers } from './disallowed-servers.ts';
import type { DiscordEvent } from './discord-event.ts';
import { toCommandBodies } from './interactions/command-registration.ts';
import {
  type CommandFace,
  createInteractionReceiver,
} from './interactions/interaction-receiver.ts';
import { leaveAllSeats, leaveGhosts } from './leave-seats.ts';
import {
  closeClient,
  createClient,
  findRemedy,
  logIn,
  startLoginDeadline,
} from './login.ts';
import { openMembers } from './members.ts';
import { watchOwnState } from './own-state.ts';
import { openPlaces } from './places.ts';
import { postToServer } from './server-message.ts';

export type DiscordOptions = CommandFace & {
  readonly token: string;
  /** The default is Discord's own. Has no `/v10`. */
  readonly apiUrl?: string;
  /** The bot leaves all other servers. */
  readonly isAllowed: (guildId: GuildId) => boolean;
  /** Shard 0 registers the commands. */
  readonly shard: OwnedShard;
  readonly messageContent: boolean;
  /** Includes buttons on messages of former runs. */
  readonly buttons: readonly Button[];
  readonly panelStore: PanelStore;
  readonly guildStore: GuildRecords;
  readonly hello: () => TextLine;
  /**
   * Called with servers that are there, maybe again. Resolves to those with handled
   * panels. Never throws.
   */
  readonly arrived: (guildIds: readonly GuildId[]) => Promise<ReadonlySet<string>>;
  /** Called when anybody enters, leaves or changes a voice channel. Never throws. */
  readonly channelChanged: (guildId: GuildId) => void;
  /** Called once, after the login. */
  readonly ports: (discord: DiscordPorts) => CommandPorts;
  readonly onEvent: (event: DiscordEvent) => void;
};

export type DiscordPorts = {
  readonly linkOpener: VoiceLinkOpener;
  readonly messages: VoiceChannelChatPoster;
  readonly bot: { readonly id: string; readonly name: string };
  readonly panels: PanelBoard;
  readonly places: Places;
  readonly members: Members;
  readonly captions: CaptionChats;
  readonly typed: TypedMessages;
};

export type Discord = Awaited<ReturnType<typeof openDiscord>>;

const loginMs = 20_000;
/** A rate limit on commands may last hours. */
const registerMs = 10_000;
const lastAnswersMs = 1_000;
const leaveMs = 250;

/**
 * Logs in, registers commands and answers them. Closing leaves every channel first.
 * Throws BotError `discord.bad_token` or `discord.unreachable`.
 */
export async function openDiscord(given: DiscordOptions, signal: AbortSignal) {
  const options = leaveDisallowedGuilds(given);
  const login = {
    ...options,
    timeoutMs: loginMs,
    deadline: startLoginDeadline(loginMs),
  };
  const early: Interaction[] = [];
  const made = watchClient(createClient(login), options);
  made.on(Events.InteractionCreate, (interaction) => early.push(interaction));
  const client = await logIn(made, login, signal);
  try {
    return await openWithClient(client, options, early);
  } catch (cause) {
    await closeClient(client);
    throw cause;
  }
}

async function openWithClient(
  client: Client<true>,
  options: DiscordOptions,
  early: readonly Interaction[],
) {
  const { hello, isAllowed, onEvent: report, shard } = options;
  const bot = { id: client.user.id, name: client.user.username };
  const buttons = new Map(options.buttons.map((button) => [button.name, button]));
  const common = { buttons, timing: realClock, report };
  const statuses = createVoiceStatuses(client, realClock);
  const linkOpener = new DiscordLinkOpener(client, report, {
    onLeaving: (guildId) => statuses.clear(guildId),
  });
  const outbox = new Outbox(client.rest, realClock, (outcome) =>
    report({ kind: 'message', outcome }),
  );
  const panels = createPanels({
    ...common,
    client,
    panelStore: options.panelStore,
    outbox,
    statuses,
  });
  const ports = options.ports({
    linkOpener,
    messages: openChannelMessages(client, panels, buttons, outbox),
    bot,
    panels,
    places: openPlaces(client),
    members: openMembers(client),
    captions: openCaptionChats(client, { ...common, outbox }),
    typed: openTypedMessages(client, outbox),
  });
  watchOwnState(client, report);
  client.on(Events.VoiceStateUpdate, (before, { channelId, guild }) => {
    if (before.channelId !== channelId) options.channelChanged(guild.id);
  });
  const reception = createInteractionReceiver({ ...options, ...common, panels, ports });
  client.removeAllListeners(Events.InteractionCreate);
  const disallowed = watchDisallowedServers(client, { isAllowed, outbox, report });
  const receiveInteraction = (interaction: Interaction) => {
    const { guildId } = interaction;
    if (guildId === null || isAllowed(guildId))
      reception.receiveInteraction(interaction);
    else refuseInteraction(interaction);
  };
  client.on(Events.InteractionCreate, receiveInteraction);
  for (const interaction of early) receiveInteraction(interaction);
  report({ kind: 'ready', botId: bot.id, guilds: client.guilds.cache.size });
  watchAbsentGuilds(client, {
    store: options.guildStore,
    report,
    shard,
    isAllowed,
    greet: (guild) => postToServer(outbox, guild, hello()),
  });
  const hasLink = (guildId: GuildId) => linkOpener.hasLink(guildId);
  leaveGhosts(client, hasLink);
  watchArrivals(client, panels, options.arrived);
  client.on(Events.ShardResume, () => leaveGhosts(client, hasLink));
  if (shard.id === 0) await registerCommands(client, options);
  return {
    bot,
    inviteUrl: toInviteUrl(client.application.id),
    ready: () => client.ws.shards.every(({ status }) => status === Status.Ready),
    /** Leaves all seats and the gateway session without waiting. */
    leaveNow() {
      leaveAllSeats(client);
      realClock.later(leaveMs, () => void closeClient(client));
    },
    leaveDisallowed: () => disallowed.leaveAll(),
    async [Symbol.asyncDispose]() {
      stopListening(client, report);
      await reception.waitUntilSettled(lastAnswersMs);
      await linkOpener[Symbol.asyncDispose]();
      await panels.close(lastAnswersMs);
      outbox.close();
      await closeClient(client);
    },
  };
}

/** Hides servers that are not allowed, and keeps their data after a leave. */
function leaveDisallowedGuilds(options: DiscordOptions): DiscordOptions {
  const { arrived, isAllowed, onEvent } = options;
  return {
    ...options,
    arrived: (guildIds) => arrived(guildIds.filter(isAllowed)),
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
    report({ kind: 'warning', message: cause.message, cause });
  });
}

/** Listens to events that would be fatal or silent without a listener. */
function watchClient(
  client: Client,
  { onEvent: report, shard }: Pick<DiscordOptions, 'onEvent' | 'shard'>,
) {
  const reportWarning = (message: string, cause?: unknown) =>
    report({ kind: 'warning', message, cause });
  client.on(Events.Error, (error) => reportWarning(error.message, error));
  client.on(Events.ShardError, (error) =>
    reportWarning(`Gateway: ${error.message}`, error),
  );
  client.on(Events.Warn, (message) => reportWarning(message));
  const reportGateway = (what: 'reconnecting' | 'resumed') =>
    report({ kind: 'gateway', what });
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
    const why = isAway
      ? `invite the bot: ${toInviteUrl(client.application.id)}`
      : getErrorMessage(error);
    const message = `Commands could not be registered: ${why}`;
    report({ kind: 'warning', message, cause: error });
  }
}

/**
 * Reports servers at the start and after outages, and ends unhandled panels of a former
 * run.
 */
function watchArrivals(
  client: Client<true>,
  panels: Pick<Panels, 'resumePanels'>,
  arrived: DiscordOptions['arrived'],
) {
  client.on(Events.GuildAvailable, ({ id }) => void arrived([id]));
  const listAvailableIds = () =>
    [...client.guilds.cache.values()]
      .filter(({ available }) => available)
      .map(({ id }) => id);
  // The client has one shard.
  client.on(Events.ShardResume, () => void arrived(listAvailableIds()));
  const guildIds = [...client.guilds.cache.keys()];
  void arrived(listAvailableIds()).then((taken) => {
    void panels.resumePanels(guildIds.filter((id) => !taken.has(id)));
  });
}
