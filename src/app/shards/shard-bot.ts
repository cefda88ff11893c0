import { buttons, forms, pickers } from '#commands/buttons.ts';
import { commands } from '#commands/commands.ts';
import type { BotOptions } from '#src/app/bot-options.ts';
import { openPipelines } from '#src/app/engines/open-engines.ts';
import { getOperatorDefaults } from '#src/app/operator-defaults.ts';
import type { SharedDeps } from '#src/app/shared-deps.ts';
import { realClock } from '#src/base/clock.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { type Discord, type DiscordPorts, openDiscord } from '#src/discord/client.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import type { OwnedShard } from '#src/discord/shards/owned-shard.ts';
import type { CommandPorts, ProgramPorts } from '#src/features/command.ts';
import { readHelpState } from '#src/features/contract/help-entries.ts';
import { WrittenAnswerConcurrency } from '#src/features/contract/written-answer-concurrency.ts';
import { serverSettings } from '#src/features/features.ts';
import { toSafeListener } from '#src/ports/session-events.ts';
import { createConfirmationRequests } from '#src/sessions/confirmation-requests.ts';
import { PrivacyRequests } from '#src/sessions/privacy-requests.ts';
import { ShardFeatures } from '#src/sessions/shard-features.ts';
import type { SharedSessionDeps } from '#src/sessions/shared-session-deps.ts';
import { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import { PersonalSettingsCache } from '#src/settings/personal-settings-cache.ts';
import { createPaidEngines } from '#src/spending/paid-engine.ts';
import type { SessionBudgets } from '#src/spending/session-budgets.ts';
import { createWallTimes } from '#src/texts/wall-time.ts';
import {
  endpointRules,
  usualSoundsOverMs,
  usualTurnModelMs,
} from '#src/turn/endpointing/endpointing.ts';
import { WordsJudgeTrust } from '#src/turn/endpointing/words-judge-trust.ts';

const commandFace = { commands, buttons, forms, pickers };

export type ShardBotOptions = {
  readonly bot: BotOptions;
  readonly shared: SharedDeps;
  readonly budgets: SessionBudgets;
  readonly shard: OwnedShard;
  readonly isReadByPrograms: SessionDependencies['isReadByPrograms'];
  /** Called before the first session can begin. */
  readonly onSessions: (sessions: VoiceSessions, ports: ProgramPorts) => void;
};

/** One shard, with the features and sessions of its servers. */
export interface ShardBot extends AsyncDisposable {
  /** Name of the bot, from the settings or Discord. */
  readonly name: string;
  readonly discord: Discord;
}

/**
 * Serves one shard with a Discord login of its own. Closing leaves every channel first. Throws as
 * `openDiscord` does.
 */
export async function startShardBot(
  options: ShardBotOptions,
  signal: AbortSignal,
): Promise<ShardBot> {
  const { bot, shared, shard } = options;
  const { config, discord, onDiscord } = bot;
  await using stack = new AsyncDisposableStack();
  const closed = new AbortController();
  stack.defer(() => closed.abort(new Error('this shard is not served any more')));
  const serving = new ShardService(options, AbortSignal.any([signal, closed.signal]));
  const { features } = serving;
  const open = await openDiscord(
    {
      ...discord,
      isAllowed(guildId) {
        const { allowed, barred } = config.gateway.servers;
        return !barred.includes(guildId) && (!allowed || allowed.includes(guildId));
      },
      shard,
      messageContent: config.gateway.messageContent,
      voiceCipher: config.gateway.voiceCipher,
      ...commandFace,
      panelStore: shared.store.panels,
      guildStore: shared.store.guilds,
      createGreeting: () => ({ id: 'server.new', with: { bot: serving.name } }),
      onEvent(event) {
        reportToSessions(serving.sessions, event);
        if (event.kind === 'path-died')
          shared.stats.noteLeftCall(event.guildId, realClock.wallMs());
        onDiscord(event, shard.id);
      },
      onGuildsArrived: (guildIds) => features.onGuildsArrived(guildIds),
      onChannelChanged: (guildId) => features.onGuildChanged(guildId),
      createPorts: (discordPorts) => serving.open(discordPorts),
    },
    signal,
  );
  stack.use(open);
  stack.use(serving.sessions);
  for (const feature of features.all) stack.use(feature.serve?.());
  return Object.assign(stack.move(), { name: serving.name, discord: open });
}

/** Sessions and features of a shard, which open once Discord has logged the bot in. */
class ShardService {
  readonly features = new ShardFeatures();
  readonly #options;
  readonly #signal;
  #sessions: VoiceSessions | undefined;
  #name = '';

  constructor(options: ShardBotOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** Name of the bot. Empty before `open`. */
  get name(): string {
    return this.#name;
  }

  /** Sessions of the shard. Undefined before `open`. */
  get sessions(): VoiceSessions | undefined {
    return this.#sessions;
  }

  /** Opens sessions and features, once, and returns what commands reach them by. */
  open(discordPorts: DiscordPorts): CommandPorts {
    const options = this.#options;
    const name = options.bot.config.bot.name ?? discordPorts.bot.name;
    this.#name = name;
    const deps = createSessionDeps(options, discordPorts, name);
    const sharedDeps = createSharedDeps(options, discordPorts, name, this.features);
    const sessions = new VoiceSessions(deps, sharedDeps);
    this.#sessions = sessions;
    const opened = options.shared.openFeatures({
      deps,
      sessions,
      shard: options.shard,
      signal: this.#signal,
      sharedDeps,
      typed: discordPorts.typed,
      writtenQuestions: new WrittenAnswerConcurrency(),
    });
    this.features.add(opened.shards);
    for (const feature of this.features.all) void feature.run?.();
    const privacy = new PrivacyRequests(deps, sessions, this.features.all);
    void privacy.resumePendingErasures(this.#signal);
    const requests = {
      deps,
      sharedDeps,
      sessions,
      privacy,
      features: opened.ports,
    };
    const ports = createCommandPorts(options, requests, this.#signal);
    options.onSessions(sessions, { ...ports, members: discordPorts.members });
    return ports;
  }
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
    case 'alert':
      sessions?.onSeatChange(event.guildId, {
        kind: 'link-down',
        isOn: event.state === 'raised',
      });
      return;
    default: // no change of the seat
  }
}

/** A slower recogniser does not decide the end of a turn. */
const textTimeoutMs = 600;

/** Collects the dependencies of `VoiceSessions` beside the ports to Discord. */
function createSharedDeps(
  { bot: { config, engines, isOverloaded = () => false }, shared }: ShardBotOptions,
  { linkOpener }: DiscordPorts,
  name: string,
  features: ShardFeatures,
): SharedSessionDeps {
  const { partialTrust, store, weights } = shared;
  return {
    caps: config.budget.caps,
    leftOutPeople: store.leftOutPeople,
    toldPeople: store.toldPeople,
    defaults: getOperatorDefaults(config.bot, name),
    guildStore: store.guilds,
    linkOpener,
    getRandom: Math.random,
    isOverloaded,
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
      earlyRecognition: engines.earlyRecognition,
      partialTrust,
      ...(engines.hasChatModel && { wordsJudges: new WordsJudgeTrust() }),
      warm: () => engines.warm(),
      weights,
    },
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
  const onEvent = toSafeListener((guildId, event) => {
    shared.stats.report(guildId, event);
    onSession(guildId, event);
  });
  const common = { clock: realClock, onEvent };
  return {
    ...common,
    messages,
    panels,
    places,
    store: store.consents,
    captionChats: discord.captions,
    peopleSettings: new PersonalSettingsCache({
      ...common,
      store: store.personSettings,
    }),
    codec,
    cues: shared.cues,
    textLanguage: shared.textLanguage,
    ...createPaidEngines({ ...engines, chat, pipelines }),
    localRecogniser: engines.localRecogniser,
    recogniser: engines.recogniser,
    hasChatModel: engines.hasChatModel,
    ...(engines.getLocalModel() && {
      isSmallModel: () => engines.getLocalModel()?.kind === 'running',
    }),
    forgetTalks: () => engines.forgetTalks(),
    isReadByPrograms,
    mayReadMessages: config.gateway.messageContent,
    voices: engines.voices,
    spending: budgets,
    roomView: bot.roomView,
  };
}

function createCommandPorts(
  { budgets, shared }: ShardBotOptions,
  {
    deps,
    sharedDeps,
    ...requests
  }: Pick<CommandPorts, 'features' | 'privacy'> & {
    readonly deps: SessionDependencies;
    readonly sharedDeps: SharedSessionDeps;
    readonly sessions: VoiceSessions;
  },
  signal: AbortSignal,
): CommandPorts {
  const { sessions } = requests;
  return {
    ...requests,
    clock: realClock,
    guilds: {
      findDenial: (request) => sessions.settings.findDenial(request),
      getTimes: (guildId) =>
        createWallTimes(sessions.settings.getForGuild(guildId).timeZone),
      readHelpState: (guildId) => readHelpState(guildId, deps, sharedDeps, sessions),
    },
    places: deps.places,
    stats: shared.stats,
    costs: budgets,
    peopleSettings: deps.peopleSettings,
    confirmations: createConfirmationRequests(sessions, signal),
  };
}
