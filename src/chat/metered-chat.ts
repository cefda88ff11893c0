import { BotError } from '#src/base/errors.ts';
import type { FallbackChain } from '#src/provider/fallback-chain.ts';
import {
  countPictures,
  maxPictureTokens,
  msPerTokenHeard,
  msPerTokenSpoken,
  type ReservationResult,
  runReserved,
  type TokenUsage,
  type TryCount,
} from '#src/provider/models/request-reservation.ts';
import type { ServedBy } from '#src/provider/models/standard-models.ts';
import type {
  ChatMessage,
  ChatModel,
  ChatPart,
  ToolCall,
  Usage,
} from './chat-model.ts';

/** Tokens of European languages are about this long, and tokens of others are shorter. */
const bytesPerToken = 4;
const soundBytesPerMs = 48;

/** Creates the BotError of a request whose pictures were rejected. */
export function createPicturesError(): BotError {
  const message = 'The chat model does not take the pictures of a question.';
  const about = { takesNoPictures: true } as const;
  return new BotError('provider.refused', false, message, undefined, undefined, about);
}

/** Wraps a model so that each answer begins with a usage that names the server. */
export function withServerReport(model: ChatModel, by: ServedBy): ChatModel {
  const usage: Usage = { inputTokens: 0, outputTokens: 0, isEstimate: true, by };
  const { wrapEach } = model;
  return {
    async *reply(messages, tools, signal, ...options) {
      // The server is reported first, so that it is known for an answer that is cut.
      signal.throwIfAborted();
      yield { kind: 'usage', usage };
      yield* model.reply(messages, tools, signal, ...options);
    },
    canTakePictures: () => model.canTakePictures?.() ?? false,
    wrapEach:
      wrapEach &&
      ((wrap) => wrapEach.call(model, (engine) => wrap(withServerReport(engine, by)))),
  };
}

/** Wraps a model so that `onLoading` is called each time that its server says that the model is still loading. */
export function withLoadingReport(
  chat: ChatModel,
  onLoading: (() => void) | undefined,
): ChatModel {
  const { wrapEach } = chat;
  if (!onLoading) return chat;
  if (wrapEach)
    return wrapEach.call(chat, (engine) => withLoadingReport(engine, onLoading));
  return {
    async *reply(...request) {
      try {
        yield* chat.reply(...request);
      } catch (error) {
        if (error instanceof BotError && error.code === 'provider.loading') onLoading();
        throw error;
      }
    },
  };
}

/** Wraps a model so that `onFirst` is called with the first part of each answer, and `onFailed` with an error before it. */
export function withStartReport(
  chat: ChatModel,
  onFirst: () => void,
  onFailed: (failure: BotError) => void = () => undefined,
): ChatModel {
  const { wrapEach } = chat;
  if (wrapEach)
    return wrapEach.call(chat, (engine) => withStartReport(engine, onFirst, onFailed));
  return {
    async *reply(...request) {
      let hasBegun = false;
      try {
        for await (const part of chat.reply(...request)) {
          if (!hasBegun && isOutputPart(part)) onFirst();
          hasBegun ||= isOutputPart(part);
          yield part;
        }
      } catch (error) {
        if (error instanceof BotError && !hasBegun) onFailed(error);
        throw error;
      }
    },
  };
}

/** Returns whether a usage is the count of a server, rather than an estimate. */
export function isReportedUsage(usage: Usage | undefined): boolean {
  return usage !== undefined && !usage.isEstimate;
}

function estimateTokens(text: string) {
  return Math.ceil(Buffer.byteLength(text) / bytesPerToken);
}

/** Counts the requests of a chat model, and may refuse more. */
export type ChatMeter = {
  /**
   * Counts a request at its end, by reported or estimated usage. A request rejected before its first word does not
   * count. Never throws.
   */
  recordUsage(usage: Usage): void;
  /**
   * Reserves money, and so limits the tokens of the answer. Undefined for no limit. Throws BotError `budget.used`.
   */
  reserveRequest?(
    messages: readonly object[],
    tools: readonly object[],
    heardMs: number,
  ): ReservationResult;
};

/** Counts the time or the turns of a session with a live model, and may refuse more. */
export type TalkMeter = {
  /** Reserves money for so many ms of a server, at least `minMs`. Undefined for no limit. Throws BotError `budget.used`. */
  reserveTalk?(ms: number, minMs: number, by: ServedBy): ReservationResult;
  /** Pays for time that has passed. Never throws. */
  recordTalk?(ms: number, by: ServedBy): void;
  /** Reserves money for a turn of at most so many tokens, all or nothing. Undefined for no limit. Throws BotError `budget.used`. */
  reserveTurn?(most: TokenUsage, by: ServedBy): ReservationResult;
  /** Pays for a turn that began `ms` ago. Never throws. */
  recordTurn?(usage: TokenUsage, ms: number, by: ServedBy): void;
};

/** Counts each request of a chat model by `meter`. Pictures go only to models that take them. */
export function withMeter(
  chat: ChatModel,
  meter: ChatMeter,
  getHeardMs: (messages: readonly ChatMessage[]) => number = () => 0,
): ChatModel {
  const meterModel = (model: ChatModel): ChatModel => {
    const { wrapEach } = model;
    if (wrapEach) return wrapEach.call(model, meterModel);
    return {
      reply(messages, tools, signal, _, voice, sent) {
        if (countPictures(messages) > 0 && !model.canTakePictures?.())
          throw createPicturesError();
        const heardMs = getHeardMs(messages);
        return runReserved(
          {
            reserve: () =>
              meter.reserveRequest?.(
                messages,
                sent ? [...tools, sent] : tools,
                heardMs,
              ),
            ask: (tries) =>
              model.reply(messages, tools, signal, tries.maxUnits, voice, sent, tries),
            createCount: () => new RequestProgress(meter, messages, heardMs),
          },
          signal,
        );
      },
    };
  };
  return meterModel(chat);
}

/** Counts the parts of one answer. */
class RequestProgress implements TryCount<ChatPart> {
  readonly #meter: ChatMeter;
  readonly #messages: readonly ChatMessage[];
  readonly #heardMs: number;
  #text = '';
  #soundBytes = 0;
  #usage: Usage | undefined;
  /** A model that speaks and writes sends its words twice, of which one kind counts. */
  #textKind: 'text' | 'transcript' | undefined;

  constructor(meter: ChatMeter, messages: readonly ChatMessage[], heardMs: number) {
    this.#meter = meter;
    this.#messages = messages;
    this.#heardMs = heardMs;
  }

  /** Notes a part, and returns whether that is output, as an estimate alone is not. */
  isOutput(part: ChatPart): boolean {
    switch (part.kind) {
      case 'text':
      case 'transcript':
        this.#textKind ??= part.kind;
        if (this.#textKind === part.kind) this.#text += part.text;
        return true;
      case 'sound':
        this.#soundBytes += part.bytes.length;
        return true;
      case 'usage':
        this.#usage = part.usage;
        return isReportedUsage(part.usage);
      case 'tool':
        return true;
      case 'cut':
        return false;
    }
  }

  /** Counts the usage that the server reported, or else an estimate by the lengths of request and answer. */
  onEnd(): void {
    this.#meter.recordUsage(this.#getUsage());
  }

  #getUsage(): Usage {
    const [messages, heardMs] = [this.#messages, this.#heardMs];
    if (this.#usage && isReportedUsage(this.#usage)) return this.#usage;
    const requestText = messages.map(({ content }) => content).join('');
    const audioInputTokens = Math.ceil(heardMs / msPerTokenHeard);
    const spokenMs = this.#soundBytes / soundBytesPerMs;
    const audioOutputTokens = Math.ceil(spokenMs / msPerTokenSpoken);
    const hasSound = audioInputTokens + audioOutputTokens > 0;
    return {
      inputTokens:
        estimateTokens(requestText) +
        audioInputTokens +
        countPictures(messages) * maxPictureTokens,
      outputTokens: estimateTokens(this.#text) + audioOutputTokens,
      ...(hasSound && { audioInputTokens, audioOutputTokens }),
      isEstimate: true,
      by: this.#usage?.by,
    };
  }
}

const isOutputPart = ({ kind }: ChatPart) => kind !== 'usage';

/**
 * Combines several chat models. The first that answers is used, and `voice` belongs to the first. A model reads the
 * calls of another one as words.
 */
export function createChatChain(chain: FallbackChain<ChatModel>): ChatModel {
  const makers = new WeakMap<ToolCall, ChatModel>();
  const withEach = (wrap: (model: ChatModel) => ChatModel): ChatModel => ({
    reply: (messages, tools, signal, maxTokens, voice, sent, tries) =>
      chain.run(
        {
          ask: (engine, inner, index) => {
            const ownVoice = index === 0 ? voice : undefined;
            const parts = wrap(engine).reply(
              messages.map((message) => retellForeignCalls(message, engine, makers)),
              tools,
              inner,
              maxTokens,
              ownVoice,
              sent,
              tries,
            );
            return noteMakers(parts, engine, makers);
          },
          isOutput: isOutputPart,
        },
        signal,
      ),
    feed: (messages, tools, sound, voice) =>
      chain.currentEngine?.feed?.(messages, tools, sound, voice),
    prepare: (create) => chain.currentEngine?.prepare?.(create),
    wrapEach: (outer) => withEach((engine) => outer(wrap(engine))),
  });
  return withEach((engine) => engine);
}

/** Models by the calls that they made. */
type CallMakers = WeakMap<ToolCall, ChatModel>;

async function* noteMakers(
  parts: AsyncIterable<ChatPart>,
  model: ChatModel,
  makers: CallMakers,
): AsyncGenerator<ChatPart> {
  for await (const part of parts) {
    if (part.kind === 'tool') makers.set(part.call, model);
    yield part;
  }
}

/** Marks calls of another model, which lack what this one would have sent with them, such as a signature. */
function retellForeignCalls(
  message: ChatMessage,
  model: ChatModel,
  makers: CallMakers,
): ChatMessage {
  if (message.role !== 'assistant') return message;
  const isForeign = message.calls?.some(
    (call) => (makers.get(call) ?? model) !== model,
  );
  return isForeign ? { ...message, isRetold: true } : message;
}
