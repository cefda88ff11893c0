import { realClock } from '#src/base/clock.ts';
import { chatWithFallbacks } from '#src/chat/chat-fallbacks.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import { announced } from '#src/chat/usage.ts';
import type { Config, Embedded, RemoteServer } from '#src/config/types.ts';
import { audioModelStandIn } from '#src/pipeline/audio-model/audio-model-stand-in.ts';
import { Breaker } from '#src/provider/breaker.ts';
import type { RoleDeadlines } from '#src/provider/deadlines.ts';
import { type Fallback, FallbackChain } from '#src/provider/fallback-chain.ts';
import { servedBy } from '#src/provider/models/served-by.ts';
import type { ProviderNews, ProviderRole } from '#src/provider/provider-news.ts';
import { synthesizerWithFallbacks } from '#src/speech/fallbacks/synthesizer-fallbacks.ts';
import { transcriberWithFallbacks } from '#src/speech/fallbacks/transcriber-fallbacks.ts';
import type { Synthesizer, Transcriber } from '#src/speech/ports.ts';
import { lazily } from './engine-client.ts';

/** The engines that others can stand in for. */
export type EngineRoles = {
  readonly transcriber: Transcriber;
  readonly synthesizer: Synthesizer;
  chat(botName: string): ChatModel;
  /** Present for a pipeline whose model hears and speaks. */
  readonly audioModel?: ChatModel;
};

/** Opens an engine of a role when it is needed for the first time. */
export type Openers = {
  transcriber(config: Config['transcription']): Promise<Transcriber>;
  voice(config: Config['speech']): Promise<Synthesizer>;
  chat(config: RemoteServer): Promise<ChatModel>;
};

type ReportEngineNews = (news: ProviderNews) => void;
/** The engines of one role, as they are set. */
type RoleEngines<E> = {
  readonly first: { readonly config: RemoteServer; readonly engine: E };
  readonly fallback: RoleFallback<E> | undefined;
};
type RoleFallback<E> = {
  readonly config: RemoteServer | Embedded;
  readonly engine: () => E | Promise<E>;
};

/** Breaker limits of an engine that has a fallback: it rests after its first failure. */
const replaceable = { failures: 1, firstRestMs: 5_000, longestRestMs: 60_000 };
/** Breaker limits of an engine without a fallback: it is asked as long as there is hope. */
const only = { failures: 5, firstRestMs: 2_000, longestRestMs: 30_000 };
/** Time, in ms, without output after which the stand-in of a Realtime server answers. */
const realtimeFirstMs = 20_000;
/** Names of embedded engines in logs and texts, by role. */
const embeddedNames = {
  'speech to text': 'PocketSphinx',
  'text to speech': 'Flite',
  chat: 'the built-in list',
} as const;

/** Parts that build the fallback chain of a role. */
export type ChainParts = {
  readonly deadlines: RoleDeadlines;
  readonly report: ReportEngineNews;
};

/** Engine roles with a breaker each: while one fails, its fallbacks, if there are any, are asked in its place. */
export function withFallbacks(
  config: Config,
  roles: EngineRoles,
  open: Openers,
  report: ReportEngineNews,
): EngineRoles {
  const { transcription, chat, speech, fallbacks, deadlines } = config;
  const chainParts: ChainParts = { deadlines, report };
  let { transcriber, synthesizer } = roles;
  if (transcription.kind === 'remote') {
    const first = { config: transcription, engine: transcriber };
    const order = { first, fallback: fallbackOf(fallbacks.transcription, open.transcriber) };
    const listens = transcriber.listen !== undefined;
    transcriber = transcriberWithFallbacks(chainOf('speech to text', order, chainParts), listens);
  }
  if (speech.kind === 'remote') {
    const first = { config: speech, engine: synthesizer };
    const fallback = fallbackOf(fallbacks.speech, open.voice);
    const order = { first, fallback };
    synthesizer = synthesizerWithFallbacks(chainOf('text to speech', order, chainParts));
  }
  if (chat.kind === 'embedded') return { ...roles, transcriber, synthesizer };
  const thinking = {
    transcriber,
    synthesizer,
    chat: chatOf(chat, config, roles, open, chainParts),
  };
  const { audioModel: hearing } = roles;
  if (!hearing) return thinking;
  const first = { config: chat, engine: hearing };
  const openHearing = async (one: RemoteServer) => audioModelStandIn(await open.chat(one));
  const order = { first, fallback: fallbackOf(fallbacks.chat, openHearing) };
  return { ...thinking, audioModel: chatWithFallbacks(chainOf('chat', order, chainParts)) };
}

type RealtimeFallback = Pick<Config, 'chat' | 'deadlines'> & {
  readonly realtime: Pick<RemoteServer, 'baseUrl' | 'model'>;
};

/**
 * Has the chat model, if there is one but the embedded, answer in the place of a failing Realtime server, by recognised words
 * and with the voice behind it. A connection that is lost before an answer begins is replaced once.
 */
export function realtimeWithStandIn(
  { realtime, chat, deadlines }: RealtimeFallback,
  roles: Pick<EngineRoles, 'chat'>,
  report: ReportEngineNews,
): (model: ChatModel) => ChatModel {
  const configs = [{ ...realtime, kind: 'remote' as const }, chat];
  const nameIn = (config: RemoteServer | Embedded) => nameOf('chat', config, configs);
  const others: Fallback<ChatModel>[] = [];
  if (chat.kind === 'remote') {
    const model = announced(roles.chat(''), servedBy(chat.model, chat.baseUrl));
    const standIn = audioModelStandIn(model);
    const breaker = new Breaker(only, realClock);
    others.push({ provider: nameIn(chat), breaker, engine: () => standIn });
  }
  const provider = nameIn({ ...realtime, kind: 'remote' });
  const breaker = new Breaker(others.length > 0 ? replaceable : only, realClock);
  const limits = { ...deadlines.chat, firstMs: realtimeFirstMs, coldFirstMs: realtimeFirstMs };
  const usual = {
    role: 'chat',
    clock: realClock,
    deadlines: limits,
    report,
  } as const;
  return (server) => {
    const first = { provider, breaker, engine: () => server };
    return chatWithFallbacks(new FallbackChain({ ...usual, fallbacks: [first, ...others] }));
  };
}

function chatOf(
  chat: RemoteServer,
  { fallbacks }: Config,
  roles: EngineRoles,
  open: Openers,
  chainParts: ChainParts,
): EngineRoles['chat'] {
  const first = { config: chat, engine: roles.chat('') };
  const order = { first, fallback: fallbackOf(fallbacks.chat, open.chat) };
  const model = chatWithFallbacks(chainOf('chat', order, chainParts));
  return () => model;
}

/** A fallback that is opened when it is first needed. */
function fallbackOf<C extends RemoteServer | Embedded, E>(
  config: C | undefined,
  open: (config: C) => Promise<E>,
): RoleFallback<E> | undefined {
  return config && { config, engine: lazily(() => open(config)) };
}

function chainOf<E>(
  role: ProviderRole,
  { first, fallback }: RoleEngines<E>,
  { deadlines, report }: ChainParts,
): FallbackChain<E> {
  const engines: readonly RoleFallback<E>[] = [
    { config: first.config, engine: () => first.engine },
    ...(fallback ? [fallback] : []),
  ];
  const configs = engines.map(({ config }) => config);
  const fallbacks = engines.map(
    ({ config, engine }): Fallback<E> => ({
      provider: nameOf(role, config, configs),
      breaker: new Breaker(fallback ? replaceable : only, realClock),
      engine,
    }),
  );
  return new FallbackChain({
    role,
    fallbacks,
    clock: realClock,
    deadlines: deadlines[role],
    report,
  });
}

/** The host, which people know it by; where two are the same, the model as well. */
function nameOf(
  role: ProviderRole,
  config: RemoteServer | Embedded,
  all: readonly (RemoteServer | Embedded)[],
): string {
  if (config.kind === 'embedded') return embeddedNames[role];
  const hostOf = ({ baseUrl }: RemoteServer) => new URL(baseUrl).host;
  const host = hostOf(config);
  const namesakes = all.filter((one) => one.kind === 'remote' && hostOf(one) === host);
  return namesakes.length > 1 ? `${config.model} at ${host}` : host;
}
