import { buttons } from '#commands/buttons.ts';
import { commands } from '#commands/commands.ts';
import type { OpusCodec } from '#src/audio/opus/opus.ts';
import { loadSilero, type SileroWeights } from '#src/audio/voice/silero.ts';
import { VoiceActivity, windowSamples } from '#src/audio/voice/voice-activity.ts';
import { realClock } from '#src/base/clock.ts';
import { withoutToolsOnRefusal } from '#src/chat/completions/without-tools.ts';
import type { Config } from '#src/config/types.ts';
import { type Discord, type DiscordPorts, openDiscord } from '#src/discord/client.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { type Cues, loadCues } from '#src/playback/reply/load-cues.ts';
import type { ProviderNews } from '#src/provider/fallback-chain.ts';
import { SessionCaptionControl } from '#src/session/captions/caption-control.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import { GuildMemories } from '#src/session/memories/guild-memories.ts';
import { SessionMemories } from '#src/session/memories/session-memories.ts';
import type { CommandPorts } from '#src/session/ports/command.ts';
import type { SessionEvent } from '#src/session/ports/events.ts';
import type { Pipelines } from '#src/session/ports/pipelines.ts';
import { PauseHearing } from '#src/session/presence/pause-hearing.ts';
import { SessionPrivacy } from '#src/session/presence/privacy.ts';
import { SessionCheckup } from '#src/session/settings/checkup.ts';
import { SessionSettings } from '#src/session/settings/settings.ts';
import { ToolConfirmations } from '#src/session/tools/confirm-tool.ts';
import { TrackRequests } from '#src/session/tracks/track-requests.ts';
import { SessionTranscripts } from '#src/session/transcripts/session-transcripts.ts';
import type { TranscriptStores } from '#src/session/transcripts/transcript-stores.ts';
import { TypedRequests } from '#src/session/typed/typed-requests.ts';
import { VoiceSessions } from '#src/session/voice-sessions.ts';
import { embeddedVoices } from '#src/speech/embedded/flite-voices.ts';
import { ListeningSlots } from '#src/speech/listening-slots.ts';
import type { SessionBudgets } from '#src/spending/session-budgets.ts';
import { SpeedStats } from '#src/status/stats-book.ts';
import { type Store, storePath } from '#src/storage/store.ts';
import { mainStore } from '#src/storage/thread/operations.ts';
import { keepStore, type StoreEvent } from '#src/storage/thread/steady-store.ts';
import { openStore } from '#src/storage/thread/store-thread.ts';
import { locales } from '#src/texts/texts.ts';
import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import { tools } from '#tools/tools.ts';
import { openBudget } from './budget.ts';
import type { Engines } from './engines/engines.ts';
import { pipelinesOf } from './engines/pipelines.ts';
import { openSounds, type Sounds } from './sounds.ts';
import { openCleanup, openTranscriptStores } from './transcripts.ts';

export type BotOptions = {
  readonly config: Config;
  readonly discord: { readonly token: string; readonly apiUrl?: string; readonly guildId?: string };
  readonly engines: Omit<Engines, typeof Symbol.asyncDispose>;
  readonly codec: OpusCodec;
  /** Wraps the pipelines that sessions use. Default: nothing does. */
  readonly tap?: (pipelines: Pipelines) => Pipelines;
  readonly onSession: (guildId: string, event: SessionEvent) => void;
  readonly onDiscord: (event: DiscordEvent) => void;
  readonly onStore: (event: StoreEvent) => void;
};

/** A bot that is logged in and can be called. Closing it leaves every channel first. */
export type RunningBot = Pick<Discord, 'inviteUrl' | 'ready' | 'leaveNow'> & {
  readonly name: string;
  /** Takes news of a server: sessions tell people of fallbacks. */
  provider(news: ProviderNews): void;
} & AsyncDisposable;

/** Puts the rooms together around one Discord login. Errors: as `openDiscord`. */
export async function startBot(options: BotOptions, signal: AbortSignal): Promise<RunningBot> {
  const { config, discord } = options;
  await using stack = new AsyncDisposableStack();
  const loading = [loadSilero(), loadCues(), openMemory(options)] as const;
  const [weights, cues, store] = await Promise.all(loading);
  stack.use(store);
  const transcripts = stack.use(openTranscriptStores(config, options.onDiscord));
  const sounds = stack.use(openSounds(config));
  warmUp(weights);
  let sessions: VoiceSessions | undefined;
  const { desk } = stack.use(
    await openBudget({
      config,
      book: store.spending,
      pipelineIn: (guildId) => sessions?.settings.in(guildId).pipeline ?? config.pipeline,
      keepsCaptions: (guildId) =>
        sessions?.sessions(guildId).some(({ context }) => context.captions.active) === true,
      onEvent: options.onSession,
      warn: (message, cause) => options.onDiscord({ kind: 'warning', message, cause }),
    }),
  );
  let name = '';
  const portsFor = (discord: DiscordPorts): CommandPorts => {
    name = config.bot.name ?? discord.bot.name;
    const stats = new SpeedStats();
    const opened = { store, transcripts, sounds, weights, cues, desk };
    const parts = partsOf({ ...opened, options, discord, stats, name });
    sessions = new VoiceSessions(parts);
    return portsOf(parts, sessions, discord, stats, desk, signal);
  };
  const onEvent = (event: DiscordEvent): void => {
    tellRooms(sessions, event);
    options.onDiscord(event);
  };
  const panelStore = store.panels;
  const open = await openDiscord(
    {
      ...discord,
      commandsPerPerson: config.commandsPerPerson,
      commands,
      buttons,
      panelStore,
      guildStore: store.guilds,
      onEvent,
      ports: portsFor,
    },
    signal,
  );
  stack.use(open);
  stack.use(sessions);
  const closing = stack.move();
  return {
    name,
    inviteUrl: open.inviteUrl,
    ready: () => open.ready(),
    leaveNow: () => open.leaveNow(),
    provider: (news) => sessions?.provider(news),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** Passes to the sessions, of what Discord tells, what was done to the bot's own seat, and alerts of their links. */
function tellRooms(sessions: VoiceSessions | undefined, event: DiscordEvent): void {
  const { kind } = event;
  const isHindrance = kind === 'muted' || kind === 'deafened' || kind === 'suppressed';
  const isGone = kind === 'channel-removed' || kind === 'guild-removed';
  const isBarred = kind === 'no-view' || kind === 'no-connect';
  const isSeat = isHindrance || isGone || isBarred || kind === 'moved';
  if (isSeat) sessions?.news(event.guildId, event);
  if (kind === 'alert') sessions?.alert(event.guildId, event);
}

/** What people said and where panels are. A store in trouble stops nobody from talking. */
function openMemory({ config, onStore }: BotOptions): Promise<Store> {
  const path = storePath(config.dataDir);
  return keepStore(
    mainStore,
    () => openStore(mainStore, path, { clock: realClock }),
    realClock,
    onStore,
  );
}

/** Lets the compiler see the hot loop before somebody speaks: the first windows would take twenty times as long. */
function warmUp(weights: SileroWeights): void {
  const activity = new VoiceActivity(weights);
  const silence = new Float32Array(windowSamples);
  for (let window = 0; window < 50; window++) activity.probability(silence);
}

type BotParts = {
  readonly options: BotOptions;
  readonly discord: DiscordPorts;
  readonly store: Store;
  readonly sounds: Sounds;
  readonly stats: SpeedStats;
  readonly weights: SileroWeights;
  readonly cues: Cues;
  readonly name: string;
  readonly desk: SessionBudgets;
  readonly transcripts: TranscriptStores;
};

/** The words decide about the end of a turn: they are awaited for so long, a slower recogniser is not. */
const textTimeoutMs = 600;

function partsOf(botParts: BotParts): SessionDependencies {
  const { options, discord, store, stats, weights, cues, name } = botParts;
  const { config, engines, codec, onSession } = options;
  const { transcriber, synthesizer, chatName, roughTranscriber } = engines;
  const { linkOpener, messages, panels, places } = discord;
  const isEmbedded = config.speech.kind === 'embedded';
  const chat = withoutToolsOnRefusal(engines.chat(name));
  const made = pipelinesOf(config, engines, chat);
  const pipelines = options.tap?.(made) ?? made;
  const onEvent: SessionDependencies['onEvent'] = (guildId, event) => {
    stats.tell(guildId, event);
    onSession(guildId, event);
  };
  const { memories } = botParts.transcripts.onDisk;
  return {
    clock: realClock,
    random: Math.random,
    linkOpener,
    messages,
    panels,
    places,
    store: store.consents,
    captionChoices: store.captionChoices,
    guildStore: store.guilds,
    settingsStore: store.settings,
    trackStore: store.tracks,
    captionChats: discord.captions,
    nicknameMark: discord.nickname,
    transcripts: botParts.transcripts,
    memories: new GuildMemories({ clock: realClock, onEvent, store: memories }),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    captionMinutesADay: (config.budget.caps.captionsDayMs ?? 0) / 60_000,
    codec,
    listeningSlots: new ListeningSlots(),
    weights,
    cues,
    tools,
    recordings: botParts.sounds.recordings,
    sounds: botParts.sounds.shelf,
    transcriber,
    ...(roughTranscriber && { roughTranscriber }),
    synthesizer,
    chat,
    chatName,
    endpointRules: { ...endpointRules, textTimeoutMs },
    warm: () => engines.warm(),
    names: [name, ...config.bot.otherNames],
    pipelines,
    style: { instructions: `${config.bot.instructions} Your name is ${name}.`, voice: {} },
    engine: pipelines.engine(config.pipeline),
    voices: isEmbedded ? embeddedVoices : [],
    spokenLocales: isEmbedded ? ['en'] : locales,
    addressing: config.addressing,
    consent: config.consent,
    ...(config.djRoleId && { djRoleId: config.djRoleId }),
    modelNews: () => engines.modelNews(),
    spending: botParts.desk,
    onEvent,
  };
}

function portsOf(
  parts: SessionDependencies,
  sessions: VoiceSessions,
  { places }: DiscordPorts,
  stats: SpeedStats,
  desk: SessionBudgets,
  signal: AbortSignal,
): CommandPorts {
  const tracks = new TrackRequests(parts.sounds, sessions, signal);
  const cleanup = openCleanup(parts, sessions, signal);
  const privacy = new SessionPrivacy(parts, sessions, cleanup);
  return {
    clock: realClock,
    sessions,
    places,
    stats,
    costs: desk,
    tracks,
    votes: tracks,
    talk: new TypedRequests(parts, sessions, signal),
    hearing: new PauseHearing(sessions),
    privacy,
    memories: new SessionMemories(parts, sessions),
    captions: new SessionCaptionControl(parts, sessions, privacy),
    transcripts: new SessionTranscripts(parts, sessions, signal),
    settings: new SessionSettings(parts, sessions),
    checkup: new SessionCheckup(parts, sessions),
    confirmations: new ToolConfirmations(sessions, signal),
  };
}
