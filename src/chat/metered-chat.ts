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

/** Bytes of UTF-8 per token; tokens of European languages are about as long, those of others shorter. */
const bytesPerToken = 4;
/** Sound of an answer: 16 bit mono at 24 kHz. */
const soundBytesPerMs = 48;

/** A model that first reports its server, so that this is known of a cut answer, too. */
export function announced(model: ChatModel, by: ServedBy): ChatModel {
  const usage: Usage = { inputTokens: 0, outputTokens: 0, isEstimate: true, by };
  const { wrapped } = model;
  return {
    async *reply(messages, tools, signal, ...more) {
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

/** Pays for requests to a chat model. */
export type ChatMeter = {
  /**
   * Counts a request that has ended or was cut short, but not one that was refused before its first word: its usage as reported,
   * else estimated. Never throws.
   */
  used(usage: Usage): void;
  /**
   * Sets money aside for a request with so many ms of sound in it: the most tokens that it may write. Absent: no limit. Errors:
   * BotError `budget.used`.
   */
  holdModel?(messages: readonly object[], tools: readonly object[], heardMs: number): HoldResult;
};

/**
 * A chat model with every request counted, also of one that stands in for another. One with pictures goes to a model that takes
 * them, or fails. `heardMsIn`: the sound in messages, in ms.
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

/** Output of a request so far. */
class RequestProgress {
  /** Its text, or the transcript of its sound: one of the two, the first to arrive. */
  #written = '';
  #soundBytes = 0;
  #usage: Usage | undefined;
  #source: 'text' | 'transcript' | undefined;

  /** Whether the part is output: an estimate alone is no beginning. */
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

  /** Usage as the server reported it; else an estimate, with the engine that served. */
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

/** Usage alone is no output for a listener or reader. */
const isOutput = ({ kind }: ChatPart) => kind !== 'usage';

/** Several chat models as one: the first that answers. A voice is one of the first of them. */
export function chatWithFallbacks(chain: FallbackChain<ChatModel>): ChatModel {
  const withEach = (wrap: (model: ChatModel) => ChatModel): ChatModel => ({
    reply: (messages, tools, signal, mostTokens, voice, sent) =>
      chain.run<ChatPart>(
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
