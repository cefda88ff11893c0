import { type Clock, realClock } from '#src/base/clock.ts';
import type { BotError } from '#src/base/errors.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import {
  createChatChain,
  withServerReport,
  withStartReport,
} from '#src/chat/metered-chat.ts';
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
  /** Returns the chat model that answers in the name of the bot. */
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
/** A Live answer has deadlines of its own: for the floor, a session, speech, and the chat model that works for it. */
export const liveWaitMs = 600_000;

/** One engine of the settings, and the one that takes over from it. */
type ChainChoice<Role extends ProviderRole, E> = {
  readonly role: Role;
  readonly choice: EngineChoice;
  readonly engine: E;
  readonly fallback: EngineChoice | undefined;
  /** Opens the fallback at its first use. */
  readonly openFallback: (choice: EngineChoice) => Promise<E>;
};

function createChain<Role extends ProviderRole, E>(
  { role, choice, engine, fallback, openFallback }: ChainChoice<Role, E>,
  deadlines: EngineConfig['deadlines'],
  report: ReportEngineNews,
) {
  const choices = fallback ? [choice, fallback] : [choice];
  return new FallbackChain<E>({
    role,
    fallbacks: choices.map((engineChoice) => ({
      provider: getProviderName(role, engineChoice, choices),
      breaker: new CircuitBreaker(
        fallback ? replaceableBreaker : onlyBreaker,
        realClock,
      ),
      ...(engineChoice === choice
        ? { engine }
        : { openEngine: openLazily(() => openFallback(engineChoice)) }),
    })),
    clock: realClock,
    deadlines: deadlines[role],
    report,
  });
}

/** Gives each role a circuit breaker and its fallback. */
export function addFallbacks(
  config: EngineConfig,
  roles: EngineRoles,
  open: OpenEngine,
  report: ReportEngineNews,
): EngineRoles {
  const { transcription, speech, fallbacks, deadlines } = config;
  let { synthesizer, transcriber } = roles;
  if (transcription.kind !== 'local')
    transcriber = createTranscriberChain(
      createChain(
        {
          role: 'speech to text',
          choice: transcription,
          engine: transcriber,
          fallback: fallbacks.transcription,
          openFallback: (choice) => open('speech to text', choice),
        },
        deadlines,
        report,
      ),
      transcriber.listen !== undefined,
    );
  if (speech.kind !== 'local')
    synthesizer = createSynthesizerChain(
      createChain(
        {
          role: 'text to speech',
          choice: speech,
          engine: synthesizer,
          fallback: fallbacks.speech,
          openFallback: (choice) => open('text to speech', choice),
        },
        deadlines,
        report,
      ),
    );
  return { ...addChatFallbacks(config, roles, open, report), synthesizer, transcriber };
}

function addChatFallbacks(
  { chat, fallbacks, deadlines }: EngineConfig,
  { audioModel, chat: chatNamed }: EngineRoles,
  open: OpenEngine,
  report: ReportEngineNews,
): Pick<EngineRoles, 'audioModel' | 'chat'> {
  if (chat.kind === 'local') return { audioModel, chat: chatNamed };
  const createModelChain = (
    engine: ChatModel,
    openFallback: (choice: EngineChoice) => Promise<ChatModel>,
  ) => {
    const chainChoice = {
      role: 'chat',
      choice: chat,
      fallback: fallbacks.chat,
    } as const;
    return createChatChain(
      createChain({ ...chainChoice, engine, openFallback }, deadlines, report),
    );
  };
  const openChat = async (choice: EngineChoice) =>
    announceModel(choice, await open('chat', choice));
  const openStandIn = async (choice: EngineChoice) =>
    createAudioModelStandIn(await openChat(choice));
  const model = createModelChain(chatNamed(''), openChat);
  return {
    audioModel: audioModel && createModelChain(audioModel, openStandIn),
    chat: () => model,
  };
}

/** Reports the server of the model before each answer. */
function announceModel(choice: EngineChoice, model: ChatModel) {
  return choice.kind === 'remote'
    ? withServerReport(model, describeServer(choice.model, choice.baseUrl))
    : model;
}

type OpenFallback = Extract<Fallback<ChatModel>, { readonly engine: ChatModel }>;

type StandInWaits = {
  readonly clock?: Clock;
  /** Longest wait for the first part of an answer, and for the next. */
  readonly partMs?: number;
};

/** Called as a server begins to answer, or with its failure as its stand-in does. */
type OnTurn = (failure: BotError | undefined) => void;

/**
 * Lets the chat model answer for a failing Realtime or Live server, by recognised words. A lost
 * connection is replaced once.
 */
export function openRealtimeWithStandIn(
  realtime: RemoteServer,
  { chat, deadlines }: EngineConfig,
  roles: Pick<EngineRoles, 'chat'>,
  report: ReportEngineNews,
  { clock = realClock, partMs }: StandInWaits = {},
): (model: ChatModel, onTurn?: OnTurn) => ChatModel {
  const others: OpenFallback[] = [];
  const isShared = 'baseUrl' in chat && getHost(chat) === getHost(realtime);
  if (chat.kind !== 'local') {
    const standIn = createAudioModelStandIn(announceModel(chat, roles.chat('')));
    others.push({
      provider: getProviderName('chat', chat, isShared ? [chat, chat] : [chat]),
      breaker: new CircuitBreaker(onlyBreaker, clock),
      engine: standIn,
    });
  }
  const hostName = getHost(realtime);
  const provider = isShared ? `${realtime.model} at ${hostName}` : hostName;
  const breaker = new CircuitBreaker(
    others.length > 0 ? replaceableBreaker : onlyBreaker,
    clock,
  );
  const limits = {
    ...deadlines.chat,
    firstMs: partMs ?? realtimeFirstMs,
    coldFirstMs: partMs ?? realtimeFirstMs,
    idleMs: partMs ?? Math.min(realtimeIdleMs, deadlines.chat.idleMs),
  };
  return (server, onTurn) => {
    const first = { provider, breaker, engine: server };
    const fallbacks = onTurn
      ? reportTurns([first, ...others], onTurn)
      : [first, ...others];
    return createChatChain(
      new FallbackChain({
        role: 'chat',
        clock,
        deadlines: limits,
        report,
        fallbacks,
      }),
    );
  };
}

function reportTurns(
  fallbacks: readonly OpenFallback[],
  onTurn: OnTurn,
): readonly OpenFallback[] {
  let failure: BotError | undefined;
  const findFailure = () => failure ?? fallbacks[0]?.breaker.currentRest?.reason;
  return fallbacks.map(({ breaker, engine, provider }, at) => {
    // A chain knows the calls of an engine by the engine.
    const reported = withStartReport(
      engine,
      () => {
        const reason = findFailure();
        if (at === 0) onTurn(undefined);
        else if (reason) onTurn(reason);
      },
      (error) => {
        if (at === 0 && !error.about.isShareUsed) failure = error;
      },
    );
    return { provider, breaker, engine: reported };
  });
}

/** Names an engine, or its host, with the model if two of `all` share the host. */
export function getProviderName(
  role: ProviderRole,
  choice: EngineChoice,
  choices: readonly EngineChoice[] = [],
): string {
  if (choice.kind !== 'remote') return resolveEngine(role, choice).name;
  const hostName = getHost(choice);
  const namesakes = choices.filter(
    (engineChoice) =>
      engineChoice.kind === 'remote' && getHost(engineChoice) === hostName,
  );
  return namesakes.length > 1 ? `${choice.model} at ${hostName}` : hostName;
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
