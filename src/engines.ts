import { realClock } from '#src/base/clock.ts';
import type { AudioChatModel } from '#src/chat/audio-chat-ports.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import { openStandIn } from '#src/chat/stand-in.ts';
import type { ModelNews } from '#src/provider/models.ts';
import { openEmbeddedSynthesizer } from '#src/speech/embedded-synthesizer.ts';
import { openEmbeddedTranscriber } from '#src/speech/embedded-transcriber.ts';
import type { Synthesizer, Transcriber } from '#src/speech/ports.ts';
import type { AudioModel, Config, Remote } from './config.ts';
import { modelsInUse } from './config-models.ts';

export type Role = 'speech to text' | 'chat' | 'text to speech';

/** What an operator is told of the engines while they are made ready. */
export type EngineNews =
  | { readonly kind: 'loading'; readonly role: Role; readonly fraction: number }
  | {
      readonly kind: 'ready';
      readonly role: Role;
      readonly what: string;
      readonly tookMs: number;
      readonly advice?: string;
    }
  /** The base URL works only with `/v1` behind it. */
  | { readonly kind: 'base-url'; readonly role: Role; readonly found: string }
  /** Models that are gone or about to go, once a day each. */
  | { readonly kind: 'models'; readonly news: readonly ModelNews[] };

/** Which engine serves which role, ready to use. */
export type Engines = {
  readonly transcriber: Transcriber;
  readonly synthesizer: Synthesizer;
  readonly chatName: string;
  chat(botName: string): ChatModel;
  /** Present for a pipeline whose model hears and speaks. */
  readonly audioModel?: AudioChatModel;
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
    const warm = await openWarmth(config, stack);
    const modelNews = await openWatch(config, stack, tell);
    warm();
    return {
      transcriber,
      synthesizer,
      ...chat,
      warm,
      modelNews,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function openEars(
  config: Config['transcription'],
  stack: AsyncDisposableStack,
  tell: Tell,
): Promise<Transcriber> {
  const role = 'speech to text';
  if (config.kind === 'remote' && config.backend === 'realtime') {
    const { openRealtimeTranscriber } = await import('#src/speech/realtime-transcriber.ts');
    stopwatch(role, `${config.model} at ${new URL(config.baseUrl).host}, realtime`, tell)();
    return stack.use(openRealtimeTranscriber(config));
  }
  if (config.kind === 'remote') {
    const { openTranscriber } = await import('#src/speech/openai-transcriber.ts');
    return openTranscriber(await clientOf(config, role, tell), config);
  }
  const ready = stopwatch(role, 'embedded, English, demo quality', tell);
  const onProgress = (fraction: number) => tell({ kind: 'loading', role, fraction });
  const transcriber = stack.use(await openEmbeddedTranscriber({ onProgress }));
  ready();
  return transcriber;
}

async function openVoice(
  config: Config['speech'],
  stack: AsyncDisposableStack,
  tell: Tell,
): Promise<Synthesizer> {
  const role = 'text to speech';
  if (config.kind === 'remote' && config.backend === 'chat-audio') {
    const { openAudioChat } = await import('#src/chat/audio-chat.ts');
    const { audioModelVoice } = await import('#src/pipeline/audio-model-voice.ts');
    const { instructions } = config;
    const model = openAudioChat(await clientOf(config, role, tell), config, realClock);
    return audioModelVoice(model, { ...(instructions && { instructions }) });
  }
  if (config.kind === 'remote') {
    const { openSynthesizer } = await import('#src/speech/openai-synthesizer.ts');
    return openSynthesizer(await clientOf(config, role, tell), config);
  }
  const { voice } = config;
  const ready = stopwatch(role, `embedded, English, voice ${voice ?? 'slt'}`, tell);
  const onProgress = (fraction: number) => tell({ kind: 'loading', role, fraction });
  const synthesizer = stack.use(
    await openEmbeddedSynthesizer({ onProgress, ...(voice && { voice }) }),
  );
  ready();
  return synthesizer;
}

async function openChat(
  { chat: config, audioModel }: Config,
  tell: Tell,
): Promise<Pick<Engines, 'chat' | 'chatName' | 'audioModel'>> {
  if (config.kind === 'remote') {
    const chatName = new URL(config.baseUrl).host;
    const client = await clientOf(config, 'chat', tell);
    const hearing = await openHearing(client, audioModel);
    if (hearing && audioModel.model === config.model) {
      const { writtenBy } = await import('#src/chat/audio-chat-text.ts');
      return { chat: () => writtenBy(hearing), chatName, audioModel: hearing };
    }
    const { openChatModel } = await import('#src/chat/openai-chat.ts');
    const model = openChatModel(client, config);
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
  const { openAudioChat } = await import('#src/chat/audio-chat.ts');
  return openAudioChat(client, { ...options, model }, realClock);
}

/** A realtime connection is kept open by itself. */
async function openWarmth(
  { transcription, chat, speech }: Config,
  stack: AsyncDisposableStack,
): Promise<() => void> {
  const addresses = [transcription, chat, speech].flatMap((role) => {
    const viaFetch = role.kind === 'remote' && !('backend' in role && role.backend === 'realtime');
    return viaFetch ? [role.baseUrl] : [];
  });
  if (addresses.length === 0) return () => {};
  const { WarmConnections } = await import('#src/provider/warm-connections.ts');
  const connections = stack.use(new WarmConnections(addresses, realClock));
  return () => connections.warm();
}

async function openWatch(
  config: Config,
  stack: AsyncDisposableStack,
  tell: Tell,
): Promise<Engines['modelNews']> {
  const models = modelsInUse(config);
  if (models.length === 0) return () => [];
  const { ModelWatch } = await import('#src/provider/model-watch.ts');
  const onNews = (news: readonly ModelNews[]) => tell({ kind: 'models', news });
  const watch = stack.use(new ModelWatch({ models, clock: realClock, onNews }));
  return () => watch.news();
}

async function clientOf({ baseUrl, model, apiKey }: Remote, role: Role, tell: Tell) {
  const { openClient } = await import('#src/provider/client.ts');
  stopwatch(role, `${model} at ${new URL(baseUrl).host}`, tell)();
  const onBaseUrl = (found: string) => tell({ kind: 'base-url', role, found });
  return openClient({ baseUrl, onBaseUrl, ...(apiKey && { apiKey }) });
}

function stopwatch(role: Role, what: string, tell: Tell): () => void {
  const startedMs = realClock.nowMs();
  return () => tell({ kind: 'ready', role, what, tookMs: realClock.nowMs() - startedMs });
}
