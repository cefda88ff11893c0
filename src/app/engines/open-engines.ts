import { join } from 'node:path';
import {
  addFallbacks,
  type EngineRoles,
  getProviderName,
  liveWaitMs,
  type OpenEngine,
  openRealtimeWithStandIn,
} from '#src/app/engines/engine-fallbacks.ts';
import type { OnEngineNews } from '#src/app/engines/engine-news.ts';
import { neverAborted } from '#src/base/bounded-wait.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { admitSetting, type LoggedText, writeSentence } from '#src/base/logged-text.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import type { LocalModelState } from '#src/chat/local/local-model-state.ts';
import { isBotSentence } from '#src/chat/text/clause-splitter.ts';
import type { Config, EngineConfig } from '#src/config/config.ts';
import { listModelsInUse } from '#src/config/models-in-use.ts';
import type { EngineChoice } from '#src/engines/engine.ts';
import { openEngine, resolveEngine } from '#src/engines/engines.ts';
import {
  type AskedAnswer,
  createAudioModelPipeline,
} from '#src/pipeline/audio-model/audio-model-pipeline.ts';
import { createAudioModelStandIn } from '#src/pipeline/audio-model/audio-model-stand-in.ts';
import { createChainedPipeline } from '#src/pipeline/chained-pipeline.ts';
import {
  createPipelineRegistry,
  type NamedPipeline,
  type Pipeline,
  type PipelineName,
  type PipelineRegistry,
} from '#src/pipeline/pipeline.ts';
import type { ProviderRole } from '#src/provider/provider-event.ts';
import {
  isLocalRecogniserInstalled,
  LazyRecogniser,
  type LocalRecogniser,
} from '#src/speech/fallbacks/lazy-recogniser.ts';
import { withKeptSentences } from '#src/speech/kept-sentences.ts';
import { findWasmRuntime } from '#src/speech/local/folders.ts';
import {
  BoundedRecognition,
  type EarlyRecognition,
} from '#src/speech/local/jobs/early-recognition.ts';
import { deadProcessHabit, LocalModels } from '#src/speech/local/local-models.ts';
import { localVoiceLanguages } from '#src/speech/local/local-voices.ts';
import {
  BoundedTurnModel,
  SmartTurnModel,
  type TurnModel,
} from '#src/speech/local/turn-model.ts';
import {
  createFixedVoiceNames,
  type Transcriber,
  type VoiceNames,
} from '#src/speech/speech-engine.ts';
import {
  NgramLanguageDetector,
  withSpokenForm,
} from '#src/speech/text-language/spoken-form.ts';
import { mostAnswerTokens } from '#src/spending/reservation.ts';

const dayMs = 86_400_000;
const listTimeoutMs = 20_000;

/** The engines of all roles, each with its circuit breaker and fallback. Disposing closes them. */
export interface Engines extends EngineRoles, AsyncDisposable {
  /** Model or engine for recognition. Absent for the local one. */
  readonly recogniser: string | undefined;
  /** Whisper on this machine, loaded where the usual recogniser is closed and somebody is heard. */
  readonly localRecogniser: LocalRecogniser;
  /** Starts when a local engine is needed. */
  readonly localModels: LocalModels;
  /** Decides whether people have finished. Absent if it is turned off. */
  readonly turnModel: TurnModel | undefined;
  /** Bounds what is recognised in pauses. Absent where a server recognises. */
  readonly earlyRecognition: EarlyRecognition | undefined;
  /** Without a chat model a simple stand-in answers, and cannot translate. */
  readonly hasChatModel: boolean;
  readonly voices: VoiceNames;
  readonly realtime: Pipeline | undefined;
  readonly live: Pipeline | undefined;
  /** How far a chat model of this machine is. Undefined for all others. */
  readonly getLocalModel: () => LocalModelState | undefined;
  /** Forgets the words of all talks that a model of this machine keeps. Never throws. */
  readonly forgetTalks: () => void;
  /** Stops the fetch of a model of this machine, or ends it, until the next start. */
  readonly stopLocalModel: () => Promise<void>;
  /** Lists what servers do otherwise than asked, as `chat: it does not take ...`, since the start. */
  readonly listHabits: () => readonly string[];
  /** Opens connections when a person begins to speak. Never throws or waits. */
  readonly warm: () => void;
}

/** Opens the engines of all roles at the same time. Throws BotError `speech.failed`. */
export async function openEngines(
  { engines: config, sounds, storage }: Config,
  onNews: OnEngineNews,
): Promise<Engines> {
  const habits = new Set<string>();
  const report: OnEngineNews = (news) => {
    if (news.kind === 'habit') habits.add(`${news.role}: ${news.what}`);
    onNews(news);
  };
  // The client for servers takes 18 MB, so it is imported only if needed.
  const stack = new AsyncDisposableStack();
  try {
    const { chat: thinker, speech, transcription } = config;
    const localModels = stack.use(
      new LocalModels({ onDeath: () => reportDeadProcess(report) }),
    );
    const openEngineOfRole = createEngineOpener(stack, report, {
      localModels,
      hasFallback: config.fallbacks.chat !== undefined,
      dataDir: storage.dataDir,
      searchPath: sounds.searchPath,
    });
    const detector = new NgramLanguageDetector();
    const [roleEngines] = await Promise.all([
      openRoleEngines(config, openEngineOfRole, report),
      detector.load(),
    ]);
    const { model, synthesizer, transcriber } = roleEngines;
    const { voices = createFixedVoiceNames([]) } = synthesizer;
    const opened = {
      transcriber,
      synthesizer: withKeptSentences(synthesizer, {
        folder: join(storage.dataDir, 'sentences'),
        describeEngine: ({ language }) =>
          [
            describeEngine('text to speech', speech),
            synthesizer.describeSpeaker?.(language),
          ]
            .filter(Boolean)
            .join(', '),
        isBotSentence,
        clock: realClock,
      }),
      chat: (botName: string) => model.withBotName?.(botName) ?? model,
      audioModel: model.audioModel,
    };
    const chained = addFallbacks(config, opened, openEngineOfRole, report);
    // The local voice ends every chain.
    const spokenForm = { detector, languages: localVoiceLanguages };
    const roles = {
      ...chained,
      synthesizer: withSpokenForm(chained.synthesizer, spokenForm),
    };
    reportSlowRuntime(report);
    const talking = await openRealtime(config, roles, stack, report);
    const live = await openLive(config, roles, stack, report);
    const warmed = [synthesizer, transcriber];
    const warm = await openWarmth(
      [thinker, ...[speech, transcription].filter((_, index) => !warmed[index]?.warm)],
      [...warmed, config.pipeline === 'realtime' ? talking?.talk : undefined],
      stack,
    );
    warm();
    stack.use(watchModels(config, realClock, report));
    return {
      ...roles,
      recogniser: getRecogniserName(config),
      localRecogniser: createLocalRecogniser(
        transcription,
        transcriber,
        openEngineOfRole,
      ),
      localModels,
      turnModel: config.hasTurnModel
        ? openReportedTurnModel(localModels, report)
        : undefined,
      earlyRecognition:
        transcription.kind === 'local' ? createEarlyRecognition(report) : undefined,
      hasChatModel: thinker.kind !== 'local',
      voices,
      live,
      realtime: talking?.pipeline,
      getLocalModel: () => model.getLocalState?.(),
      forgetTalks: () => model.forgetTalks?.(),
      stopLocalModel: async () => await model.stopLocalModel?.(),
      listHabits: () => [...habits],
      warm,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

type OpenerOptions = {
  readonly localModels: LocalModels;
  /** Another chat model takes over. */
  readonly hasFallback: boolean;
  readonly dataDir: string;
  readonly searchPath: string;
};

/** Creates a function that opens an engine into `stack`, and reports habits of its server. */
function createEngineOpener(
  stack: AsyncDisposableStack,
  report: OnEngineNews,
  machine: OpenerOptions,
): OpenEngine {
  return (role, choice) => {
    const provider = admitSetting(getProviderName(role, choice));
    return openEngine(role, choice, stack, {
      ...machine,
      onModelState: (state) => report({ kind: 'local-model', state }),
      report: (habit) => report({ kind: 'habit', role, provider, ...habit }),
    });
  };
}

async function openRoleEngines(
  { audioModel, chat: thinker, speech, transcription }: EngineConfig,
  open: OpenEngine,
  report: OnEngineNews,
) {
  const openReported: OpenEngine = async (role, choice) => {
    const startedMs = realClock.nowMs();
    const engine = await open(role, choice);
    report({
      kind: 'ready',
      role,
      what: admitSetting(describeEngine(role, choice)),
      isLocal: choice.kind === 'local',
      voice: choice.kind === 'local' ? choice.voice : undefined,
      tookMs: realClock.nowMs() - startedMs,
    });
    return engine;
  };
  const opening = [
    openReported('speech to text', transcription),
    openReported('text to speech', speech),
    openReported(
      'chat',
      thinker.kind !== 'local' ? { ...thinker, audioModel } : thinker,
    ),
  ] as const;
  await Promise.allSettled(opening); // one that fails must not leave the others half open
  const [transcriber, synthesizer, model] = await Promise.all(opening);
  return { transcriber, synthesizer, model };
}

/** Listens by the configured recogniser if that is local, else by Whisper, which its first utterance loads. */
function createLocalRecogniser(
  transcription: EngineChoice,
  transcriber: Transcriber,
  open: OpenEngine,
) {
  const { language } = transcription;
  const local = { kind: 'local', model: '', language } as const;
  return new LazyRecogniser(
    async () =>
      transcription.kind === 'local' ? transcriber : open('speech to text', local),
    isLocalRecogniserInstalled(),
    () => realClock.nowMs(),
  );
}

function getRecogniserName({ transcription }: EngineConfig) {
  if (transcription.kind === 'local') return undefined;
  return transcription.model || resolveEngine('speech to text', transcription).name;
}

function openReportedTurnModel(localModels: LocalModels, report: OnEngineNews) {
  const onFailure = (reason: LoggedText) =>
    report({
      kind: 'habit',
      role: 'speech to text',
      provider: writeSentence`Smart Turn`,
      what: reason,
      mend: writeSentence`words and silence decide when people have finished`,
    });
  const onSkip = () => report({ kind: 'pause-skipped', work: 'judgement' });
  const smartTurn = new SmartTurnModel(localModels, onFailure);
  return new BoundedTurnModel(smartTurn, realClock, onSkip);
}

function createEarlyRecognition(report: OnEngineNews) {
  const onSkip = () => report({ kind: 'pause-skipped', work: 'words' });
  return new BoundedRecognition(realClock, onSkip);
}

function reportDeadProcess(report: OnEngineNews) {
  report({
    kind: 'habit',
    role: 'speech to text',
    provider: writeSentence`This machine`,
    ...deadProcessHabit,
  });
}

function reportSlowRuntime(report: OnEngineNews) {
  if (!findWasmRuntime()) return;
  report({
    kind: 'habit',
    role: 'speech to text',
    provider: writeSentence`ONNX Runtime`,
    what: writeSentence`its WebAssembly build is installed, in place of its library, and runs the built-in models`,
    mend: writeSentence`they are slower; servers that hear and speak need none of them`,
  });
}

function describeEngine(role: ProviderRole, choice: EngineChoice) {
  const { about, isSocket, name } = resolveEngine(role, choice);
  if (choice.kind === 'local')
    return choice.voice ? `${about}, voice ${choice.voice}` : about;
  if (choice.kind === 'outside')
    return name === choice.backend ? about : `${name}, ${choice.backend}`;
  return `${choice.model} at ${new URL(choice.baseUrl).host}${isSocket ? ', realtime' : ''}`;
}

/** Opens Realtime, which costs nothing until asked. */
async function openRealtime(
  config: EngineConfig,
  roles: EngineRoles,
  stack: AsyncDisposableStack,
  report: OnEngineNews,
) {
  const { realtime: server } = config;
  if (!server) return undefined;
  const { RealtimeConversation } = await import(
    '#src/chat/realtime/realtime-conversation.ts'
  );
  // No answer exceeds its reservation.
  const provider = admitSetting(new URL(server.baseUrl).host);
  const talk = stack.use(
    new RealtimeConversation({
      ...server,
      maxTokens: mostAnswerTokens,
      report: (habit) => report({ kind: 'habit', role: 'chat', provider, ...habit }),
    }),
  );
  const withStandIn = openRealtimeWithStandIn(server, config, roles, report);
  return {
    talk,
    pipeline: createAudioModelPipeline({
      open: (signal) => withStandIn(talk.openAnswer(signal)),
      feed: (messages, tools, sound) => talk.feed(messages, tools, sound),
      synthesizer: roles.synthesizer,
      input: 'audio',
    }),
  };
}

/** Opens Live, which costs nothing until somebody speaks to it. */
async function openLive(
  config: EngineConfig,
  roles: EngineRoles,
  stack: AsyncDisposableStack,
  report: OnEngineNews,
) {
  const { live: server } = config;
  if (!server) return undefined;
  const { LiveConversation } = await import('#src/chat/live/live-conversation.ts');
  const worker = createAudioModelStandIn(roles.chat(''));
  const talk = stack.use(new LiveConversation({ ...server, worker }));
  const withStandIn = openRealtimeWithStandIn(server, config, roles, report, {
    partMs: liveWaitMs,
  });
  return createAudioModelPipeline({
    open: (signal, asked) =>
      withStandIn(talk.openAnswer(toTalkPlace(asked), signal), asked.onLiveTurn),
    feed: (messages, tools, sound, voice, asked) =>
      talk.feed(toTalkPlace(asked), messages, tools, sound, voice),
    synthesizer: roles.synthesizer,
    input: 'audio',
  });
}

/** A turn of no channel, such as a test question, has a talk of its own that ends with it. */
function toTalkPlace({ meter, turn }: AskedAnswer) {
  const { channelId: talk = 'no channel', style, until = neverAborted } = turn;
  return { talk, instructions: style.instructions, meter, until };
}

/** Reports models that end, now and daily. */
export function watchModels(
  config: EngineConfig,
  clock: Clock,
  report: OnEngineNews,
): Disposable {
  const closing = new AbortController();
  const models = listModelsInUse(config);
  const checkModels = async () => {
    const { findModelEndings } = await import('#src/provider/models/model-endings.ts');
    const signal = AbortSignal.any([
      closing.signal,
      AbortSignal.timeout(listTimeoutMs),
    ]);
    for (const { why: reason, mend } of await findModelEndings(
      models,
      clock.wallMs(),
      signal,
    )) {
      const remedy = `In the settings, ${mend}, then restart.`;
      report({
        kind: 'alert',
        of: { name: 'model-ends', meaning: reason, action: remedy, remedy },
        state: 'raised',
        task: admitSetting(reason),
        cause: admitSetting(mend),
      });
    }
  };
  if (models.length > 0)
    void runPeriodically(
      { name: 'models that end', clock, everyMs: dayMs, run: checkModels, report },
      closing.signal,
    );
  return { [Symbol.dispose]: () => closing.abort() };
}

/** Creates a function that opens connections early. `engines` open their own. */
async function openWarmth(
  choices: readonly EngineChoice[],
  engines: readonly ({ warm?(): void } | undefined)[],
  stack: AsyncDisposableStack,
) {
  const addresses = choices.flatMap((choice) =>
    choice.kind === 'remote' ? [choice.baseUrl] : [],
  );
  const { WarmConnections } = await import('#src/provider/access/server-access.ts');
  return stack.use(new WarmConnections(addresses, realClock, engines)).warm;
}

type PipelineEngines = Pick<
  Engines,
  'audioModel' | 'live' | 'realtime' | 'synthesizer'
>;

/** Opens the pipelines, the configured one first. */
export function openPipelines(
  config: EngineConfig,
  engines: PipelineEngines,
  chat: ChatModel,
): PipelineRegistry {
  const pipelines = listNamedPipelines(config, engines, chat);
  return createPipelineRegistry(pipelines, config.pipeline);
}

function listNamedPipelines(
  config: EngineConfig,
  { audioModel: model, live, realtime, synthesizer }: PipelineEngines,
  chat: ChatModel,
): ReadonlyMap<PipelineName, NamedPipeline> {
  const { audioModel: hearing } = config;
  const pipelines = new Map<PipelineName, NamedPipeline>();
  pipelines.set('chained', {
    engine:
      config.chat.kind === 'remote'
        ? config.chat.model
        : resolveEngine('chat', config.chat).name,
    pipeline: createChainedPipeline({ chat, synthesizer }),
  });
  if (model)
    pipelines.set('audio-model', {
      engine: hearing.model ?? 'audio-model',
      pipeline: createAudioModelPipeline({
        open: () => model,
        feed: model.feed,
        synthesizer,
        input: hearing.input,
      }),
    });
  if (realtime)
    pipelines.set('realtime', {
      engine: config.realtime?.model ?? 'realtime',
      pipeline: realtime,
    });
  if (live)
    pipelines.set('live', { engine: config.live?.model ?? 'live', pipeline: live });
  return pipelines;
}

/** Finds the name of the first chat model, as the operator set it. Undefined for the stand-in. */
export function findChatModel({ engines }: Config): LoggedText | undefined {
  const { chat } = engines;
  const { model } = chat;
  return chat.kind === 'local' || model === undefined ? undefined : admitSetting(model);
}
