import type { Packet } from '#src/audio/jitter-buffer.ts';
import { loadOpus, type OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { loadSilero } from '#src/audio/voice/voice-activity.ts';
import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { HearingDeps } from '#src/conversation/ear/ear.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import { TranscriptStores } from '#src/features/captions/transcripts/transcript-stores.ts';
import type {
  Feature,
  FeatureProcessDeps,
  FeatureShardDeps,
} from '#src/features/contract/feature.ts';
import type { FeatureTool } from '#src/features/contract/tool-definition.ts';
import { WrittenAnswerConcurrency } from '#src/features/contract/written-answer-concurrency.ts';
import {
  type FeaturePorts,
  features,
  openFeatures,
  serverSettings,
} from '#src/features/features.ts';
import { createChainedPipeline } from '#src/pipeline/chained-pipeline.ts';
import type { Pipeline, PipelineRegistry } from '#src/pipeline/pipeline.ts';
import { loadCues } from '#src/playback/reply/cue-track.ts';
import type { AskOutcome, Places } from '#src/ports/command-ports.ts';
import type { FeatureEventKind, SessionEvent } from '#src/ports/session-events.ts';
import type { TypedMessages } from '#src/ports/typed-messages.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { createConfirmationRequests } from '#src/sessions/confirmation-requests.ts';
import { PrivacyRequests } from '#src/sessions/privacy-requests.ts';
import { ShardFeatures } from '#src/sessions/shard-features.ts';
import type { SharedSessionDeps } from '#src/sessions/shared-session-deps.ts';
import { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import { PersonalSettingsCache } from '#src/settings/personal-settings-cache.ts';
import type { OperatorDefaults } from '#src/settings/setting-definition.ts';
import type { Recordings } from '#src/sources/recordings.ts';
import { createFixedVoiceNames } from '#src/speech/speech-engine.ts';
import {
  createPaidEngines,
  type PaidEngines,
  type RawEngines,
} from '#src/spending/paid-engine.ts';
import {
  type ConsentJournal,
  JournaledConsents,
} from '#src/storage/data-dir/journaled-consents.ts';
import { hearingPart } from '#src/stores/hearing-store.ts';
import { memoryStorePart } from '#src/stores/memory-store.ts';
import { reminderPart } from '#src/stores/reminder-store.ts';
import { storeParts } from '#src/stores/store-parts.ts';
import { type TrackStore, trackPart } from '#src/stores/track-store.ts';
import { PartialTrust } from '#src/turn/endpointing/end-of-turn.ts';
import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import { FakeCaptionChats } from '#test/fakes/caption-chats.ts';
import { healthyFacts } from '#test/fakes/channel-facts.ts';
import { type ChatStep, FakeChat } from '#test/fakes/fake-chat.ts';
import { FakeLinkOpener } from '#test/fakes/fake-link.ts';
import { makeCatalog } from '#test/fakes/fake-sounds.ts';
import {
  FakeLocalRecogniser,
  FakeSynthesizer,
  FakeTranscriber,
} from '#test/fakes/fake-speech.ts';
import { boundlessBudget } from '#test/fakes/fake-spending.ts';
import { makeMemoryJournal } from '#test/fakes/memory-journal.ts';
import {
  type MemoryStores,
  openMemoryStores,
  openMemoryTranscripts,
} from '#test/fakes/memory-stores.ts';
import { makePackets } from '#test/fakes/speakers/recorded-packets.ts';
import type { RecordedUtterances } from '#test/fakes/speakers/recorded-utterances.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { recordMessages, recordPanels } from './recorders.ts';

export const lounge = {
  guildId: toGuildId('g'),
  channelId: toChannelId('lounge'),
  name: 'Lounge',
};
export const den = {
  guildId: lounge.guildId,
  channelId: toChannelId('den'),
  name: 'Den',
};
export const makePerson = (name: string): ChannelMember => ({
  id: toPersonId(name.toLowerCase()),
  name,
  isBot: false,
  roleIds: [],
});
export const [adam, eva] = [makePerson('Adam'), makePerson('Eva')];

/** Two channels of an English server, both open to the bot. */
export const places: Places = {
  hasGuild: (guildId) => guildId === 'g',
  findChannelFacts: () => healthyFacts,
  getBotName: () => 'Nova',
  mayManage: () => false,
  listRoleNames: (_guildId, roleIds) => roleIds.map((id) => `role ${id}`),
  getLocale: () => 'en',
  findChannel: (guildId, channelId) =>
    [lounge, den].find(
      (entry) => entry.guildId === guildId && entry.channelId === channelId,
    ),
  findSeat: () => undefined,
  isNoWider: () => false,
  hasSameReaders: () => false,
  listMembers: async () => [],
  listEventChannels: () => [],
  listSoundboard: async () => [],
  listPeople: () => [],
};
/** Places of a German server. */
export const germanPlaces: Places = { ...places, getLocale: () => 'de' };

const [library, weights, cues] = await Promise.all([
  loadOpus(),
  loadSilero(),
  loadCues(),
]);
/** Opus library without encoding on the way out, which took a sixth of all time: the fake link sends to nobody. */
const codec: OpusCodec = { ...library, createEncoder: () => unencoded };
const unencoded = {
  encode: () => Buffer.alloc(160, 0x78),
};

export type SessionFixture = ReturnType<typeof openSessionFixture>;

const usualDefaults: OperatorDefaults = {
  given: new Set(),
  addressing: 'always',
  consent: { policy: 'ask' },
  names: [],
  style: { instructions: 'Be brief.', voice: { name: 'slt' } },
  timeZone: 'UTC',
};

const usual = {
  places,
  codec,
  weights,
  cues,
  endpointRules,
  getRandom: () => 1,
  isOverloaded: () => false,
  longestWritingMs: 480_000,
  spending: boundlessBudget,
  caps: { personDay: 0, serverDay: 0 },
  warm: () => undefined,
  textLanguage: { detect: async () => undefined },
  hasChatModel: true,
  isReadByPrograms: () => false,
  mayReadMessages: true,
  voices: createFixedVoiceNames(['slt', 'rms'], ['en']),
  speechModels: [],
  recordings: {
    read: () => Promise.reject(new Error('Nobody sends recordings here.')),
    readPictures: () => Promise.reject(new Error('Nobody sends pictures here.')),
  },
} as const satisfies Partial<FixtureParts>;

/** A chat in which nobody writes. */
const unwrittenMessages: TypedMessages = {
  setListener: () => undefined,
  replyTo: async () => 'sent',
};

/** One pipeline under the name of the usual one. */
export function makeOnlyPipeline(pipeline: Pipeline): PipelineRegistry {
  return {
    names: ['chained'],
    open: () => pipeline,
    getEngineNames: () => 'built-in stand-in',
  };
}

/** Parts of the classes that serve commands and programs. */
type CommandParts = {
  readonly longestWritingMs: number;
  readonly recordings: Recordings;
  readonly speechModels: readonly string[];
  readonly transcripts: TranscriptStores;
};

/** Parts that features are opened with. */
type FeatureParts = Pick<FeatureProcessDeps, 'sounds'> & {
  readonly trackStore: TrackStore;
  readonly typed: TypedMessages;
};

/** Everything that main gives to sessions, commands and programs. */
type FixtureParts = SessionDependencies &
  Omit<SharedSessionDeps, 'hearing'> &
  HearingDeps &
  CommandParts &
  FeatureParts;

/** Engines are given as they are: the fixture has them paid, and the usual pipeline answers with them. Settings of the operator are given one by one, tools as lists. */
export type FixtureOptions = Partial<
  Omit<FixtureParts, keyof PaidEngines | 'defaults' | 'listTools'> &
    OperatorDefaults &
    RawEngines
> & {
  readonly tools?: readonly (ToolEntry | FeatureTool)[];
  /** Tools of the operator. */
  readonly moreTools?: () => readonly ToolEntry[];
  readonly pipeline?: Pipeline;
  /** Steps of the model `chat`. Default: it says "You said five.". */
  readonly rounds?: readonly (readonly ChatStep[])[];
  /** Pieces of 100 ms of each text that the voice `synthesizer` says. */
  readonly pieces?: number;
  /** Told of every utterance. */
  readonly listener?: RecordedUtterances;
  /** Stores of a former run. */
  readonly stores?: MemoryStores;
  /** Journal of a former run. Default: that of its stores. */
  readonly journal?: ConsentJournal;
};

/** The journal of a folder outlives a process, as its stores do. */
const journals = new WeakMap<MemoryStores, ConsentJournal>();

function findJournal(stores: MemoryStores) {
  const journal = journals.get(stores) ?? makeMemoryJournal();
  journals.set(stores, journal);
  return journal;
}

/** Everything a session is made of, on virtual time; Adam and Eva sit in the channel. Whatever is said is "five five". */
export function openSessionFixture(
  {
    listener,
    rounds = [['You said five.']],
    pieces = 10,
    stores: former,
    journal,
    ...options
  }: FixtureOptions = {},
  people: readonly ChannelMember[] = [adam, eva],
  clock = new VirtualClock(),
) {
  const linkOpener = new FakeLinkOpener(people);
  const own = {
    chat: new FakeChat(rounds, clock),
    synthesizer: new FakeSynthesizer({ pieces }),
  };
  const { chat, synthesizer, transcriber, pipeline, ...given } = {
    transcriber: new FakeTranscriber({ texts: ['five five'] }),
    ...own,
    ...options,
  };
  const {
    pipelines = makeOnlyPipeline(
      pipeline ?? createChainedPipeline({ chat, synthesizer }),
    ),
    ...others
  } = given;
  const { tools = [], moreTools = () => [], ...over } = others;
  const stores = former ?? openMemoryStores(clock);
  const events: SessionEvent[] = [];
  let bound: readonly ToolEntry[] = [];
  const shown = recordPanels();
  const captionChats = new FakeCaptionChats();
  const { scribe: messages, ...recorded } = recordMessages(captionChats);
  const transcripts = openMemoryTranscripts(clock);
  const onEvent = over.onEvent ?? ((_guildId, event) => void events.push(event));
  const deps: FixtureParts = {
    ...usual,
    serverSettings,
    clock,
    linkOpener,
    store: new JournaledConsents(
      stores.consents,
      journal ?? findJournal(stores),
      clock,
    ),
    leftOutPeople: stores.leftOutPeople,
    toldPeople: stores.toldPeople,
    guildStore: stores.guilds,
    settingsStore: stores.settings,
    trackStore: stores.tracks,
    seatStore: stores.seats,
    features: new ShardFeatures(),
    captionChats,
    transcripts,
    messages,
    panels: shown.panels,
    ...createPaidEngines({ chat, synthesizer, transcriber, pipelines }),
    localRecogniser:
      transcriber instanceof FakeTranscriber
        ? transcriber.createLocalTwin()
        : new FakeLocalRecogniser({ texts: [''] }),
    partialTrust: new PartialTrust(false),
    sounds: makeCatalog(),
    typed: unwrittenMessages,
    onEvent,
    peopleSettings: new PersonalSettingsCache({
      clock,
      onEvent,
      store: stores.personSettings,
    }),
    ...over,
    defaults: { ...usualDefaults, ...over },
    listTools: () => [...moreTools(), ...bound],
  };
  const sharedDeps = { ...deps, hearing: deps };
  const sessions = new VoiceSessions(deps, sharedDeps);
  const services = {
    deps,
    sessions,
    shard: { id: 0, count: 1 },
    signal: new AbortController().signal,
    sharedDeps,
    typed: deps.typed,
    writtenQuestions: new WrittenAnswerConcurrency(),
  };
  const allFeatures = listener
    ? [...features, makeListeningFeature(listener)]
    : features;
  const featurePorts = beginFeatures(allFeatures, deps, services, stores);
  bound = tools.map((tool) => ('bind' in tool ? tool.bind(featurePorts) : tool));
  const listEvents = <K extends SessionEvent['kind']>(kind: K) =>
    events.filter(
      (event): event is Extract<SessionEvent, { kind: K }> => event.kind === kind,
    );
  const fieldsOf = (kind: FeatureEventKind) =>
    listEvents('feature').flatMap((event) => (event.of === kind ? [event.fields] : []));
  return {
    clock,
    linkOpener,
    ...own,
    stores,
    consents: stores.consents,
    guildStore: stores.guilds,
    settingsStore: stores.settings,
    trackStore: stores.tracks,
    events,
    of: listEvents,
    fieldsOf,
    ...recorded,
    ...shown,
    sessions,
    dependencies: deps,
    captionChats,
    transcripts,
    featurePorts,
    ...makeControls(deps, sessions, featurePorts),
  };
}

/** Features over stores in memory, serving one shard. */
function beginFeatures(
  features: readonly Feature[],
  deps: FixtureParts,
  services: FeatureShardDeps,
  { hearings, reminders, sounds }: MemoryStores,
) {
  const stores = new Map<unknown, unknown>([
    [hearingPart, hearings],
    [reminderPart, reminders],
    [storeParts.sounds, sounds],
    [trackPart, deps.trackStore],
    [TranscriptStores.key, deps.transcripts],
    [memoryStorePart, deps.transcripts.onDisk.memories],
  ]);
  const getStore: FeatureProcessDeps['store'] = (part) => stores.get(part) as never;
  const models = { speech: deps.speechModels, transcription: [] };
  const { ports, shards } = openFeatures(
    { ...deps, models, store: getStore },
    features,
  )(services);
  deps.features.add(shards);
  for (const shard of shards) shard.serve?.();
  return ports;
}

/** Controls that commands use. */
function makeControls(
  deps: FixtureParts,
  sessions: VoiceSessions,
  ports: FeaturePorts,
) {
  return {
    peopleSettings: deps.peopleSettings,
    privacy: new PrivacyRequests(deps, sessions, deps.features.all),
    confirmations: createConfirmationRequests(sessions, new AbortController().signal),
    reminders: ports.reminders,
    cleanup: ports.transcriptCleanup,
    memories: ports.memories,
    notes: ports.notes,
    captions: ports.captions,
    transcriptFor: ports.transcripts,
    talk: ports.typed,
    voiceControl: ports.voices,
    settings: ports.settings,
    personas: ports.personas,
    tracks: ports.tracks,
    checkup: ports.answerCheckup,
  };
}

/** A feature that is told of the words of everybody. */
function makeListeningFeature(listener: RecordedUtterances) {
  return {
    name: 'listener',
    open: () => ({ openShard: () => ({ ports: {}, createSession: () => listener }) }),
  };
}

/** Lets time pass on the 20 ms grid, with these packets on the way. */
export async function passTime(
  { clock, linkOpener }: SessionFixture,
  ms: number,
  packets: readonly Packet[] = [],
) {
  const waiting = packets.toSorted((a, b) => a.atMs - b.atMs);
  for (let passed = 0; passed < ms; passed += 20) {
    await clock.advance(20);
    while (waiting[0] && waiting[0].atMs <= clock.nowMs()) {
      const packet = waiting.shift();
      if (packet) linkOpener.link.arrive(packet);
    }
    linkOpener.link.tick(clock.nowMs());
  }
}

/** The packets of somebody who says something from `fromMs` on, louder by `gainDb` than recorded. */
export function sayWords(
  fixture: string,
  who: ChannelMember,
  fromMs: number,
  gainDb = 0,
): Promise<Packet[]> {
  return makePackets(fixture, who.id, fromMs, library, gainDb);
}

/** Answers whatever was said with so much sound. */
export function makeTalkativeChat(): Pipeline {
  return {
    async *answer() {
      const pcm = {
        samples: new Int16Array(24_000).fill(1),
        rateHz: 24_000,
        channels: 1,
      } as const;
      yield { kind: 'text', text: 'One minute of talk.' };
      for (let second = 0; second < 60; second++)
        yield { kind: 'audio', pcm, ofText: 'la '.repeat(30) };
    },
  };
}

/** A session that Adam, alone there unless others are given, has called so many ms ago. */
export async function openCalled(
  overrides: FixtureOptions = {},
  people: readonly ChannelMember[] = [adam],
  agoMs = 100,
): Promise<SessionFixture> {
  const fixture = await joinLounge(overrides, people);
  await passTime(fixture, agoMs);
  return fixture;
}

/** Finds the newest action that waits for Confirm. */
export function findOffer({ offered }: SessionFixture): string {
  return offered.at(-1)?.split(':').at(-1) ?? '';
}

/** Somebody presses the newest Confirm. */
export async function pressConfirm(
  fixture: SessionFixture,
  personId = toPersonId('adam'),
) {
  const pressing = fixture.confirmations.confirmCall(
    toGuildId('g'),
    findOffer(fixture),
    personId,
  );
  await passTime(fixture, 200);
  return await pressing;
}

/** Adam has called the bot to the Lounge. */
export async function joinLounge(
  ...args: Parameters<typeof openSessionFixture>
): Promise<SessionFixture> {
  const fixture = openSessionFixture(...args);
  await fixture.sessions.join(lounge, toPersonId('adam'));
  return fixture;
}

/** Somebody says something from now on, and this time passes. */
export async function hearSpeech(
  fixture: SessionFixture,
  ms: number,
  speech = 'human-cards-004',
  who = adam,
) {
  await passTime(fixture, ms, await sayWords(speech, who, fixture.clock.nowMs()));
}

/** An outcome as it is read in the Lounge. */
export function readBy(outcome: AskOutcome) {
  if (outcome.kind !== 'answered') return outcome;
  return { ...outcome, text: outcome.text.findForPlace(toChannelId('lounge')) };
}
