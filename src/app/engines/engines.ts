import { realClock } from '#src/base/clock.ts';
import { announced } from '#src/chat/metered-chat.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import { openStandIn } from '#src/chat/stand-in.ts';
import { standInGrammar } from '#src/chat/stand-in-grammar.ts';
import { modelsInUse } from '#src/config/models.ts';
import type { AudioModel, Config, RemoteServer } from '#src/config/types.ts';
import { audioModel } from '#src/pipeline/audio-model/audio-model.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { Pipeline, PipelineName, PipelineRegistry } from '#src/pipeline/pipeline.ts';
import type { RoleDeadlines } from '#src/provider/deadlines.ts';
import { type ModelNews, servedBy } from '#src/provider/models/models.ts';
import {
  type EmbeddedTranscriberOptions,
  openEmbeddedTranscriber,
} from '#src/speech/embedded/embedded-transcriber.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import { withPronunciation } from '#src/speech/pronunciation.ts';
import type { VoiceNames } from '#src/speech/voice-names.ts';
import { clientOf, limited, type OnEngineNews, stopwatch } from './engine-client.ts';
import type { EngineRoles } from './engine-fallbacks.ts';
import { openVoice } from './open-voice.ts';

/** Which engine serves which role, ready to use. */
export type Engines = EngineRoles & {
  readonly chatName: string;
  /** False: a simple stand-in answers, which cannot translate. */
  readonly hasChatModel: boolean;
  /** Names of the voices of the first synthesizer. */
  readonly voices: VoiceNames;
  /** Where there is a server for it. */
  readonly realtime?: Pipeline;
  /** A person begins to speak: opens connections before they are needed. Never throws and never waits. */
  warm(): void;
  /** Models that need the operator's attention, as of today. */
  modelNews(): readonly ModelNews[];
} & AsyncDisposable;

/**
 * Makes all roles ready at the same time. Errors: BotError `speech.failed`.
 *
 * What speaks to servers is imported only for a role that has one: the client alone takes 18 MB.
 */
export async function openEngines(config: Config, report: OnEngineNews): Promise<Engines> {
  const stack = new AsyncDisposableStack();
  try {
    const { deadlines } = config;
    const rules = config.chat.kind === 'embedded' ? { rules: standInGrammar } : {};
    const recogniser = openTranscriberOf(config.transcription, deadlines, stack, report, rules);
    const voice = openVoice(config.speech, deadlines, stack, report);
    await Promise.allSettled([recogniser, voice]); // one that fails must not leave the other half open
    const transcriber = await recogniser;
    const { synthesizer, voices } = await voice;
    const chat = await openChat(config, report);
    const opened = { transcriber, synthesizer, ...chat };
    const chained = await openChains(config, opened, stack, report);
    // Every voice says words as servers have it.
    const roles = { ...chained, synthesizer: withPronunciation(chained.synthesizer) };
    const talking = await openRealtime(config, roles, stack, report);
    const isTalking = config.pipeline === 'realtime';
    const warm = await openWarmth(
      config,
      [synthesizer, transcriber, isTalking ? talking?.talk : undefined],
      stack,
    );
    const modelNews = await openWatch(config, stack, report);
    warm();
    return {
      ...chat,
      ...roles,
      voices,
      realtime: talking?.pipeline,
      warm,
      modelNews,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Opens the fallback chains. Engines that are only asked during a failure are opened then, unreported. */
async function openChains(
  config: Config,
  roles: EngineRoles,
  stack: AsyncDisposableStack,
  report: OnEngineNews,
): Promise<EngineRoles> {
  const { transcription, chat, speech, deadlines } = config;
  if ([transcription, chat, speech].every(({ kind }) => kind === 'embedded')) return roles;
  const { withFallbacks } = await import('./engine-fallbacks.ts');
  const quietly: OnEngineNews = (news) => (news.kind === 'alert' ? report(news) : undefined);
  const open = {
    transcriber: (one: Config['transcription']) =>
      openTranscriberOf(one, deadlines, stack, quietly),
    voice: async (one: Config['speech']) =>
      (await openVoice(one, deadlines, stack, quietly)).synthesizer,
    chat: async (one: RemoteServer) => {
      const { openChatModel } = await import('#src/chat/completions/openai-chat.ts');
      const model = openChatModel(
        await clientOf(one, 'chat', quietly, deadlines.chat),
        limited(one),
      );
      return announced(model, servedBy(one.model, one.baseUrl));
    },
  };
  return withFallbacks(config, roles, open, report);
}

export async function openTranscriberOf(
  config: Config['transcription'],
  deadlines: RoleDeadlines,
  stack: AsyncDisposableStack,
  report: OnEngineNews,
  rules: Pick<EmbeddedTranscriberOptions, 'rules'> = {},
): Promise<Transcriber & { warm?(): void }> {
  const role = 'speech to text';
  if (config.kind === 'remote' && config.backend === 'realtime') {
    const { openRealtimeTranscriber } = await import(
      '#src/speech/realtime/realtime-transcriber.ts'
    );
    stopwatch(role, `${config.model} at ${new URL(config.baseUrl).host}, realtime`, report)();
    return stack.use(openRealtimeTranscriber(config));
  }
  if (config.kind === 'remote') {
    const { openTranscriber } = await import('#src/speech/openai/openai-transcriber.ts');
    return openTranscriber(await clientOf(config, role, report, deadlines[role]), config);
  }
  const ready = stopwatch(role, 'embedded, English, demo quality', report);
  const transcriber = stack.use(await openEmbeddedTranscriber(rules));
  ready();
  return transcriber;
}

export async function openChat(
  { chat: config, audioModel, deadlines }: Config,
  report: OnEngineNews,
): Promise<Pick<Engines, 'chat' | 'chatName' | 'hasChatModel' | 'audioModel'>> {
  const hasChatModel = config.kind === 'remote';
  if (config.kind === 'remote') {
    const chatName = new URL(config.baseUrl).host;
    const client = await clientOf(config, 'chat', report, deadlines.chat);
    const hearing = await openHearing(client, audioModel);
    if (hearing && audioModel.model === config.model) {
      const { writtenBy } = await import('#src/chat/completions/audio-chat-text.ts');
      return { chat: () => writtenBy(hearing), chatName, hasChatModel, audioModel: hearing };
    }
    const { openChatModel } = await import('#src/chat/completions/openai-chat.ts');
    const model = openChatModel(client, limited(config));
    return { chat: () => model, chatName, hasChatModel, audioModel: hearing };
  }
  const advice = 'for a model set CHAT_COMPLETION_BASE_URL';
  report({ kind: 'ready', role: 'chat', what: 'built-in stand-in', tookMs: 0, advice });
  const { wallMs } = realClock;
  return {
    chat: (botName) => openStandIn({ wallMs, random: Math.random, botName }),
    chatName: 'the built-in list',
    hasChatModel,
  };
}

/** Opening costs nothing until it is asked. */
async function openHearing(
  client: Awaited<ReturnType<typeof clientOf>>,
  { model, ...options }: AudioModel,
): Promise<ChatModel | undefined> {
  if (model === undefined) return undefined;
  const { openChatModel } = await import('#src/chat/completions/openai-chat.ts');
  return openChatModel(client, limited({ ...options, model }));
}

/** Opening costs nothing until it is asked. */
async function openRealtime(
  config: Config,
  roles: EngineRoles,
  stack: AsyncDisposableStack,
  report: OnEngineNews,
) {
  const { realtime: server } = config;
  if (!server) return undefined;
  const { RealtimeTalk } = await import('#src/chat/realtime/realtime-talk.ts');
  const { audioModel } = await import('#src/pipeline/audio-model/audio-model.ts');
  const { realtimeWithStandIn } = await import('./engine-fallbacks.ts');
  const talk = stack.use(new RealtimeTalk(limited(server)));
  const withStandIn = realtimeWithStandIn({ ...config, realtime: server }, roles, report);
  const open = (signal: AbortSignal) => withStandIn(talk.begin(signal));
  return { talk, pipeline: audioModel({ open, synthesizer: roles.synthesizer, input: 'audio' }) };
}

async function openWatch(
  config: Config,
  stack: AsyncDisposableStack,
  report: OnEngineNews,
): Promise<Engines['modelNews']> {
  const models = modelsInUse(config);
  if (models.length === 0) return () => [];
  const { ModelWatch } = await import('#src/provider/models/model-watch.ts');
  const onNews = (news: readonly ModelNews[]) => report({ kind: 'models', news });
  const watch = stack.use(new ModelWatch({ models, clock: realClock, onNews, alert: report }));
  return () => watch.news();
}

/** Opens connections before they are needed; `engines` open theirs themselves. */
async function openWarmth(
  { transcription, chat, speech }: Config,
  engines: readonly ({ warm?(): void } | undefined)[],
  stack: AsyncDisposableStack,
): Promise<() => void> {
  const addresses = [transcription, chat, speech].flatMap((role) => {
    const viaFetch = role.kind === 'remote' && !('backend' in role && role.backend === 'realtime');
    return viaFetch ? [role.baseUrl] : [];
  });
  const warmEngines = () => {
    for (const engine of engines) engine?.warm?.();
  };
  if (addresses.length === 0) return warmEngines;
  const { WarmConnections } = await import('#src/provider/client.ts');
  const connections = stack.use(new WarmConnections(addresses, realClock));
  return () => {
    connections.warm();
    warmEngines();
  };
}

/** One way to answer, and the name of the model that thinks in it. */
type PipelineChoice = {
  readonly engine: string;
  readonly pipeline: Pipeline;
};

/** Every way to answer that there are engines for; the configured one first. */
export function pipelinesOf(
  config: Config,
  engines: Omit<Engines, typeof Symbol.asyncDispose>,
  chat: ChatModel,
): PipelineRegistry {
  const ways = new Map<PipelineName, PipelineChoice>([
    ['chained', chainedWay(config, engines, chat)],
  ]);
  const hearing = audioModelWay(config, engines);
  if (hearing) ways.set('audio-model', hearing);
  const { realtime } = engines;
  if (realtime) {
    ways.set('realtime', { engine: config.realtime?.model ?? 'realtime', pipeline: realtime });
  }
  const { pipeline: standard } = config;
  const wayOf = (name: PipelineName): PipelineChoice => {
    const way = ways.get(name);
    if (!way) throw new Error(`The pipeline ${name} is not set up.`);
    return way;
  };
  return {
    names: [...ways.keys()].sort((a, b) => Number(b === standard) - Number(a === standard)),
    open: (name) => wayOf(name).pipeline,
    engine: (name) => wayOf(name).engine,
  };
}

function chainedWay(
  { chat: { ...config } }: Config,
  { chatName, synthesizer }: Pick<Engines, 'chatName' | 'synthesizer'>,
  chat: ChatModel,
): PipelineChoice {
  const engine = config.kind === 'remote' ? config.model : chatName;
  return { engine, pipeline: chained({ chat, synthesizer }) };
}

function audioModelWay(
  { audioModel: config }: Config,
  { audioModel: model, synthesizer }: Pick<Engines, 'audioModel' | 'synthesizer'>,
): PipelineChoice | undefined {
  if (!model) return undefined;
  const { input, model: engine = 'audio-model' } = config;
  return { engine, pipeline: audioModel({ open: () => model, synthesizer, input }) };
}
