import type { Public } from '#src/base/public.ts';
import type { CaptionRequests } from '#src/features/captions/caption-requests.ts';
import type { TranscriptRequests } from '#src/features/captions/transcripts/transcript-requests.ts';
import type { CommandCall, CommandPorts } from '#src/features/command.ts';
import type { HelpState } from '#src/features/contract/help-entries.ts';
import { type FeaturePorts, serverSettings } from '#src/features/features.ts';
import type { MemoryCache } from '#src/features/memories/memory-cache.ts';
import type { PersonaRequests } from '#src/features/personas/persona-requests.ts';
import type { AnswerCheckup } from '#src/features/settings/answer-checkup.ts';
import type { SettingsRequests } from '#src/features/settings/settings-requests.ts';
import type { TrackRequests } from '#src/features/tracks/tracks.ts';
import type { ChatReadAloud } from '#src/features/typed/chat-read-aloud.ts';
import type { TypedRequests } from '#src/features/typed/typed-requests.ts';
import type { VoicesAndPreviews } from '#src/features/typed/voices-and-previews.ts';
import type { ServerVocabulary } from '#src/features/words/server-vocabulary.ts';
import { openText } from '#src/people/confidential-text.ts';
import type { TrackCommand, TrackOutcome } from '#src/playback/tracks/track-outcomes.ts';
import type { Places, Stats } from '#src/ports/command-ports.ts';
import type { TalkState } from '#src/ports/talk-guide.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { settingsOf } from '#src/settings/guild-settings.ts';
import type { Choices } from '#src/settings/setting-definition.ts';
import { voiceNamed } from '#src/speech/voice-names.ts';
import type { SpentCosts } from '#src/spending/budget-authority.ts';
import { wallTimesIn } from '#src/texts/wall-time.ts';
import { fineFacts } from '#test/fakes/channel-facts.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { talkState } from '#test/fakes/talk-state.ts';

export const lounge: ChannelRef = { guildId: 'g', channelId: 'lounge', name: 'Lounge' };

/** Adam, who sits nowhere and manages nothing. */
export const adam: CommandCall = {
  guildId: 'g',
  callerId: 'adam',
  callerName: 'Adam',
  mayManage: false,
  callerRoleIds: [],
  callerLocale: 'en',
  words: {},
};
/** Adam in the channel where the bot is. */
export const inLounge: CommandCall = { ...adam, callerChannel: lounge };

/** Facts for `/help`, and settings of the server as they were typed. */
export type HelpOverrides = Partial<Pick<HelpState, 'hasModel' | 'operatorTools'>> & {
  /** What is not as in `talkState`; undefined: the bot sits nowhere. */
  readonly talk?: Partial<TalkState> | undefined;
  readonly set?: Readonly<Record<string, string>>;
};

type All = CommandPorts['sessions'] &
  CommandPorts['access'] &
  Places &
  Public<TypedRequests> &
  CommandPorts['privacy'] &
  CommandPorts['confirmations'] &
  Stats &
  SpentCosts &
  Public<TrackRequests>;
export type PortOverrides = Partial<All & Public<SettingsRequests> & Public<AnswerCheckup>> & {
  readonly personas?: Partial<Public<PersonaRequests>>;
  readonly words?: Partial<Public<ServerVocabulary>>;
  readonly lines?: Partial<Public<ChatReadAloud>>;
  readonly memories?: Partial<Public<MemoryCache>>;
  readonly voices?: Public<VoicesAndPreviews>;
  readonly peopleSettings?: Partial<CommandPorts['peopleSettings']>;
  readonly help?: HelpOverrides;
  readonly captions?: Partial<Public<CaptionRequests>>;
  readonly transcripts?: Partial<Public<TranscriptRequests>>;
  /** Further objects of features. */
  readonly more?: Partial<Record<keyof FeaturePorts, object>>;
};

/** One pipeline, no known voices, no caps. */
export const choices: Choices = {
  pipelines: { names: ['chained'] },
  voices: [],
  knownVoices: [],
  caps: { personDay: 0, serverDay: 0 },
  defaults: {
    given: new Set(),
    addressing: 'auto',
    consent: { policy: 'ask' },
    names: ['Nova'],
    style: { instructions: 'x', voice: {} },
    timeZone: 'UTC',
  },
};

/** Takes whatever it is given. */
const settings: Public<SettingsRequests> = {
  keys: serverSettings.map(({ key }) => key),
  view: async () => ({ all: [], choices, isRead: true }),
  set: async (_guildId, _key, value) => ({ kind: 'set', key: 'typed', value, saved: true }),
  values: () => ['voice', 'text', 'off', 'default'],
  examples: () => ['none', 'default'],
};

/** The end of what was heard at once. */
export const ended = Promise.resolve('completed' as const);

/** Does what it is told, to whomever. */
const tracks: Public<TrackRequests> = {
  play: async (_guildId, _caller, { track }) => [
    { kind: 'playing', title: 'rain', track, place: 0, ended },
  ],
  change: (_guildId, _caller, change, track) => [changed(change, track)],
  list: () => [],
  sounds: async () => ['rain', 'bell', 'train'],
};

function changed(change: TrackCommand, track: string): TrackOutcome {
  const rain = { track, title: 'rain' };
  switch (change.kind) {
    case 'skip':
      return { kind: 'skipped', ...rain };
    case 'volume':
      return { ...change, track };
    case 'seek':
      return { kind: 'changed', change: 'seek', positionMs: change.to.ms, ...rain };
    case 'loop':
      return { kind: 'changed', change: change.on ? 'loop' : 'unloop', ...rain };
    case 'crossfade':
      return { kind: 'changed', change: change.ms > 0 ? 'crossfade' : 'cut', track };
    case 'remove':
      return { kind: 'changed', change: 'remove', track, title: change.item };
    default:
      return { kind: 'changed', change: change.kind, ...rain };
  }
}

/** Captions are off, and go on when asked. */
const captions: Public<CaptionRequests> = {
  turnOn: async () => ({
    kind: 'on',
    placeId: 'lounge',
    isHere: true,
    saved: true,
  }),
  turnOff: async () => ({ saved: true }),
  isOn: () => false,
  leaveOut: async () => ({ saved: true }),
};

/** All is well. */
const checkup: Public<AnswerCheckup> = { check: async () => ({ findings: [], news: [] }) };

/** It sits nowhere, and everything is taken. */
const personas: Public<PersonaRequests> = {
  here: async () => undefined,
  at: async () => ({}),
  mayChoose: () => true,
  save: async () => ({ kind: 'saved', saved: true }),
};

/** These voices, which are all heard in files, and these models. */
export function voicesOf(
  names: readonly string[],
  models: readonly string[] = [],
): Public<VoicesAndPreviews> {
  return {
    models: () => models,
    speaks: (_guildId, language) => language !== 'ru',
    names: async () => names,
    named: async (typed) => voiceNamed(typed, names),
    preview: async () => ({ kind: 'file', wav: new Uint8Array(44) }),
  };
}
/** There are none, and every one is taken. */
const words: Public<ServerVocabulary> = {
  list: async () => ({ words: [], isRead: true, limit: 200 }),
  add: async (_guildId, word, say) => ({
    kind: 'added',
    word: { word, say },
    saved: true,
  }),
  remove: async () => ({ kind: 'unknown', known: [] }),
};

/** Every line is said at once. */
const lines: Public<ChatReadAloud> = {
  read: async () => ({ kind: 'queued', ahead: 0, ended }),
  handle: async () => undefined,
  deleted: () => undefined,
};

/** There are none, and nobody may have any. */
const memories: Pick<MemoryCache, 'list' | 'remove'> = {
  list: async () => ({ memories: [], isOn: false }),
  remove: async () => ({ id: 'memory.none' }),
};

/** Nobody has chosen anything. */
const peopleSettings: CommandPorts['peopleSettings'] = {
  known: () => ({}),
  load: async () => ({}),
  change: async () => ({ settings: {}, saved: true }),
  forget: () => undefined,
};

/** Nobody may know anything. */
const transcripts: Pick<TranscriptRequests, 'sessions' | 'file' | 'find' | 'ask' | 'recap'> = {
  sessions: async () => [],
  file: async () => ({ kind: 'none' }),
  find: async () => ({ kind: 'none' }),
  ask: async () => ({ kind: 'none' }),
  recap: async () => ({ kind: 'none' }),
};

const noCost = {
  usd: 0,
  capUsd: 5,
  turns: 0,
};

const left = {
  kind: 'left',
  channel: 'Lounge',
  stayedMs: 44_000,
  hasTranscript: false,
} as const;

/** A model answers in the Lounge, where Adam alone is heard; the server has set nothing. */
export function helpState({ set = {}, ...over }: HelpOverrides = {}): HelpState {
  const { talk: changed = {}, ...facts } = over;
  const isNowhere = 'talk' in over && over.talk === undefined;
  const stored = { set: new Map(Object.entries(set)), isRead: true };
  return {
    settings: settingsOf(serverSettings, stored, choices),
    hasModel: true,
    operatorTools: [],
    ...facts,
    talk: isNowhere ? undefined : { ...talkState, ...changed },
  };
}

/** Ports of a bot that sits in the Lounge and does all it is asked to, but for what is given. */
export function ports(over: PortOverrides = {}): CommandPorts & { readonly clock: VirtualClock } {
  const all: All = {
    join: async () => ({ kind: 'joined', consent: 'brief' }),
    moveRequests: { agree: async () => ({ kind: 'over' }) },
    people: () => [],
    leave: async () => left,
    at: () => lounge,
    session: () => undefined,
    facts: () => fineFacts,
    has: () => true,
    botName: () => 'Nova',
    mayManage: () => false,
    show: () => ({ kind: 'over' }),
    confirm: async () => ({ kind: 'done' }),
    localeIn: () => 'en',
    channel: () => lounge,
    seatOf: () => lounge,
    isNoWider: () => false,
    membersAmong: async () => [],
    mayOpen: async () => true,
    share: () => noCost,
    denied: async () => undefined,
    say: async () => ({ kind: 'queued', ahead: 0, ended }),
    ask: async () => ({ kind: 'answered', text: openText('It is five.') }),
    openAskWindow: () => undefined,
    stop: () => 'stopped',
    pauseHearing: () => true,
    status: async () => ({ kind: 'read', consent: 'always', settings: 3, lines: 0, memories: 0 }),
    allow: async () => ({ saved: true }),
    deny: async () => ({ saved: true }),
    forget: async () => ({ kind: 'forgotten', total: 4, copies: { kind: 'kept' } }),
    export: async () => ({ kind: 'exported', json: '{}' }),
    ...tracks,
    speed: () => undefined,
    today: () => noCost,
    prices: () => ({ free: [], estimated: [] }),
    ...over,
  };
  const features: Partial<Record<keyof FeaturePorts, object>> = {
    typed: all,
    voices: over.voices ?? voicesOf(['slt', 'rms', 'kal16', 'kal']),
    tracks: all,
    settings: { ...settings, ...over },
    answerCheckup: { ...checkup, ...over },
    personas: { ...personas, ...over.personas },
    vocabulary: { ...words, ...over.words },
    chatReadAloud: { ...lines, ...over.lines },
    memories: { ...memories, ...over.memories },
    captions: { ...captions, ...over.captions },
    transcripts: { ...transcripts, ...over.transcripts },
    ...over.more,
  };
  return {
    clock: new VirtualClock(),
    timesIn: () => wallTimesIn('UTC'),
    access: all,
    sessions: all,
    places: all,
    privacy: all,
    confirmations: all,
    stats: all,
    costs: all,
    helpState: async () => helpState(over.help),
    peopleSettings: { ...peopleSettings, ...over.peopleSettings },
    features: features as FeaturePorts, // tests use no others
  };
}
