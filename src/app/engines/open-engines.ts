import { join } from 'node:path';
import { type Clock, realClock } from '#src/base/clock.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import { splitClauses } from '#src/chat/text/clause-splitter.ts';
import type { Config, EngineConfig } from '#src/config/config.ts';
import { listModelsInUse } from '#src/config/models-in-use.ts';
import type { EngineChoice } from '#src/engines/engine.ts';
import { openEngine, resolveEngine } from '#src/engines/engines.ts';
import { createAudioModelPipeline } from '#src/pipeline/audio-model/audio-model-pipeline.ts';
import { createChainedPipeline } from '#src/pipeline/chained-pipeline.ts';
import type {
  Pipeline,
  PipelineName,
  PipelineRegistry,
} from '#src/pipeline/pipeline.ts';
import type { ProviderRole } from '#src/provider/provider-event.ts';
import { withKeptSentences } from '#src/speech/kept-sentences.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openTurnModel } from '#src/speech/local/turn-model.ts';
import { withPronunciation } from '#src/speech/pronunciation.ts';
import { createFixedVoiceNames } from '#src/speech/voice-names.ts';
import { mostAnswerTokens } from '#src/spending/reservation.ts';
import { findLocale, type Locale, listFixedTexts } from '#src/texts/texts.ts';
import {
  addFallbacks,
  type EngineRoles,
  getProviderName,
  type OpenEngine,
  openRealtimeWithStandIn,
} from './engine-fallbacks.ts';
import type { OnEngineNews } from './engine-news.ts';

const dayMs = 86_400_000;
const listTimeoutMs = 20_000;

export type Engines = Awaited<ReturnType<typeof openEngines>>;

/** Opens the engines of all roles at the same time. Throws BotError `speech.failed`. */
export async function openEngines(
  { engines: config, storage }: Config,
  report: OnEngineNews,
) {
  // The client for servers takes 18 MB, so it is imported only if needed.
  const stack = new AsyncDisposableStack();
  try {
    const { audioModel, chat: thinker, speech, transcription } = config;
    const hasChatModel = thinker.kind !== 'local';
    const localModels = stack.use(new LocalModels());
    const openQuietly: OpenEngine = (role, choice) => {
      const provider = getProviderName(role, choice);
      return openEngine(role, choice, stack, {
        localModels,
        report: (habit) => report({ kind: 'habit', role, provider, ...habit }),
      });
    };
    const openRoleEngine: OpenEngine = async (role, choice) => {
      const startedMs = realClock.nowMs();
      const opened = await openQuietly(role, choice);
      report({
        kind: 'ready',
        role,
        what: describeEngine(role, choice),
        tookMs: realClock.nowMs() - startedMs,
      });
      return opened;
    };
    const opening = [
      openRoleEngine('speech to text', transcription),
      openRoleEngine('text to speech', speech),
      openRoleEngine('chat', hasChatModel ? { ...thinker, audioModel } : thinker),
    ] as const;
    await Promise.allSettled(opening); // one that fails must not leave the others half open
    const [transcriber, synthesizer, model] = await Promise.all(opening);
    const { voices = createFixedVoiceNames([]) } = synthesizer;
    const opened = {
      transcriber,
      synthesizer: withKeptSentences(synthesizer, {
        folder: join(storage.dataDir, 'sentences'),
        engine: describeEngine('text to speech', speech),
        isBotSentence: createOwnSentenceTest(),
        clock: realClock,
      }),
      chat: (botName: string) => model.withBotName?.(botName) ?? model,
      audioModel: model.audioModel,
    };
    const chained = addFallbacks(config, opened, openQuietly, report);
    // Every voice says words as servers have it.
    const roles = { ...chained, synthesizer: withPronunciation(chained.synthesizer) };
    const talking = await openRealtime(config, roles, stack, report);
    const warmed = [synthesizer, transcriber];
    const warm = await openWarmth(
      [thinker, ...[speech, transcription].filter((_, n) => !warmed[n]?.warm)],
      [...warmed, config.pipeline === 'realtime' ? talking?.talk : undefined],
      stack,
    );
    warm();
    stack.use(watchModels(config, realClock, report));
    return {
      ...roles,
      /** Model or engine for recognition. Absent for the local one. */
      recogniser:
        transcription.kind === 'local'
          ? undefined
          : transcription.model || resolveEngine('speech to text', transcription).name,
      /** Starts when a local engine is needed. */
      localModels,
      /** Decides whether people have finished. Absent if it is turned off. */
      turnModel: config.hasTurnModel
        ? openTurnModel(localModels, (why) =>
            report({
              kind: 'habit',
              role: 'speech to text',
              provider: 'Smart Turn',
              what: why,
              mend: 'words and silence decide when people have finished',
            }),
          )
        : undefined,
      /** Without a chat model a simple stand-in answers, and cannot translate. */
      hasChatModel,
      voices,
      realtime: talking?.pipeline,
      /** Opens connections when a person begins to speak. Never throws or waits. */
      warm,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

function describeEngine(role: ProviderRole, choice: EngineChoice) {
  const { about, isSocket, name } = resolveEngine(role, choice);
  if (choice.kind === 'local')
    return choice.voice ? `${about}, voice ${choice.voice}` : about;
  if (choice.kind === 'outside') return `${name}, ${choice.backend}`;
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
  const talk = stack.use(
    new RealtimeConversation({ ...server, maxTokens: mostAnswerTokens }),
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

/** Reports models that end, now and daily. */
export function watchModels(
  config: EngineConfig,
  clock: Clock,
  report: OnEngineNews,
): Disposable {
  const over = new AbortController();
  const models = listModelsInUse(config);
  const checkModels = async () => {
    const { findModelEndings } = await import('#src/provider/models/model-endings.ts');
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(listTimeoutMs)]);
    for (const { why, mend } of await findModelEndings(
      models,
      clock.wallMs(),
      signal,
    )) {
      const remedy = `In the settings, ${mend}, then restart.`;
      report({
        kind: 'alert',
        of: { name: 'model-ends', meaning: why, action: remedy, remedy },
        state: 'raised',
        task: why,
        cause: mend,
      });
    }
  };
  if (models.length > 0)
    void runPeriodically(
      { name: 'models that end', clock, everyMs: dayMs, run: checkModels, report },
      over.signal,
    );
  return { [Symbol.dispose]: () => over.abort() };
}

/** Creates a function that opens connections early. `engines` open their own. */
async function openWarmth(
  choices: readonly EngineChoice[],
  engines: readonly ({ warm?(): void } | undefined)[],
  stack: AsyncDisposableStack,
) {
  const addresses = choices.flatMap((one) =>
    one.kind === 'remote' ? [one.baseUrl] : [],
  );
  const warmEngines = () => {
    for (const engine of engines) engine?.warm?.();
  };
  if (addresses.length === 0) return warmEngines;
  const { WarmConnections } = await import('#src/provider/api-client.ts');
  const connections = stack.use(new WarmConnections(addresses, realClock));
  return () => {
    connections.warm();
    warmEngines();
  };
}

/** Opens the pipelines, the configured one first. */
export function openPipelines(
  config: EngineConfig,
  engines: Pick<Engines, 'audioModel' | 'realtime' | 'synthesizer'>,
  chat: ChatModel,
): PipelineRegistry {
  const { audioModel: model, realtime, synthesizer } = engines;
  const { audioModel: hearing, pipeline: standard } = config;
  const ways = new Map<
    PipelineName,
    { readonly engine: string; readonly pipeline: Pipeline }
  >();
  ways.set('chained', {
    engine:
      config.chat.kind === 'remote'
        ? config.chat.model
        : resolveEngine('chat', config.chat).name,
    pipeline: createChainedPipeline({ chat, synthesizer }),
  });
  if (model)
    ways.set('audio-model', {
      engine: hearing.model ?? 'audio-model',
      pipeline: createAudioModelPipeline({
        open: () => model,
        feed: model.feed,
        synthesizer,
        input: hearing.input,
      }),
    });
  if (realtime)
    ways.set('realtime', {
      engine: config.realtime?.model ?? 'realtime',
      pipeline: realtime,
    });
  const findPipeline = (name: PipelineName) => {
    const way = ways.get(name);
    if (!way) throw new Error(`The pipeline ${name} is not set up.`);
    return way;
  };
  return {
    names: [...ways.keys()].sort(
      (a, b) => Number(b === standard) - Number(a === standard),
    ),
    open: (name) => findPipeline(name).pipeline,
    getEngineNames: (name) => findPipeline(name).engine,
  };
}

/** Creates a test for fixed sentences of the bot and their clauses. */
export function createOwnSentenceTest(): (
  text: string,
  language: string | undefined,
) => boolean {
  const known = new Map<Locale, ReadonlySet<string>>();
  return (text, language) => {
    const locale = findLocale(language) ?? 'en';
    const sentences = known.get(locale) ?? new Set(listPieces(locale));
    known.set(locale, sentences);
    return sentences.has(text);
  };
}

function* listPieces(locale: Locale) {
  for (const whole of listFixedTexts(locale)) {
    yield whole;
    yield* splitClauses(whole);
  }
}
