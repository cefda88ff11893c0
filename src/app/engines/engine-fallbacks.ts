import { realClock } from '#src/base/clock.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import { createChatChain, withServerReport } from '#src/chat/metered-chat.ts';
import type { EngineConfig } from '#src/config/config.ts';
import type { EngineChoice, OpenEngines } from '#src/engines/engine.ts';
import { resolveEngine } from '#src/engines/engines.ts';
import { createAudioModelStandIn } from '#src/pipeline/audio-model/audio-model-stand-in.ts';
import {
  CircuitBreaker,
  type Fallback,
  FallbackChain,
} from '#src/provider/fallback-chain.ts';
import {
  describeServer,
  type RemoteServer,
} from '#src/provider/models/standard-models.ts';
import type { ProviderEvent, ProviderRole } from '#src/provider/provider-event.ts';
import {
  createSynthesizerChain,
  createTranscriberChain,
} from '#src/speech/fallbacks/speech-chains.ts';
import type { Synthesizer, Transcriber } from '#src/speech/speech-engine.ts';

export type EngineRoles = {
  readonly transcriber: Transcriber;
  readonly synthesizer: Synthesizer;
  chat(botName: string): ChatModel;
  /** Present for a pipeline with a model that hears and speaks. */
  readonly audioModel?: ChatModel;
};

export type OpenEngine = <Role extends ProviderRole>(
  role: Role,
  choice: EngineChoice,
) => Promise<OpenEngines[Role]>;

type ReportEngineNews = (news: ProviderEvent) => void;

/** An engine with a fallback rests after its first failure. */
const replaceableBreaker = { failures: 1, firstRestMs: 5_000, maxRestMs: 60_000 };
/** An engine without a fallback is asked as long as there is hope. */
const onlyBreaker = { failures: 5, firstRestMs: 2_000, maxRestMs: 30_000 };
/** The stand-in of a Realtime server answers after `realtimeFirstMs` without output. */
const [realtimeFirstMs, realtimeIdleMs] = [20_000, 10_000];

/** Gives each role a circuit breaker and its fallback. */
export function addFallbacks(
  { transcription, chat, speech, fallbacks, deadlines }: EngineConfig,
  roles: EngineRoles,
  open: OpenEngine,
  report: ReportEngineNews,
): EngineRoles {
  const createChain = <E>(
    role: ProviderRole,
    choice: EngineChoice,
    engine: E,
    fallback: EngineChoice | undefined,
    openFallback: (choice: EngineChoice) => Promise<E>,
  ) => {
    const choices = fallback ? [choice, fallback] : [choice];
    return new FallbackChain<E>({
      role,
      fallbacks: choices.map((one) => ({
        provider: getProviderName(role, one, choices),
        breaker: new CircuitBreaker(
          fallback ? replaceableBreaker : onlyBreaker,
          realClock,
        ),
        getEngine: one === choice ? () => engine : openLazily(() => openFallback(one)),
      })),
      clock: realClock,
      deadlines: deadlines[role],
      report,
    });
  };
  let { audioModel, chat: chatNamed, synthesizer, transcriber } = roles;
  if (transcription.kind !== 'local')
    transcriber = createTranscriberChain(
      createChain(
        'speech to text',
        transcription,
        transcriber,
        fallbacks.transcription,
        (choice) => open('speech to text', choice),
      ),
      transcriber.listen !== undefined,
    );
  if (speech.kind !== 'local')
    synthesizer = createSynthesizerChain(
      createChain('text to speech', speech, synthesizer, fallbacks.speech, (choice) =>
        open('text to speech', choice),
      ),
    );
  if (chat.kind !== 'local') {
    const openChat = async (choice: EngineChoice) =>
      announceModel(choice, await open('chat', choice));
    const model = createChatChain(
      createChain('chat', chat, roles.chat(''), fallbacks.chat, openChat),
    );
    chatNamed = () => model;
    if (audioModel)
      audioModel = createChatChain(
        createChain('chat', chat, audioModel, fallbacks.chat, async (one) =>
          createAudioModelStandIn(await openChat(one)),
        ),
      );
  }
  return { audioModel, chat: chatNamed, synthesizer, transcriber };
}

/** Reports the server of the model before each answer. */
function announceModel(choice: EngineChoice, model: ChatModel) {
  return choice.kind === 'remote'
    ? withServerReport(model, describeServer(choice.model, choice.baseUrl))
    : model;
}

/**
 * Lets the chat model answer for a failing Realtime server, by recognised words. A lost
 * connection is replaced once.
 */
export function openRealtimeWithStandIn(
  realtime: RemoteServer,
  { chat, deadlines }: EngineConfig,
  roles: Pick<EngineRoles, 'chat'>,
  report: ReportEngineNews,
): (model: ChatModel) => ChatModel {
  const others: Fallback<ChatModel>[] = [];
  const isShared = 'baseUrl' in chat && getHost(chat) === getHost(realtime);
  if (chat.kind !== 'local') {
    const standIn = createAudioModelStandIn(announceModel(chat, roles.chat('')));
    others.push({
      provider: getProviderName('chat', chat, isShared ? [chat, chat] : [chat]),
      breaker: new CircuitBreaker(onlyBreaker, realClock),
      getEngine: () => standIn,
    });
  }
  const host = getHost(realtime);
  const provider = isShared ? `${realtime.model} at ${host}` : host;
  const breaker = new CircuitBreaker(
    others.length > 0 ? replaceableBreaker : onlyBreaker,
    realClock,
  );
  const limits = {
    ...deadlines.chat,
    firstMs: realtimeFirstMs,
    coldFirstMs: realtimeFirstMs,
    idleMs: Math.min(realtimeIdleMs, deadlines.chat.idleMs),
  };
  return (server) =>
    createChatChain(
      new FallbackChain({
        role: 'chat',
        clock: realClock,
        deadlines: limits,
        report,
        fallbacks: [{ provider, breaker, getEngine: () => server }, ...others],
      }),
    );
}

/** Names an engine, or its host, with the model if two of `all` share the host. */
export function getProviderName(
  role: ProviderRole,
  choice: EngineChoice,
  all: readonly EngineChoice[] = [],
): string {
  if (choice.kind !== 'remote') return resolveEngine(role, choice).name;
  const host = getHost(choice);
  const namesakes = all.filter((one) => one.kind === 'remote' && getHost(one) === host);
  return namesakes.length > 1 ? `${choice.model} at ${host}` : host;
}

function getHost({ baseUrl }: Pick<RemoteServer, 'baseUrl'>) {
  return URL.parse(baseUrl)?.host ?? '';
}

/** Opens at the first need, and again after a failure. */
function openLazily<E>(open: () => Promise<E>) {
  let opening: Promise<E> | undefined;
  return () => {
    opening ??= open();
    opening.catch(() => {
      opening = undefined;
    });
    return opening;
  };
}
