import { openSpeechDecoder } from '#src/app/speech-decoder.ts';
import { realClock } from '#src/base/clock.ts';
import type { AudioChatModel } from '#src/chat/completions/audio-chat-ports.ts';
import { openStandIn } from '#src/chat/stand-in.ts';
import { announced } from '#src/chat/usage.ts';
import { modelsInUse } from '#src/config/models.ts';
import type { AudioModel, Config, RemoteServer } from '#src/config/types.ts';
import type { Pipeline } from '#src/pipeline/pipeline.ts';
import type { ProviderNews, ProviderRole } from '#src/provider/fallback-chain.ts';
import type { Limits } from '#src/provider/guarded-fetch.ts';
import type { ModelNews } from '#src/provider/models/models.ts';
import { servedBy } from '#src/provider/models/served-by.ts';
import { openEmbeddedSynthesizer } from '#src/speech/embedded/embedded-synthesizer.ts';
import { openEmbeddedTranscriber } from '#src/speech/embedded/embedded-transcriber.ts';
import { standardEmbeddedVoice } from '#src/speech/embedded/flite-voices.ts';
import type { Synthesizer, Transcriber } from '#src/speech/ports.ts';
import type { ReadingAccuracy } from '#src/speech/reading-check.ts';
import type { RealtimeSynthesizer } from '#src/speech/realtime/realtime-synthesizer.ts';
import { mostAnswerTokens } from '#src/spending/tariff.ts';
import type { EngineRoles } from './engine-fallbacks.ts';
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
  /** Somebody begins to speak: opens connections before they are needed. Never throws and never waits. */
  warm(): void;
  /** Models that need the operator's attention, as of today. */
  modelNews(): readonly ModelNews[];
} & AsyncDisposable;

type Tell = (news: EngineNews) => void;

/**
 * Makes all roles ready at the same time. Errors: BotError `speech.failed`.
 *
 * What speaks to servers is imported only for a role that has one: the client alone takes 18 MB.
 */
export async function openEngines(config: Config, tell: Tell): Promise<Engines> {
  const stack = new AsyncDisposableStack();
  try {
    const ears = openEars(config.transcription, stack, tell);
    const voice = openVoice(config.speech, stack, tell);
    await Promise.allSettled([ears, voice]); // one that fails must not leave the other half open
    const [transcriber, synthesizer] = [await ears, await voice];
    const chat = await openChat(config, tell);
    const roles = await openLadders(config, { transcriber, synthesizer, ...chat }, stack, tell);
    const realtime = await openRealtime(config, roles, tell);
    const warm = await openWarmth(config, synthesizer, stack);
    const modelNews = await openWatch(config, stack, tell);
    warm();
    return {
      ...chat,
      ...roles,
      ...(realtime && { realtime }),
      ...(config.transcription.kind === 'remote' && { roughTranscriber: openRough(stack) }),
      warm,
      modelNews,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** What is only asked while something fails is opened then, and not told of. */
async function openLadders(
  config: Config,
  roles: EngineRoles,
  stack: AsyncDisposableStack,
  tell: Tell,
): Promise<EngineRoles> {
  const { transcription, chat, speech } = config;
  if ([transcription, chat, speech].every(({ kind }) => kind === 'embedded')) return roles;
  const { withFallbacks } = await import('./engine-fallbacks.ts');
  const quietly: Tell = (news) =>
    ['base-url', 'reading', 'buffered'].includes(news.kind) ? tell(news) : undefined;
  const open = {
    ears: (one: Config['transcription']) => openEars(one, stack, quietly),
    voice: (one: Config['speech']) => openVoice(one, stack, quietly),
    chat: async (one: RemoteServer) => {
      const { openChatModel } = await import('#src/chat/completions/openai-chat.ts');
      const model = openChatModel(await clientOf(one, 'chat', quietly), limited(one));
      return announced(model, servedBy(one.model, one.baseUrl));
    },
  };
  return withFallbacks(config, roles, open, tell);
}

async function openEars(
  config: Config['transcription'],
  stack: AsyncDisposableStack,
  tell: Tell,
): Promise<Transcriber> {
  const role = 'speech to text';
  if (config.kind === 'remote' && config.backend === 'realtime') {
    const { openRealtimeTranscriber } = await import(
      '#src/speech/realtime/realtime-transcriber.ts'
    );
    stopwatch(role, `${config.model} at ${new URL(config.baseUrl).host}, realtime`, tell)();
    return stack.use(openRealtimeTranscriber(config));
  }
  if (config.kind === 'remote') {
    const { openTranscriber } = await import('#src/speech/openai/openai-transcriber.ts');
    return openTranscriber(await clientOf(config, role, tell), config);
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
    return stack.use(openRealtimeSynthesizer({ ...config, onReading }));
  }
  if (config.kind === 'remote' && config.backend === 'chat-audio') {
    const { openAudioChat } = await import('#src/chat/completions/audio-chat.ts');
    const { audioModelVoice } = await import('#src/pipeline/audio-model-voice.ts');
    const { instructions } = config;
    const model = openAudioChat(await clientOf(config, role, tell), limited(config), realClock);
    return audioModelVoice(model, { ...(instructions && { instructions }) });
  }
  if (config.kind === 'remote') {
    const { openSynthesizer } = await import('#src/speech/openai/openai-synthesizer.ts');
    const decode = openSpeechDecoder(stack);
    return openSynthesizer(await clientOf(config, role, tell), { ...config, decode });
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
  { chat: config, audioModel, fallbacks }: Config,
  tell: Tell,
): Promise<Pick<Engines, 'chat' | 'chatName' | 'audioModel'>> {
  if (config.kind === 'remote') {
    const chatName = new URL(config.baseUrl).host;
    const limits = fallbacks.chat.length > 0 ? impatient : {};
    const client = await clientOf(config, 'chat', tell, limits);
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
  tell: Tell,
): Promise<Engines['realtime']> {
  const { realtime: server } = config;
  if (!server) return undefined;
  const { openRealtimeTalk } = await import('#src/chat/realtime/realtime-talk.ts');
  const { realtime } = await import('#src/pipeline/realtime.ts');
  const { realtimeStandIn } = await import('./engine-fallbacks.ts');
  const withStandIn = realtimeStandIn(config, roles, tell);
  const parts = { synthesizer: roles.synthesizer, ...(withStandIn && { withStandIn }) };
  return () => realtime({ talk: openRealtimeTalk(limited(server)), ...parts });
}

/** A realtime connection is kept open by itself, once it was. */
async function openWarmth(
  { transcription, chat, speech }: Config,
  voice: { warm?(): void },
  stack: AsyncDisposableStack,
): Promise<() => void> {
  const addresses = [transcription, chat, speech].flatMap((role) => {
    const viaFetch = role.kind === 'remote' && !('backend' in role && role.backend === 'realtime');
    return viaFetch ? [role.baseUrl] : [];
  });
  if (addresses.length === 0) return () => voice.warm?.();
  const { WarmConnections } = await import('#src/provider/warm-connections.ts');
  const connections = stack.use(new WarmConnections(addresses, realClock));
  return () => {
    connections.warm();
    voice.warm?.();
  };
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

/** Inside an answer a voice that stops is missed at once. */
const inAnswer: Partial<Limits> = { idleMs: 5_000 };
/** Where somebody else can answer. */
const impatient: Partial<Limits> = { firstByteMs: 10_000 };

async function clientOf(
  { baseUrl, model, apiKey }: RemoteServer,
  role: ProviderRole,
  tell: Tell,
  limits: Partial<Limits> = role === 'text to speech' ? inAnswer : {},
) {
  const { openClient } = await import('#src/provider/client.ts');
  stopwatch(role, `${model} at ${new URL(baseUrl).host}`, tell)();
  const onBaseUrl = (found: string) => tell({ kind: 'base-url', role, found });
  const onBuffered = () => tell({ kind: 'buffered', role });
  return openClient({ baseUrl, limits, onBaseUrl, onBuffered, ...(apiKey && { apiKey }) });
}

function stopwatch(role: ProviderRole, what: string, tell: Tell): () => void {
  const startedMs = realClock.nowMs();
  return () => tell({ kind: 'ready', role, what, tookMs: realClock.nowMs() - startedMs });
}
