import type { FallbackChain } from '#src/provider/fallback-chain.ts';
import type { ServedBy } from '#src/provider/models/models.ts';
import {
  counted,
  type HoldResult,
  mostPictureTokens,
  msPerTokenHeard,
  msPerTokenSpoken,
  picturesIn,
} from '#src/provider/models/request-hold.ts';
import { picturesRefused } from '#src/provider/refused-parts.ts';
import type { ChatMessage, ChatModel, ChatPart, Usage } from './ports.ts';

/** Tokens of European languages are about this long, and those of others are shorter. */
const bytesPerToken = 4;
const soundBytesPerMs = 48;

export function announced(model: ChatModel, by: ServedBy): ChatModel {
  const usage: Usage = { inputTokens: 0, outputTokens: 0, isEstimate: true, by };
  const { wrapped } = model;
  return {
    async *reply(messages, tools, signal, ...more) {
      // The server is reported first, so that it is known for an answer that is cut.
      signal.throwIfAborted();
      yield { kind: 'usage', usage };
      yield* model.reply(messages, tools, signal, ...more);
    },
    takesPictures: () => model.takesPictures?.() ?? false,
    wrapped: wrapped && ((wrap) => wrapped.call(model, (engine) => wrap(announced(engine, by)))),
  };
}

export function isReport(usage: Usage | undefined): boolean {
  return usage !== undefined && !usage.isEstimate;
}

function tokensIn(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / bytesPerToken);
}

export type ChatMeter = {
  /**
   * Counts a request at its end, by reported or estimated usage. A request rejected before its first word does not
   * count. Never throws.
   */
  used(usage: Usage): void;
  /**
   * Reserves money, and so limits the tokens of the answer. Undefined for no limit. Throws BotError `budget.used`.
   */
  holdModel?(messages: readonly object[], tools: readonly object[], heardMs: number): HoldResult;
};

/**
 * Counts every request of a chat model and its fallbacks. A request with pictures goes to a model that takes them, or
 * fails.
 */
export function meteredChat(
  chat: ChatModel,
  meter: ChatMeter,
  heardMsIn: (messages: readonly ChatMessage[]) => number = () => 0,
): ChatModel {
  const each = (model: ChatModel): ChatModel => {
    const { wrapped } = model;
    if (wrapped) return wrapped.call(model, each);
    return {
      reply(messages, tools, signal, _, voice, sent) {
        if (picturesIn(messages) > 0 && !model.takesPictures?.()) throw picturesRefused();
        const heardMs = heardMsIn(messages);
        const progress = new RequestProgress();
        return counted(
          {
            hold: () => meter.holdModel?.(messages, sent ? [...tools, sent] : tools, heardMs),
            ask: (most) => model.reply(messages, tools, signal, most, voice, sent),
            isOutput: (part) => progress.note(part),
            over: () => meter.used(progress.usageOf(messages, heardMs)),
          },
          signal,
        );
      },
    };
  };
  return each(chat);
}

class RequestProgress {
  #written = '';
  #soundBytes = 0;
  #usage: Usage | undefined;
  #source: 'text' | 'transcript' | undefined;

  /** An estimate alone is no output. */
  note(part: ChatPart): boolean {
    switch (part.kind) {
      case 'text':
      case 'transcript':
        this.#source ??= part.kind;
        if (this.#source === part.kind) this.#written += part.text;
        return true;
      case 'sound':
        this.#soundBytes += part.bytes.length;
        return true;
      case 'usage':
        this.#usage = part.usage;
        return isReport(part.usage);
      case 'tool':
        return true;
      case 'cut':
        return false;
    }
  }

  usageOf(messages: readonly ChatMessage[], heardMs: number): Usage {
    if (this.#usage && isReport(this.#usage)) return this.#usage;
    const asked = messages.map(({ content }) => content).join('');
    const audioInputTokens = Math.ceil(heardMs / msPerTokenHeard);
    const audioOutputTokens = Math.ceil(this.#soundBytes / soundBytesPerMs / msPerTokenSpoken);
    const hasSound = audioInputTokens + audioOutputTokens > 0;
    return {
      inputTokens: tokensIn(asked) + audioInputTokens + picturesIn(messages) * mostPictureTokens,
      outputTokens: tokensIn(this.#written) + audioOutputTokens,
      ...(hasSound && { audioInputTokens, audioOutputTokens }),
      isEstimate: true,
      by: this.#usage?.by,
    };
  }
}

const isOutput = ({ kind }: ChatPart) => kind !== 'usage';

/** Combines several chat models. The first that answers is used, and `voice` belongs to the first. */
export function chatWithFallbacks(chain: FallbackChain<ChatModel>): ChatModel {
  const withEach = (wrap: (model: ChatModel) => ChatModel): ChatModel => ({
    reply: (messages, tools, signal, mostTokens, voice, sent) =>
      chain.run(
        {
          ask: (engine, inner, index) => {
            const own = index === 0 ? voice : undefined;
            return wrap(engine).reply(messages, tools, inner, mostTokens, own, sent);
          },
          isOutput,
        },
        signal,
      ),
    wrapped: (outer) => withEach((engine) => outer(wrap(engine))),
  });
  return withEach((engine) => engine);
}
