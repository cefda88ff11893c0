import { realClock } from '#src/base/clock.ts';
import { announced, chatWithFallbacks } from '#src/chat/metered-chat.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import type { Config } from '#src/config/config.ts';
import type { EngineChoice, OpenEngines } from '#src/engines/engine.ts';
import { engineOf } from '#src/engines/engines.ts';
import { audioModelStandIn } from '#src/pipeline/audio-model/audio-model-stand-in.ts';
import { Breaker, type Fallback, FallbackChain } from '#src/provider/fallback-chain.ts';
import { type RemoteServer, servedBy } from '#src/provider/models/models.ts';
import type { ProviderNews, ProviderRole } from '#src/provider/provider-news.ts';
import {
  synthesizerWithFallbacks,
  transcriberWithFallbacks,
} from '#src/speech/fallbacks/speech-fallbacks.ts';
import type { Synthesizer, Transcriber } from '#src/speech/ports.ts';

/** The engines that others can stand in for. */
export type EngineRoles = {
  readonly transcriber: Transcriber;
  readonly synthesizer: Synthesizer;
  chat(botName: string): ChatModel;
  /** Present for a pipeline whose model hears and speaks. */
  readonly audioModel?: ChatModel;
};

/** Opens an engine of a role. */
export type OpenEngine = <Role extends ProviderRole>(
  role: Role,
  choice: EngineChoice,
) => Promise<OpenEngines[Role]>;

type ReportEngineNews = (news: ProviderNews) => void;
type ServedEngine<E> = {
  readonly choice: EngineChoice;
  readonly engine: () => E | Promise<E>;
};

/** Breaker limits of an engine that has a fallback: it rests after its first failure. */
const replaceable = { failures: 1, firstRestMs: 5_000, longestRestMs: 60_000 };
/** Breaker limits of an engine without a fallback: it is asked as long as there is hope. */
const only = { failures: 5, firstRestMs: 2_000, longestRestMs: 30_000 };
/** Time, in ms, without output after which the stand-in of a Realtime server answers, and the longest pause in its answer. */
const [realtimeFirstMs, realtimeIdleMs] = [20_000, 10_000];

/** Engine roles with a breaker each: while one fails, its fallback, if there is one, is opened and asked in its place. */
export function withFallbacks(
  { transcription, chat, speech, fallbacks, deadlines }: Config,
  roles: EngineRoles,
  open: OpenEngine,
  report: ReportEngineNews,
): EngineRoles {
  const chain = <E>(
    role: ProviderRole,
    first: ServedEngine<E>,
    fallback: EngineChoice | undefined,
    openFallback: (choice: EngineChoice) => Promise<E>,
  ): FallbackChain<E> => {
    const engines = [first];
    if (fallback) engines.push({ choice: fallback, engine: lazily(() => openFallback(fallback)) });
    const choices = engines.map(({ choice }) => choice);
    const limits = engines.length > 1 ? replaceable : only;
    return new FallbackChain({
      role,
      fallbacks: engines.map(({ choice, engine }) => ({
        provider: providerName(role, choice, choices),
        breaker: new Breaker(limits, realClock),
        engine,
      })),
      clock: realClock,
      deadlines: deadlines[role],
      report,
    });
  };
  let { audioModel, chat: chatNamed, synthesizer, transcriber } = roles;
  if (transcription.kind !== 'local') {
    const first = { choice: transcription, engine: () => roles.transcriber };
    const openFallback = (choice: EngineChoice) => open('speech to text', choice);
    const engines = chain('speech to text', first, fallbacks.transcription, openFallback);
    transcriber = transcriberWithFallbacks(engines, transcriber.listen !== undefined);
  }
  if (speech.kind !== 'local') {
    const first = { choice: speech, engine: () => roles.synthesizer };
    const openFallback = (choice: EngineChoice) => open('text to speech', choice);
    const engines = chain('text to speech', first, fallbacks.speech, openFallback);
    synthesizer = synthesizerWithFallbacks(engines);
  }
  if (chat.kind !== 'local') {
    const written = roles.chat('');
    const first = { choice: chat, engine: () => written };
    const openFallback = async (choice: EngineChoice) =>
      announcedBy(choice, await open('chat', choice));
    const model = chatWithFallbacks(chain('chat', first, fallbacks.chat, openFallback));
    chatNamed = () => model;
    if (audioModel) {
      const hearing = audioModel;
      const hears = { choice: chat, engine: () => hearing };
      const openHearing = async (choice: EngineChoice) =>
        audioModelStandIn(await openFallback(choice));
      audioModel = chatWithFallbacks(chain('chat', hears, fallbacks.chat, openHearing));
    }
  }
  return { audioModel, chat: chatNamed, synthesizer, transcriber };
}

/** A chat model that first reports its server, where it has one. */
function announcedBy(choice: EngineChoice, model: ChatModel): ChatModel {
  return choice.kind === 'remote'
    ? announced(model, servedBy(choice.model, choice.baseUrl))
    : model;
}

/**
 * Has the chat model, if there is one but the stand-in, answer in the place of a failing Realtime server, by recognised words
 * and with the voice behind it. A connection that is lost before an answer begins is replaced once.
 */
export function realtimeWithStandIn(
  realtime: RemoteServer,
  { chat, deadlines }: Pick<Config, 'chat' | 'deadlines'>,
  roles: Pick<EngineRoles, 'chat'>,
  report: ReportEngineNews,
): (model: ChatModel) => ChatModel {
  const others: Fallback<ChatModel>[] = [];
  const isShared = 'baseUrl' in chat && hostOf(chat) === hostOf(realtime);
  if (chat.kind !== 'local') {
    const standIn = audioModelStandIn(announcedBy(chat, roles.chat('')));
    const name = providerName('chat', chat, isShared ? [chat, chat] : [chat]);
    const breaker = new Breaker(only, realClock);
    others.push({ provider: name, breaker, engine: () => standIn });
  }
  const host = hostOf(realtime);
  const provider = isShared ? `${realtime.model} at ${host}` : host;
  const breaker = new Breaker(others.length > 0 ? replaceable : only, realClock);
  const limits = {
    ...deadlines.chat,
    firstMs: realtimeFirstMs,
    coldFirstMs: realtimeFirstMs,
    idleMs: Math.min(realtimeIdleMs, deadlines.chat.idleMs),
  };
  const usual = { role: 'chat', clock: realClock, deadlines: limits, report } as const;
  return (server) => {
    const first = { provider, breaker, engine: () => server };
    return chatWithFallbacks(new FallbackChain({ ...usual, fallbacks: [first, ...others] }));
  };
}

/** Name of an engine for the operator: its own, or the host; where two of `all` have one host, the model as well. */
export function providerName(
  role: ProviderRole,
  choice: EngineChoice,
  all: readonly EngineChoice[] = [],
): string {
  if (choice.kind !== 'remote') return engineOf(role, choice).name;
  const host = hostOf(choice);
  const namesakes = all.filter((one) => one.kind === 'remote' && hostOf(one) === host);
  return namesakes.length > 1 ? `${choice.model} at ${host}` : host;
}

function hostOf({ baseUrl }: Pick<RemoteServer, 'baseUrl'>): string {
  return URL.parse(baseUrl)?.host ?? '';
}

/** Opens it once; what could not be opened is tried anew when it is needed again. */
function lazily<E>(open: () => Promise<E>): () => Promise<E> {
  let opening: Promise<E> | undefined;
  return () => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
}
