import { buttons } from '#commands/buttons.ts';
import { commands } from '#commands/commands.ts';
import { forms } from '#commands/forms.ts';
import type { BotOptions } from '#src/app/bot-options.ts';
import type { SharedParts } from '#src/app/shared-parts.ts';
import { openCleanup } from '#src/app/transcripts.ts';
import { realClock } from '#src/base/clock.ts';
import { wallTimesIn } from '#src/captions/files/wall-time.ts';
import type { Config } from '#src/config/types.ts';
import { type Discord, type DiscordPorts, openDiscord } from '#src/discord/client.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import type { Takeover } from '#src/discord/shards/takeover.ts';
import { longestStandstillMs, longestWritingMs } from '#src/provider/deadlines.ts';
import { SessionCaptionControl } from '#src/session/captions/caption-control.ts';
import type {
  OperatorDefaults,
  SessionDependencies,
  SessionSources,
} from '#src/session/dependencies.ts';
import { GuildMemories } from '#src/session/memories/guild-memories.ts';
import { SessionMemories } from '#src/session/memories/session-memories.ts';
import { paidEngines } from '#src/session/paid-engines.ts';
import { SessionPersonas } from '#src/session/personas/session-personas.ts';
import type { CommandPorts } from '#src/session/ports/command.ts';
import type { ProgramPorts } from '#src/session/ports/program-ports.ts';
import { GuildAccess } from '#src/session/presence/access-control.ts';
import { PauseHearing } from '#src/session/presence/pause-hearing.ts';
import { SessionPrivacy } from '#src/session/presence/privacy.ts';
import { ReminderDelivery } from '#src/session/reminders/reminder-delivery.ts';
import { SeatReturn } from '#src/session/seats/seat-return.ts';
import { UncalledJoins } from '#src/session/seats/uncalled-joins.ts';
import { SessionCheckup } from '#src/session/settings/checkup.ts';
import { KnownPeopleSettings } from '#src/session/settings/known-people-settings.ts';
import { SessionSettings } from '#src/session/settings/settings-changes.ts';
import { ToolConfirmations } from '#src/session/tools/confirm-tool.ts';
import { TrackRequests } from '#src/session/tracks/track-requests.ts';
import { SessionTranscripts } from '#src/session/transcripts/session-transcripts.ts';
import { LineReader } from '#src/session/typed/line-reader.ts';
import { SessionProgramAnswers } from '#src/session/typed/program-answers.ts';
import { SessionProgramTranscriptions } from '#src/session/typed/program-transcriptions.ts';
import { SessionVoices } from '#src/session/typed/session-voices.ts';
import { TypedLines } from '#src/session/typed/typed-lines.ts';
import { TypedRequests } from '#src/session/typed/typed-requests.ts';
import { WrittenQuestions } from '#src/session/typed/written-questions.ts';
import { VoiceSessions } from '#src/session/voice-sessions.ts';
import { ServerVocabulary } from '#src/session/words/server-vocabulary.ts';
import type { OwnedShard } from '#src/shards/ownership.ts';
import { freeRecogniser } from '#src/spending/paid-engine.ts';
import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import { tools } from '#tools/tools.ts';

/** Commands, buttons and forms for people. */
const face = { commands, buttons, forms };

export type ShardBotOptions = {
  readonly bot: BotOptions;
  readonly shared: SharedParts;
  readonly shard: OwnedShard;
  /** True for the first shard that a process serves: sessions of captions that a killed process left open are ended. */
  readonly isFirst: boolean;
  /** Interactions that the former owner of the shard has not seen. */
  readonly takeover?: Takeover;
  /** Told of the sessions before the first of them can begin. */
  readonly onSessions: (sessions: VoiceSessions) => void;
  /** Told of what programs may do there, at the same time. */
  readonly onPrograms: (ports: ProgramPorts) => void;
};

/** One shard with everything behind it: a Discord login of its own and its sessions. Closing it leaves every channel first. */
export type ShardBot = Pick<Discord, 'inviteUrl' | 'ready' | 'leaveNow'> & {
  readonly name: string;
} & AsyncDisposable;

/** Logs one shard in and answers there. Errors: as `openDiscord`. */
export async function startShardBot(
  options: ShardBotOptions,
  signal: AbortSignal,
): Promise<ShardBot> {
  const { bot, shared, shard, takeover } = options;
  const { config, discord, onDiscord } = bot;
  await using stack = new AsyncDisposableStack();
  const closed = new AbortController();
  stack.defer(() => closed.abort(new Error('this shard is not served any more')));
  const until = AbortSignal.any([signal, closed.signal]);
  let sessions: VoiceSessions | undefined;
  let name = '';
  let seats: SeatReturn | undefined;
  let uncalled: UncalledJoins | undefined;
  let delivery: ReminderDelivery | undefined;
  const ports = (discordPorts: DiscordPorts): CommandPorts => {
    name = config.bot.name ?? discordPorts.bot.name;
    const parts = partsOf(options, discordPorts, name, (guildId) => void seats?.givenUp(guildId));
    const sources = sourcesOf(options, discordPorts, name);
    sessions = new VoiceSessions(parts, sources);
    const comes = stack.use(new UncalledJoins(parts, sessions));
    uncalled = comes;
    const changed = (guildId: string) => comes.check(guildId);
    seats = stack.use(new SeatReturn(parts, sessions, sources.seatStore, changed));
    delivery = new ReminderDelivery(parts, sessions);
    options.onSessions(sessions);
    const serving = { parts, sources, sessions, discordPorts, changed };
    const all = portsOf(options, serving, until);
    const { recordings } = shared.sounds;
    const answers = new SessionProgramAnswers(parts, sessions, recordings, until);
    discordPorts.typed.listen(new TypedLines(parts, sessions, all, discordPorts.typed, until));
    const transcriptions = transcriptionsOf(options, parts, until);
    options.onPrograms({ ...all, answers, transcriptions, members: discordPorts.members });
    return all;
  };
  const onEvent = (event: DiscordEvent): void => {
    reportToSessions(sessions, event);
    onDiscord(event, shard.id);
  };
  const open = await openDiscord(
    {
      ...discord,
      shard,
      ...(takeover && { takeover }),
      commandsPerPerson: config.commandsPerPerson,
      messageContent: config.messageContent,
      ...face,
      panelStore: shared.store.panels,
      guildStore: shared.store.guilds,
      onEvent,
      arrived: async (guildIds) => {
        shared.reminders.arrived(guildIds);
        const taken = (await seats?.arrived(guildIds)) ?? new Set();
        for (const guildId of guildIds) if (!taken.has(guildId)) uncalled?.check(guildId);
        return taken;
      },
      channelChanged: (guildId) => uncalled?.check(guildId),
      ports,
    },
    signal,
  );
  stack.use(open);
  stack.use(sessions);
  if (delivery) stack.use(shared.reminders.serve(shard, delivery));
  stack.defer(() => open.handOver());
  const closing = stack.move();
  return {
    name,
    inviteUrl: open.inviteUrl,
    ready: () => open.ready(),
    leaveNow: () => open.leaveNow(),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** Passes events of Discord to the sessions: changes of the bot's own seat, and alerts of their links. */
function reportToSessions(sessions: VoiceSessions | undefined, event: DiscordEvent): void {
  const { kind } = event;
  const isHindrance = kind === 'muted' || kind === 'deafened' || kind === 'suppressed';
  const isGone = kind === 'channel-removed' || kind === 'guild-removed';
  const isBarred = kind === 'no-view' || kind === 'no-connect';
  const isSeat = isHindrance || isGone || isBarred || kind === 'moved';
  if (isSeat) sessions?.news(event.guildId, event);
  if (kind === 'alert') sessions?.alert(event.guildId, event);
}

/** Longest wait, in ms, for the words that decide about the end of a turn; a slower recogniser is not awaited. */
const textTimeoutMs = 600;

function transcriptionsOf(
  { bot: { config }, shared: { sounds, weights } }: ShardBotOptions,
  parts: SessionDependencies,
  signal: AbortSignal,
): SessionProgramTranscriptions {
  const models = config.transcription.kind === 'remote' ? config.transcription.models : [];
  return new SessionProgramTranscriptions(parts, sounds.recordings, models, weights, signal);
}

/** Parts that sessions alone are made of. */
function sourcesOf(
  { bot: { config, engines }, shared }: ShardBotOptions,
  { linkOpener, nickname }: DiscordPorts,
  name: string,
): SessionSources {
  const { listeningSlots, partialTrust, store, weights } = shared;
  const { roughTranscriber } = engines;
  return {
    caps: config.budget.caps,
    captionChoices: store.captionChoices,
    defaults: defaultsOf(config, name),
    guildStore: store.guilds,
    linkOpener,
    longestStandstillMs: longestStandstillMs(config.deadlines),
    nicknameMark: nickname,
    random: Math.random,
    reminders: shared.reminders,
    seatStore: store.seats,
    settingsStore: store.settings,
    tools: () => [...shared.operatorTools.all(), ...tools],
    trackStore: store.tracks,
    writtenQuestions: new WrittenQuestions(),
    hearing: {
      endpointRules: { ...endpointRules, textTimeoutMs },
      listeningSlots,
      partialTrust,
      ...(roughTranscriber && { roughTranscriber: freeRecogniser(roughTranscriber) }),
      warm: () => engines.warm(),
      weights,
    },
  };
}

function defaultsOf(
  { addressing, bot, consent, djRoleId }: Config,
  name: string,
): OperatorDefaults {
  return {
    addressing,
    consent,
    ...(djRoleId && { djRoleId }),
    names: [name, ...bot.otherNames],
    style: { instructions: `${bot.instructions} Your name is ${name}.`, voice: {} },
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

function partsOf(
  { bot, shared }: ShardBotOptions,
  discord: DiscordPorts,
  name: string,
  givenUp: (guildId: string) => void,
): SessionDependencies {
  const { engines, codec, onSession } = bot;
  const { store, sounds, transcripts } = shared;
  const { messages, panels, places } = discord;
  const { chat, pipelines } = shared.answering(name);
  const onEvent: SessionDependencies['onEvent'] = (guildId, event) => {
    shared.stats.report(guildId, event);
    onSession(guildId, event);
    if (event.kind === 'left' && event.why === 'refused') givenUp(guildId);
  };
  const common = { clock: realClock, onEvent };
  return {
    ...common,
    messages,
    panels,
    places,
    store: store.consents,
    captionChats: discord.captions,
    transcripts,
    peopleSettings: new KnownPeopleSettings({ ...common, store: store.personSettings }),
    memories: new GuildMemories({ ...common, store: transcripts.onDisk.memories }),
    codec,
    cues: shared.cues,
    textLanguage: shared.textLanguage,
    sounds: sounds.catalog,
    ...paidEngines({ ...engines, chat, pipelines }),
    chatName: engines.chatName,
    voices: engines.voices,
    spending: shared.budgets,
  };
}

type ServingParts = {
  readonly parts: SessionDependencies;
  readonly sources: SessionSources;
  readonly sessions: VoiceSessions;
  readonly discordPorts: DiscordPorts;
  /** Told of servers that have set something. */
  readonly changed: (guildId: string) => void;
};

/** Ports for commands and programs, and for typed messages. */
type ServedPorts = CommandPorts &
  Pick<ProgramPorts, 'transcripts'> & { readonly talk: TypedRequests; readonly lines: LineReader };

function portsOf(
  { bot: { config, engines, pageLinks }, shared, isFirst, shard }: ShardBotOptions,
  { changed, discordPorts: { places }, parts, sessions, sources }: ServingParts,
  signal: AbortSignal,
): ServedPorts {
  const cleanup = openCleanup(parts, sessions, { isFirst, shard }, signal);
  const captionMinutesADay = (config.budget.caps.captionsDayMs ?? 0) / 60_000;
  const speechModels = config.speech.kind === 'remote' ? config.speech.models : [];
  const { sounds } = shared;
  const { captionChoices, reminders, seatStore, writtenQuestions } = sources;
  const copies = shared.storeCopies;
  const stores = { captionChoices, copies, reminders, seats: seatStore };
  const privacy = new SessionPrivacy(parts, sessions, cleanup, stores);
  const longestMs = longestWritingMs(config.deadlines);
  return {
    clock: realClock,
    timesIn: (guildId) => wallTimesIn(sessions.settings.in(guildId).timeZone),
    sessions,
    places,
    stats: shared.stats,
    ...(pageLinks && { page: pageLinks }),
    costs: shared.budgets,
    tracks: new TrackRequests(parts.sounds, sessions, signal),
    talk: new TypedRequests(
      parts,
      sessions,
      sounds.recordings,
      writtenQuestions,
      longestMs,
      signal,
    ),
    voices: new SessionVoices(parts, sessions, speechModels, signal),
    lines: new LineReader(parts, sessions),
    hearing: new PauseHearing(sessions),
    privacy,
    memories: new SessionMemories(parts, sessions),
    peopleSettings: parts.peopleSettings,
    captions: new SessionCaptionControl(parts, sessions, privacy, captionMinutesADay),
    transcripts: new SessionTranscripts(parts, sessions, writtenQuestions, signal),
    access: new GuildAccess(sessions.settings),
    settings: new SessionSettings(parts, sessions, changed),
    personas: new SessionPersonas(parts, sessions, sounds.files, signal),
    words: new ServerVocabulary(parts, sessions),
    checkup: new SessionCheckup(parts, sessions, () => engines.modelNews()),
    confirmations: new ToolConfirmations(sessions, signal),
  };
}
