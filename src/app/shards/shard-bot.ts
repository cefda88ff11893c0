import { buttons, forms, pickers } from '#commands/buttons.ts';
import { commands } from '#commands/commands.ts';
import type { BotOptions } from '#src/app/bot-options.ts';
import { openPipelines } from '#src/app/engines/open-engines.ts';
import type { SharedParts } from '#src/app/shared-parts.ts';
import { realClock } from '#src/base/clock.ts';
import type { Config } from '#src/config/config.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { type DiscordPorts, openDiscord } from '#src/discord/client.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import type { OwnedShard } from '#src/discord/shards/owned-shard.ts';
import type { CommandPorts, ProgramPorts } from '#src/features/command.ts';
import { readHelpState } from '#src/features/contract/help-entries.ts';
import { createWrittenAnswerConcurrency } from '#src/features/contract/written-answer-concurrency.ts';
import { serverSettings } from '#src/features/features.ts';
import { createConfirmationRequests } from '#src/sessions/confirmation-requests.ts';
import { PrivacyRequests } from '#src/sessions/privacy-requests.ts';
import type { SessionSources } from '#src/sessions/session-sources.ts';
import {
  createShardFeatures,
  type ShardFeatures,
} from '#src/sessions/shard-features.ts';
import { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import { createPersonalSettingsCache } from '#src/settings/personal-settings-cache.ts';
import { createPaidEngines } from '#src/spending/paid-engine.ts';
import type { SessionBudgets } from '#src/spending/session-budgets.ts';
import { createWallTimes } from '#src/texts/wall-time.ts';
import {
  endpointRules,
  usualSoundsOverMs,
  usualTurnModelMs,
} from '#src/turn/endpointing/endpointing.ts';
import { WordsJudgeTrust } from '#src/turn/endpointing/words-judge-trust.ts';

const face = { commands, buttons, forms, pickers };

export type ShardBotOptions = {
  readonly bot: BotOptions;
  readonly shared: SharedParts;
  readonly budgets: SessionBudgets;
  readonly shard: OwnedShard;
  readonly isReadByPrograms: SessionDependencies['isReadByPrograms'];
  /** Called before the first session can begin. */
  readonly onSessions: (sessions: VoiceSessions, ports: ProgramPorts) => void;
};

export type ShardBot = Awaited<ReturnType<typeof startShardBot>>;

/**
 * Serves one shard with a Discord login of its own. Closing leaves every channel first. Throws as
 * `openDiscord` does.
 */
export async function startShardBot(options: ShardBotOptions, signal: AbortSignal) {
  const { bot, shared, shard } = options;
  const { config, discord, onDiscord } = bot;
  await using stack = new AsyncDisposableStack();
  const closed = new AbortController();
  stack.defer(() => closed.abort(new Error('this shard is not served any more')));
  const until = AbortSignal.any([signal, closed.signal]);
  let sessions: VoiceSessions | undefined;
  let name = '';
  const features = createShardFeatures();
  const createPorts = (discordPorts: DiscordPorts) => {
    name = config.bot.name ?? discordPorts.bot.name;
    const deps = createSessionDeps(options, discordPorts, name);
    const sources = createSessionSources(options, discordPorts, name, features);
    sessions = new VoiceSessions(deps, sources);
    const { members, typed } = discordPorts;
    const begun = shared.features({
      deps,
      sessions,
      shard,
      signal: until,
      sources,
      typed,
      writtenQuestions: createWrittenAnswerConcurrency(),
    });
    features.add(begun.shards);
    for (const feature of features.all) void feature.run?.();
    const privacy = new PrivacyRequests(deps, sessions, features.all);
    void privacy.resumePendingErasures(until);
    const serving = { deps, sources, sessions, privacy, features: begun.ports };
    const all = createCommandPorts(options, serving, until);
    options.onSessions(sessions, { ...all, members });
    return all;
  };
  const onEvent = (event: DiscordEvent) => {
    reportToSessions(sessions, event);
    onDiscord(event, shard.id);
  };
  const open = await openDiscord(
    {
      ...discord,
      isAllowed(guildId) {
        const { allowed, barred } = config.gateway.servers;
        return !barred.includes(guildId) && (!allowed || allowed.includes(guildId));
      },
      shard,
      messageContent: config.gateway.messageContent,
      ...face,
      panelStore: shared.store.panels,
      guildStore: shared.store.guilds,
      createGreeting: () => ({ id: 'server.new', with: { bot: name } }),
      onEvent,
      onGuildsArrived: (guildIds) => features.onGuildsArrived(guildIds),
      onChannelChanged: (guildId) => features.onGuildChanged(guildId),
      createPorts,
    },
    signal,
  );
  stack.use(open);
  stack.use(sessions);
  for (const feature of features.all) stack.use(feature.serve?.());
  return Object.assign(stack.move(), {
    name,
    discord: open,
  });
}

function reportToSessions(
  sessions: Pick<VoiceSessions, 'onSeatChange'> | undefined,
  event: DiscordEvent,
) {
  switch (event.kind) {
    case 'muted':
    case 'deafened':
    case 'suppressed':
    case 'moved':
    case 'guild-removed':
    case 'no-view':
    case 'no-connect':
      sessions?.onSeatChange(event.guildId, event);
      return;
    default: // no change of the seat
  }
}

/** A slower recogniser does not decide the end of a turn. */
const textTimeoutMs = 600;

/** Collects parts that `VoiceSessions` of this shard need beside the ports to Discord. */
function createSessionSources(
  { bot: { config, engines }, shared }: ShardBotOptions,
  { linkOpener }: DiscordPorts,
  name: string,
  features: ShardFeatures,
) {
  const { partialTrust, store, weights } = shared;
  return {
    caps: config.budget.caps,
    leftOutPeople: store.leftOutPeople,
    defaults: getOperatorDefaults(config.bot, name),
    guildStore: store.guilds,
    linkOpener,
    getRandom: Math.random,
    features,
    seatStore: store.seats,
    serverSettings,
    settingsStore: store.settings,
    listTools: () => [...shared.operatorTools.listTools(), ...features.tools],
    hearing: {
      endpointRules: {
        ...endpointRules,
        delay: { ...endpointRules.delay, textTimeoutMs },
        pause: {
          ...endpointRules.pause,
          soundsOverMs: usualSoundsOverMs,
          ...(engines.turnModel && { turnModelMs: usualTurnModelMs }),
        },
      },
      turnModel: engines.turnModel,
      partialTrust,
      ...(engines.hasChatModel && { wordsJudges: new WordsJudgeTrust() }),
      warm: () => engines.warm(),
      weights,
    },
  };
}

function getOperatorDefaults(
  { addressing, consent, given, instructions, otherNames }: Config['bot'],
  name: string,
) {
  return {
    addressing,
    consent,
    given,
    names: [name, ...otherNames],
    style: { instructions: `${instructions} Your name is ${name}.`, voice: {} },
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

function createSessionDeps(
  { bot, budgets, isReadByPrograms, shared }: ShardBotOptions,
  discord: DiscordPorts,
  name: string,
) {
  const { config, engines, codec, onSession } = bot;
  const { store } = shared;
  const { messages, panels, places } = discord;
  const chat = engines.chat(name);
  const pipelines = openPipelines(config.engines, engines, chat);
  const onEvent: SessionDependencies['onEvent'] = (guildId, event) => {
    shared.stats.report(guildId, event);
    onSession(guildId, event);
  };
  const common = { clock: realClock, onEvent };
  return {
    ...common,
    messages,
    panels,
    places,
    store: store.consents,
    captionChats: discord.captions,
    peopleSettings: createPersonalSettingsCache({
      ...common,
      store: store.personSettings,
    }),
    codec,
    cues: shared.cues,
    textLanguage: shared.textLanguage,
    ...createPaidEngines({ ...engines, chat, pipelines }),
    recogniser: engines.recogniser,
    hasChatModel: engines.hasChatModel,
    isReadByPrograms,
    mayReadMessages: config.gateway.messageContent,
    voices: engines.voices,
    spending: budgets,
  };
}

function createCommandPorts(
  { budgets, shared }: ShardBotOptions,
  {
    deps,
    sources,
    ...serving
  }: Pick<CommandPorts, 'features' | 'privacy'> & {
    readonly deps: SessionDependencies;
    readonly sources: SessionSources;
    readonly sessions: VoiceSessions;
  },
  signal: AbortSignal,
): CommandPorts {
  const { sessions } = serving;
  return {
    ...serving,
    clock: realClock,
    guilds: {
      findDenial: (request) => sessions.settings.findDenial(request),
      getTimes: (guildId) =>
        createWallTimes(sessions.settings.getForGuild(guildId).timeZone),
      readHelpState: (guildId) => readHelpState(guildId, deps, sources, sessions),
    },
    places: deps.places,
    stats: shared.stats,
    costs: budgets,
    peopleSettings: deps.peopleSettings,
    confirmations: createConfirmationRequests(sessions, signal),
  };
}
