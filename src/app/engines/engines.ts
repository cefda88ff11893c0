import { openSpeechDecoder } from '#src/app/speech-decoder.ts';
import { realClock } from '#src/base/clock.ts';
import type { AudioChatModel } from '#src/chat/completions/audio-chat-ports.ts';
import { openStandIn } from '#src/chat/stand-in.ts';
import { announced } from '#src/chat/usage.ts';
import { modelsInUse } from '#src/config/models.ts';
import type { AudioModel, Config, RemoteServer } from '#src/config/types.ts';
import type { Pipeline } from '#src/pipeline/pipeline.ts';
import type { Deadlines, RoleDeadlines } from '#src/provider/deadlines.ts';
import type { Limits } from '#src/provider/guarded-fetch.ts';
import type { ModelNews } from '#src/provider/models/models.ts';
import { servedBy } from '#src/provider/models/served-by.ts';
import type { ProviderBreaker, ProviderNews, ProviderRole } from '#src/provider/provider-news.ts';
import { openEmbeddedSynthesizer } from '#src/speech/embedded/embedded-synthesizer.ts';
import { openEmbeddedTranscriber } from '#src/speech/embedded/embedded-transcriber.ts';
import { standardEmbeddedVoice } from '#src/speech/embedded/flite-voices.ts';
import type { Synthesizer, Transcriber } from '#src/speech/ports.ts';
import { withPronunciation } from '#src/speech/pronunciation.ts';
import type { ReadingAccuracy } from '#src/speech/reading-check.ts';
import type { RealtimeSynthesizer } from '#src/speech/realtime/realtime-synthesizer.ts';
import { mostAnswerTokens } from '#src/spending/tariff.ts';
import type { OpenBrain } from './brains.ts';
import type { EngineRoles, ReadBreakers } from './engine-fallbacks.ts';
import { openWarmth } from './open-warmth.ts';
import { roughTranscriberOf } from './rough-transcriber.ts';

/** News for the operator while the engines are made ready. */
export type EngineNews =
  | { readonly kind: 'loading'; readonly role: ProviderRole; readonly fraction: number }
  | {
      readonly kind: 'ready';
      readonly role: ProviderRole;
      readonly what: string;
      readonly tookMs: number;
      readonly advice?: string;
    }
  /** The base URL works only with `/v1` behind it. */
  | { readonly kind: 'base-url'; readonly role: ProviderRole; readonly found: string }
  /** An answer that was asked to stream came as one block after a wait: a proxy may buffer it. */
  | { readonly kind: 'buffered'; readonly role: ProviderRole }
  /** How well a model that speaks has read one text. */
  | ({ readonly kind: 'reading'; readonly provider: string } & ReadingAccuracy)
  /** Models that are gone or about to go, once a day each. */
  | { readonly kind: 'models'; readonly news: readonly ModelNews[] }
  /** Servers that fail, those that stand in for them, and when all is well again. */
  | ProviderNews;

/** Which engine serves which role, ready to use. */
export type Engines = EngineRoles & {
  readonly chatName: string;
  /** Free, and English only; where the usual recogniser is a server. */
  readonly roughTranscriber?: Transcriber;
  /** Where there is a server for it: a conversation of its own for each session, connected when first needed. */
  readonly realtime?: () => Pipeline & Disposable;
  /** What personas may name, by name. */
  readonly brains: ReadonlyMap<string, OpenBrain>;
  /** Somebody begins to speak: opens connections before they are needed. Never throws and never waits. */
  warm(): void;
  /** Models that need the operator's attention, as of today. */
  modelNews(): readonly ModelNews[];
  /** How each remote server stands, and what can stand in for it. */
  breakers(): readonly ProviderBreaker[];
} & AsyncDisposable;

type Tell = (news: EngineNews) => void;
type LadderParts = { readonly tell: Tell; readonly watch: (read: ReadBreakers) => void };

/**
 * Makes all roles ready at the same time. Errors: BotError `speech.failed`.
 *
 * What speaks to servers is imported only for a role that has one: the client alone takes 18 MB.
 */
export async function openEngines(config: Config, tell: Tell): Promise<Engines> {
  const stack = new AsyncDisposableStack();
  try {
    const { deadlines } = config;
    const ears = openEars(config.transcription, deadlines, stack, tell);
    const voice = openVoice(config.speech, deadlines, stack, tell);
    await Promise.allSettled([ears, voice]); // one that fails must not leave the other half open
    const [transcriber, synthesizer] = [await ears, await voice];
    const chat = await openChat(config, tell);
    const reads: ReadBreakers[] = [];
    const ladder = { tell, watch: (read: ReadBreakers) => void reads.push(read) };
    const opened = { transcriber, synthesizer, ...chat };
    const roles = pronouncing(await openLadders(config, opened, stack, ladder));
    const realtime = await openRealtime(config, roles, ladder);
    const brains = await openOwnBrains(config, roles, ladder);
    const warm = await openWarmth(config, synthesizer, stack);
    const modelNews = await openWatch(config, stack, tell);
    warm();
    return {
      ...chat,
      ...roles,
      ...(realtime && { realtime }),
      brains,
      ...(config.transcription.kind === 'remote' && { roughTranscriber: openRough(stack) }),
      warm,
      modelNews,
      breakers: () => reads.flatMap((read) => read()),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Every voice says words as servers have it. */
function pronouncing(roles: EngineRoles): EngineRoles {
  return { ...roles, synthesizer: withPronunciation(roles.synthesizer) };
}

/** What is only asked while something fails is opened then, and not told of. */
async function openLadders(
  config: Config,
  roles: EngineRoles,
  stack: AsyncDisposableStack,
  ladder: LadderParts,
): Promise<EngineRoles> {
  const { transcription, chat, speech, deadlines } = config;
  if ([transcription, chat, speech].every(({ kind }) => kind === 'embedded')) return roles;
  const { withFallbacks } = await import('./engine-fallbacks.ts');
  const quietly: Tell = (news) =>
    ['base-url', 'reading', 'buffered'].includes(news.kind) ? ladder.tell(news) : undefined;
  const open = {
    ears: (one: Config['transcription']) => openEars(one, deadlines, stack, quietly),
    voice: (one: Config['speech']) => openVoice(one, deadlines, stack, quietly),
    chat: async (one: RemoteServer) => {
      const { openChatModel } = await import('#src/chat/completions/openai-chat.ts');
      const model = openChatModel(
        await clientOf(one, 'chat', quietly, deadlines.chat),
        limited(one),
      );
      return announced(model, servedBy(one.model, one.baseUrl));
    },
  };
  return withFallbacks(config, roles, open, ladder);
}

async function openEars(
  config: Config['transcription'],
  deadlines: RoleDeadlines,
  stack: AsyncDisposableStack,
  tell: Tell,
): Promise<Transcriber> {
  const role = 'speech to text';
  if (config.kind === 'remote' && config.backend === 'realtime') {
    const { openRealtimeTranscriber } = await import(
      '#src/speech/realtime/realtime-transcriber.ts'
    );
    stopwatch(role, `${config.model} at ${new URL(config.baseUrl).host}, realtime`, tell)();
    const limits = { settleMs: Math.max(15_000, deadlines[role].coldFirstMs) };
    return stack.use(openRealtimeTranscriber({ ...config, limits }));
  }
  if (config.kind === 'remote') {
    const { openTranscriber } = await import('#src/speech/openai/openai-transcriber.ts');
    return openTranscriber(await clientOf(config, role, tell, deadlines[role]), config);
  }
  const ready = stopwatch(role, 'embedded, English, demo quality', tell);
  const onProgress = (fraction: number) => tell({ kind: 'loading', role, fraction });
  const transcriber = stack.use(await openEmbeddedTranscriber({ onProgress }));
  ready();
  return transcriber;
}

function openRough(stack: AsyncDisposableStack): Transcriber {
  return roughTranscriberOf(async () => stack.use(await openEmbeddedTranscriber({})));
}

async function openVoice(
  config: Config['speech'],
  deadlines: RoleDeadlines,
  stack: AsyncDisposableStack,
  tell: Tell,
): Promise<Synthesizer & Partial<Pick<RealtimeSynthesizer, 'warm'>>> {
  const role = 'text to speech';
  if (config.kind === 'remote' && config.backend === 'realtime') {
    const { openRealtimeSynthesizer } = await import(
      '#src/speech/realtime/realtime-synthesizer.ts'
    );
    const provider = new URL(config.baseUrl).host;
    stopwatch(role, `${config.model} at ${provider}, realtime`, tell)();
    const onReading = (reading: ReadingAccuracy) => tell({ kind: 'reading', provider, ...reading });
    const { firstMs, idleMs } = deadlines[role];
    const limits = { firstMs: Math.max(20_000, firstMs), idleMs: Math.max(10_000, idleMs) };
    return stack.use(openRealtimeSynthesizer({ ...config, limits, onReading }));
  }
  if (config.kind === 'remote' && config.backend === 'chat-audio') {
    const { openAudioChat } = await import('#src/chat/completions/audio-chat.ts');
    const { audioModelVoice } = await import('#src/pipeline/audio-model-voice.ts');
    const { instructions } = config;
    const client = await clientOf(config, role, tell, deadlines[role]);
    const model = openAudioChat(client, limited(config), realClock);
    return audioModelVoice(model, { ...(instructions && { instructions }) });
  }
  if (config.kind === 'remote') {
    const { openSynthesizer } = await import('#src/speech/openai/openai-synthesizer.ts');
    const decode = openSpeechDecoder(stack);
    return openSynthesizer(await clientOf(config, role, tell, deadlines[role]), {
      ...config,
      decode,
    });
  }
  const { voice } = config;
  const ready = stopwatch(role, `embedded, English, voice ${voice ?? standardEmbeddedVoice}`, tell);
  const onProgress = (fraction: number) => tell({ kind: 'loading', role, fraction });
  const synthesizer = stack.use(
    await openEmbeddedSynthesizer({ onProgress, ...(voice && { voice }) }),
  );
  ready();
  return synthesizer;
}

async function openChat(
  { chat: config, audioModel, deadlines }: Config,
  tell: Tell,
): Promise<Pick<Engines, 'chat' | 'chatName' | 'audioModel'>> {
  if (config.kind === 'remote') {
    const chatName = new URL(config.baseUrl).host;
    const client = await clientOf(config, 'chat', tell, deadlines.chat);
    const hearing = await openHearing(client, audioModel);
    if (hearing && audioModel.model === config.model) {
      const { writtenBy } = await import('#src/chat/completions/audio-chat-text.ts');
      return { chat: () => writtenBy(hearing), chatName, audioModel: hearing };
    }
    const { openChatModel } = await import('#src/chat/completions/openai-chat.ts');
    const model = openChatModel(client, limited(config));
    return { chat: () => model, chatName, ...(hearing && { audioModel: hearing }) };
  }
  const advice = 'for a model set CHAT_COMPLETION_BASE_URL';
  tell({ kind: 'ready', role: 'chat', what: 'built-in stand-in', tookMs: 0, advice });
  const { wallMs } = realClock;
  return {
    chat: (botName) => openStandIn({ wallMs, random: Math.random, botName }),
    chatName: 'the stand-in',
  };
}

/** Opening costs nothing until it is asked. */
async function openHearing(
  client: Awaited<ReturnType<typeof clientOf>>,
  { model, ...options }: AudioModel,
): Promise<AudioChatModel | undefined> {
  if (model === undefined) return undefined;
  const { openAudioChat } = await import('#src/chat/completions/audio-chat.ts');
  return openAudioChat(client, limited({ ...options, model }), realClock);
}

/** Opening costs nothing until it is asked. */
async function openRealtime(
  config: Config,
  roles: EngineRoles,
  ladder: LadderParts,
): Promise<Engines['realtime']> {
  const { realtime: server } = config;
  if (!server) return undefined;
  const { openRealtimeTalk } = await import('#src/chat/realtime/realtime-talk.ts');
  const { realtime } = await import('#src/pipeline/realtime.ts');
  const { realtimeStandIn } = await import('./engine-fallbacks.ts');
  const withStandIn = realtimeStandIn(config, roles, ladder);
  const parts = { synthesizer: roles.synthesizer, ...(withStandIn && { withStandIn }) };
  const { firstMs = config.deadlines.chat.firstMs, idleMs } = config.deadlines.realtime;
  const limits = { firstMs, ...(idleMs !== undefined && { idleMs }) };
  return () => realtime({ talk: openRealtimeTalk({ ...limited(server), limits }), ...parts });
}

/** Nothing of it is loaded where the operator has set none. */
async function openOwnBrains(
  config: Config,
  { synthesizer }: EngineRoles,
  ladder: LadderParts,
): Promise<Engines['brains']> {
  if (config.brains.length === 0) return new Map();
  const { openBrains } = await import('./brains.ts');
  const { deadlines } = config;
  const clientFor = (server: RemoteServer) => clientOf(server, 'chat', ladder.tell, deadlines.chat);
  return await openBrains(config, {
    synthesizer,
    clientOf: clientFor,
    ladder: { ...ladder, deadlines },
  });
}

async function openWatch(
  config: Config,
  stack: AsyncDisposableStack,
  tell: Tell,
): Promise<Engines['modelNews']> {
  const models = modelsInUse(config);
  if (models.length === 0) return () => [];
  const { ModelWatch } = await import('#src/provider/models/model-watch.ts');
  const onNews = (news: readonly ModelNews[]) => tell({ kind: 'models', news });
  const watch = stack.use(new ModelWatch({ models, clock: realClock, onNews }));
  return () => watch.news();
}

/** No answer takes more than is put aside for it. */
function limited<T extends object>(options: T): T & { readonly maxTokens: number } {
  return { ...options, maxTokens: mostAnswerTokens };
}

async function clientOf(
  { baseUrl, model, apiKey }: RemoteServer,
  role: ProviderRole,
  tell: Tell,
  within: Deadlines,
) {
  const { openClient } = await import('#src/provider/client.ts');
  stopwatch(role, `${model} at ${new URL(baseUrl).host}`, tell)();
  const onBaseUrl = (found: string) => tell({ kind: 'base-url', role, found });
  const onBuffered = () => tell({ kind: 'buffered', role });
  return openClient({
    baseUrl,
    limits: limitsOf(within),
    onBaseUrl,
    onBuffered,
    ...(apiKey && { apiKey }),
  });
}

/** Bytes may come long before output does, so none of them are missed sooner than that. */
function limitsOf({ coldFirstMs, idleMs }: Deadlines): Partial<Limits> {
  return {
    firstByteMs: Math.max(30_000, coldFirstMs),
    idleMs: Math.max(15_000, coldFirstMs, idleMs),
  };
}

function stopwatch(role: ProviderRole, what: string, tell: Tell): () => void {
  const startedMs = realClock.nowMs();
  return () => tell({ kind: 'ready', role, what, tookMs: realClock.nowMs() - startedMs });
}
