import { realClock } from '#src/base/clock.ts';
import { announced, chatWithFallbacks } from '#src/chat/metered-chat.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import type { Config, Embedded, RemoteServer } from '#src/config/types.ts';
import { audioModelStandIn } from '#src/pipeline/audio-model/audio-model-stand-in.ts';
import type { RoleDeadlines } from '#src/provider/deadlines.ts';
import { Breaker, type Fallback, FallbackChain } from '#src/provider/fallback-chain.ts';
import { servedBy } from '#src/provider/models/models.ts';
import type { ProviderNews, ProviderRole } from '#src/provider/provider-news.ts';
import {
  synthesizerWithFallbacks,
  transcriberWithFallbacks,
} from '#src/speech/fallbacks/speech-fallbacks.ts';
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
type ServedEngine<E> = {
  readonly config: RemoteServer | Embedded;
  readonly engine: () => E | Promise<E>;
};

/** Breaker limits of an engine that has a fallback: it rests after its first failure. */
const replaceable = { failures: 1, firstRestMs: 5_000, longestRestMs: 60_000 };
/** Breaker limits of an engine without a fallback: it is asked as long as there is hope. */
const only = { failures: 5, firstRestMs: 2_000, longestRestMs: 30_000 };
/** Time, in ms, without output after which the stand-in of a Realtime server answers, and the longest pause in its answer. */
const [realtimeFirstMs, realtimeIdleMs] = [20_000, 10_000];
/** Names of embedded engines in logs and texts, by role. */
const embeddedNames = {
  'speech to text': 'PocketSphinx',
  'text to speech': 'Flite',
  chat: 'the built-in list',
} as const;

/** Engine roles with a breaker each: while one fails, its fallbacks, if there are any, are asked in its place. */
export function withFallbacks(
  config: Config,
  roles: EngineRoles,
  open: Openers,
  report: ReportEngineNews,
): EngineRoles {
  const { transcription, chat, speech, fallbacks, deadlines } = config;
  /** The fallback is opened when it is first needed. */
  const chain = <E, C extends RemoteServer | Embedded>(
    role: ProviderRole,
    first: ServedEngine<E>,
    fallback: C | undefined,
    openFallback: (config: C) => Promise<E>,
  ): FallbackChain<E> => {
    const engines = [first];
    if (fallback) engines.push({ config: fallback, engine: lazily(() => openFallback(fallback)) });
    return chainOf(role, engines, { deadlines, report });
  };
  let { audioModel, chat: chatNamed, synthesizer, transcriber } = roles;
  if (transcription.kind === 'remote') {
    const first = { config: transcription, engine: () => roles.transcriber };
    const listens = transcriber.listen !== undefined;
    const engines = chain('speech to text', first, fallbacks.transcription, open.transcriber);
    transcriber = transcriberWithFallbacks(engines, listens);
  }
  if (speech.kind === 'remote') {
    const first = { config: speech, engine: () => roles.synthesizer };
    const engines = chain('text to speech', first, fallbacks.speech, open.voice);
    synthesizer = synthesizerWithFallbacks(engines);
  }
  if (chat.kind === 'remote') {
    const written = roles.chat('');
    const first = { config: chat, engine: () => written };
    const model = chatWithFallbacks(chain('chat', first, fallbacks.chat, open.chat));
    chatNamed = () => model;
  }
  if (chat.kind === 'remote' && audioModel) {
    const hearing = audioModel;
    const first = { config: chat, engine: () => hearing };
    const openHearing = async (one: RemoteServer) => audioModelStandIn(await open.chat(one));
    audioModel = chatWithFallbacks(chain('chat', first, fallbacks.chat, openHearing));
  }
  return { audioModel, chat: chatNamed, synthesizer, transcriber };
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
  const limits = {
    ...deadlines.chat,
    firstMs: realtimeFirstMs,
    coldFirstMs: realtimeFirstMs,
    idleMs: Math.min(realtimeIdleMs, deadlines.chat.idleMs),
  };
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

function chainOf<E>(
  role: ProviderRole,
  engines: readonly ServedEngine<E>[],
  { deadlines, report }: { readonly deadlines: RoleDeadlines; readonly report: ReportEngineNews },
): FallbackChain<E> {
  const configs = engines.map(({ config }) => config);
  const limits = engines.length > 1 ? replaceable : only;
  const fallbacks = engines.map(
    ({ config, engine }): Fallback<E> => ({
      provider: nameOf(role, config, configs),
      breaker: new Breaker(limits, realClock),
      engine,
    }),
  );
  const clock = realClock;
  return new FallbackChain({ role, fallbacks, clock, deadlines: deadlines[role], report });
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
