import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { Public } from '#src/base/public.ts';
import type { CaptionRequests } from '#src/features/captions/caption-requests.ts';
import type { TranscriptRequests } from '#src/features/captions/transcripts/transcript-requests.ts';
import type { Caller, CommandCall, CommandPorts } from '#src/features/command.ts';
import type { HelpState } from '#src/features/contract/help-entries.ts';
import { type FeaturePorts, serverSettings } from '#src/features/features.ts';
import type { MemoryCache } from '#src/features/memories/memory-cache.ts';
import type { PersonaRequests } from '#src/features/personas/persona-requests.ts';
import type { AnswerCheckup } from '#src/features/settings/answer-checkup.ts';
import type { SettingsRequests } from '#src/features/settings/settings-requests.ts';
import type { TrackRequests } from '#src/features/tracks/tracks-feature.ts';
import type { ChatReadAloud } from '#src/features/typed/chat-read-aloud.ts';
import type { TypedRequests } from '#src/features/typed/typed-requests.ts';
import type { VoicesAndPreviews } from '#src/features/typed/voices-and-previews.ts';
import type { ServerVocabulary } from '#src/features/words/server-vocabulary.ts';
import { toOpenText } from '#src/people/owned.ts';
import type {
  TrackCommand,
  TrackOutcome,
} from '#src/playback/tracks/track-outcomes.ts';
import type { Places, Stats } from '#src/ports/command-ports.ts';
import type { TalkState } from '#src/ports/talk-guide.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { SettingChoices } from '#src/settings/setting-definition.ts';
import { readGuildSettings } from '#src/settings/stored-settings.ts';
import { findVoice } from '#src/speech/speech-engine.ts';
import type { SpentCosts } from '#src/spending/budget-authority.ts';
import { createWallTimes } from '#src/texts/wall-time.ts';
import { findWish } from '#src/turn/overlap/interjections.ts';
import { healthyFacts } from '#test/fakes/channel-facts.ts';
import { talkState } from '#test/fakes/talk-state.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

export const lounge: ChannelRef = {
  guildId: toGuildId('g'),
  channelId: toChannelId('lounge'),
  name: 'Lounge',
};

/** Adam, who sits nowhere and manages nothing. */
export const adam: CommandCall = {
  guildId: toGuildId('g'),
  caller: {
    id: toPersonId('adam'),
    name: 'Adam',
    mayManage: false,
    roleIds: [],
    locale: 'en',
  },
  inputs: {},
};
/** Adam, of whom other facts hold. */
export function callAs(facts: Partial<Caller>): CommandCall {
  return { ...adam, caller: { ...adam.caller, ...facts } };
}
/** Adam, who manages the server. */
export const manager = callAs({ mayManage: true });
/** Adam in the channel where the bot is, typing in its chat. */
export const inLounge: CommandCall = {
  ...callAs({ channel: lounge }),
  placeId: lounge.channelId,
};
export const den: ChannelRef = {
  guildId: toGuildId('g'),
  channelId: toChannelId('den'),
  name: 'Den',
};

/** Facts for `/help`, and settings of the server as they were typed. */
export type HelpOverrides = Partial<
  Pick<HelpState, 'hasModel' | 'isSmallModel' | 'operatorTools'>
> & {
  /** What is not as in `talkState`; undefined: the bot sits nowhere. */
  readonly talk?: Partial<TalkState> | undefined;
  readonly set?: Readonly<Record<string, string>>;
};

type AllPorts = CommandPorts['sessions'] &
  CommandPorts['guilds'] &
  Places &
  Public<TypedRequests> &
  CommandPorts['privacy'] &
  CommandPorts['confirmations'] &
  Stats &
  SpentCosts &
  TrackRequests;
export type PortOverrides = Partial<
  AllPorts & Public<SettingsRequests> & Public<AnswerCheckup>
> & {
  readonly personas?: Partial<PersonaRequests>;
  readonly words?: Partial<ServerVocabulary>;
  readonly lines?: Partial<Public<ChatReadAloud>>;
  readonly memories?: Partial<MemoryCache>;
  readonly voices?: Public<VoicesAndPreviews>;
  readonly peopleSettings?: Partial<CommandPorts['peopleSettings']>;
  readonly help?: HelpOverrides;
  readonly captions?: Partial<CaptionRequests>;
  readonly transcripts?: Partial<Public<TranscriptRequests>>;
  /** Further objects of features. */
  readonly more?: Partial<Record<keyof FeaturePorts, object>>;
};

/** One pipeline, no known voices, no caps. */
export const choices: SettingChoices = {
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
  channelKeys: ['typed'],
  viewSettings: async () => ({ all: [], choices, isLoaded: true }),
  setSetting: async (_guildId, _key, value) => ({
    kind: 'set',
    key: 'typed',
    value,
    isSaved: true,
  }),
  setChannelSetting: async (_channel, _key, value) => ({
    kind: 'set',
    value,
    isSaved: true,
  }),
  listValues: () => ['voice', 'text', 'off', 'default'],
  listExamples: () => ['none', 'default'],
};

/** The end of what was heard at once. */
export const endedSession = Promise.resolve('completed' as const);

/** Does what it is told, to whomever. */
const tracks: TrackRequests = {
  playSound: async (_guildId, _caller, { track }) => [
    { kind: 'playing', title: 'rain', track, place: 0, ended: endedSession },
  ],
  changeTracks: (_guildId, _caller, change, track) => [toTrackChange(change, track)],
  listTracks: () => [],
  listSounds: async () => ['rain', 'bell', 'train'],
  listAddedSounds: async () => ['bell'],
  addSound: async (_guildId, _personId, _file, title) => ({ kind: 'added', title }),
  removeSound: async (_guildId, _caller, title) => ({ kind: 'removed', title }),
};

function toTrackChange(change: TrackCommand, track: string): TrackOutcome {
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
    placeId: lounge.channelId,
    isHere: true,
    saved: true,
  }),
  turnOff: async () => ({ isSaved: true }),
  findGap: () => undefined,
  isOn: () => false,
  setLeftOut: async () => ({ isSaved: true }),
};

/** All is well. */
const checkup: Public<AnswerCheckup> = {
  checkAnswers: async () => ({ findings: [], news: [] }),
};

/** It sits nowhere, and everything is taken. */
const personas: Public<PersonaRequests> = {
  findCurrent: async () => undefined,
  getPersona: async () => ({}),
  mayChangeVoice: () => true,
  savePersona: async () => ({ kind: 'saved', saved: true }),
};

/** These voices, which are all heard in files, and these models. */
export function makeVoices(
  names: readonly string[],
  models: readonly string[] = [],
): Public<VoicesAndPreviews> {
  return {
    listModels: () => models,
    canSpeak: (_guildId, language) => language !== 'ru',
    listVoices: async () => names,
    findVoice: async (typed) => findVoice(typed, names),
    previewVoice: async () => ({ kind: 'file', wav: new Uint8Array(44) }),
  };
}
/** There are none, and every one is taken. */
const words: Public<ServerVocabulary> = {
  listWords: async () => ({ words: [], isRead: true, limit: 200 }),
  addWord: async (_guildId, word, say) => ({
    kind: 'added',
    word: { word, say },
    saved: true,
  }),
  removeWord: async () => ({ kind: 'unknown', known: [] }),
};

/** Every line is said at once. */
const lines: Public<ChatReadAloud> = {
  read: async () => ({ kind: 'queued', position: 0, ended: endedSession }),
  handleMessage: async () => undefined,
  onDeleted: () => undefined,
};

/** There are none, and nobody may have any. */
const memories: Pick<MemoryCache, 'listMemories' | 'removeMemory'> = {
  listMemories: async () => ({ memories: [], isOn: false }),
  removeMemory: async () => ({ id: 'memory.none' }),
};

/** Nobody has chosen anything. */
const peopleSettings: CommandPorts['peopleSettings'] = {
  getCached: () => ({}),
  loadSettings: async () => ({}),
  changeSettings: async () => ({ settings: {}, isSaved: true }),
  forgetSettings: () => undefined,
};

/** Nobody may know anything. */
const transcripts: Pick<
  TranscriptRequests,
  'listSessions' | 'createFile' | 'findLines' | 'askModel' | 'createRecap'
> = {
  listSessions: async () => [],
  createFile: async () => ({ kind: 'none' }),
  findLines: async () => ({ kind: 'none' }),
  askModel: async () => ({ kind: 'none' }),
  createRecap: async () => ({ kind: 'none' }),
};

const noCost = { usd: 0, capUsd: 5, turns: 0 };

const leftOutcome = {
  kind: 'left',
  channel: 'Lounge',
  stayedMs: 44_000,
  hasTranscript: false,
} as const;

/** A model answers in the Lounge, where Adam alone is heard; the server has set nothing. */
export function makeHelpState({ set = {}, ...over }: HelpOverrides = {}): HelpState {
  const { talk: changed = {}, ...facts } = over;
  const isNowhere = 'talk' in over && over.talk === undefined;
  const values = new Map(Object.entries(set));
  const stored = { values, channels: new Map(), isLoaded: true };
  return {
    settings: readGuildSettings(serverSettings, stored, choices),
    hasModel: true,
    isSmallModel: false,
    operatorTools: [],
    ...facts,
    talk: isNowhere ? undefined : { ...talkState, ...changed },
  };
}

/** Ports of a bot that sits in the Lounge and does all it is asked to, but for what is given. */
export function makePorts(
  overrides: PortOverrides = {},
): CommandPorts & { readonly clock: VirtualClock } {
  const all: AllPorts = {
    join: async () => ({ kind: 'joined', consent: 'brief' }),
    moveRequests: { agree: async () => ({ kind: 'over' }) },
    listPeople: () => [],
    leave: async () => leftOutcome,
    at: () => lounge,
    findSession: () => undefined,
    findChannelFacts: () => healthyFacts,
    hasGuild: () => true,
    getBotName: () => 'Nova',
    mayManage: () => false,
    listRoleNames: () => [],
    showConfirmation: () => ({ kind: 'over' }),
    declineCall: () => ({ kind: 'declined' }),
    confirmCall: async () => ({ kind: 'completed' }),
    getLocale: () => 'en',
    findChannel: () => lounge,
    findSeat: () => lounge,
    isNoWider: () => false,
    hasSameReaders: () => false,
    listMembers: async () => [],
    listEventChannels: () => [],
    listSoundboard: async () => [],
    canOpen: async () => true,
    getShare: () => noCost,
    findDenial: async () => undefined,
    getTimes: () => createWallTimes('UTC'),
    readHelpState: async () => makeHelpState(overrides.help),
    sayText: async () => ({ kind: 'queued', position: 0, ended: endedSession }),
    askQuestion: async () => ({ kind: 'answered', text: toOpenText('It is five.') }),
    askAboutMessage: async () => ({
      kind: 'answered',
      text: toOpenText('It is five.'),
    }),
    openAskWindow: () => undefined,
    findWish: (_guildId, text) => findWish(text, ['Nova']),
    stopSpeaking: () => ({ kind: 'stopped', paused: [] }),
    pauseHearing: () => true,
    getStatus: async () => ({
      consent: 'always',
      stored: { settings: 3, lines: 0, memories: 0, notes: 0 },
    }),
    allow: async () => ({ kind: 'allowed', isSaved: true }),
    deny: async () => ({ isSaved: true }),
    forget: async () => ({ kind: 'forgotten', total: 4, copies: { kind: 'kept' } }),
    exportPerson: async () => ({ kind: 'exported', json: '{}' }),
    ...tracks,
    speed: () => undefined,
    listHabits: () => [],
    listModelLines: () => [],
    findLeftCalls: () => undefined,
    getTalkMs: () => 0,
    getUnsent: () => ({ count: 0, ms: 0 }),
    getToday: () => noCost,
    getPrices: () => ({ free: [], estimated: [] }),
    ...overrides,
  };
  const features: Partial<Record<keyof FeaturePorts, object>> = {
    typed: all,
    voices: overrides.voices ?? makeVoices(['slt', 'rms', 'kal16', 'kal']),
    tracks: all,
    settings: { ...settings, ...overrides },
    answerCheckup: { ...checkup, ...overrides },
    personas: { ...personas, ...overrides.personas },
    vocabulary: { ...words, ...overrides.words },
    chatReadAloud: { ...lines, ...overrides.lines },
    memories: { ...memories, ...overrides.memories },
    captions: { ...captions, ...overrides.captions },
    transcripts: { ...transcripts, ...overrides.transcripts },
    notes: { listNotes: async () => undefined },
    interpreting: {
      turnOn: async () => ({ kind: 'set', isSaved: true }),
      turnOff: async () => ({ kind: 'set', isSaved: true }),
    },
    ...overrides.more,
  };
  return {
    clock: new VirtualClock(),
    guilds: all,
    sessions: all,
    places: all,
    privacy: all,
    confirmations: all,
    stats: all,
    costs: all,
    peopleSettings: { ...peopleSettings, ...overrides.peopleSettings },
    features: features as FeaturePorts, // tests use no others
  };
}
