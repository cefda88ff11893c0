import type {
  AudioChatMessage,
  AudioChatModel,
  AudioChatPart,
} from '#src/chat/completions/audio-chat-ports.ts';
import { isUnpaid } from '#src/provider/models/is-unpaid.ts';
import { type HoldResult, unlessAbandoned } from '#src/provider/models/request-hold.ts';
import type { ChatModel, Usage } from './ports.ts';
import { estimateUsage, isReport, settled } from './usage.ts';

/**
 * Estimates the usage of a request to a model that hears and speaks, if its server did not report it, from `messages` and
 * the output.
 */
type AudioEstimate = (
  messages: readonly AudioChatMessage[],
  progress: AudioRequestProgress,
) => Usage;
type OnSpent = (usage: Usage) => void;

/** Called before each request, which it may refuse by an error; the request writes so many tokens at most. */
export type HoldRequest = (messages: readonly object[], tools: readonly object[]) => HoldResult;

/**
 * A chat model with every request counted, also of one that stands in for another. `spent` gets the usage of each when it
 * has ended or was cut short, but not of one that was refused before its first word.
 */
export function meteredChat(chat: ChatModel, spent: OnSpent, hold?: HoldRequest): ChatModel {
  const each = (model: ChatModel): ChatModel => {
    const { wrapped } = model;
    if (wrapped) return wrapped.call(model, each);
    return {
      reply: (messages, tools, signal) =>
        counted(
          () => hold?.(messages, tools),
          (most) => model.reply(messages, tools, signal, most),
          (usage, { written }) => spent(settled(usage, () => estimateUsage(messages, written))),
          signal,
        ),
    };
  };
  return each(chat);
}

/** Counts every request of a model that hears and speaks, like `meteredChat`. */
export function meteredAudioChat(
  chat: AudioChatModel,
  spent: OnSpent,
  estimate: AudioEstimate,
  hold?: HoldRequest,
): AudioChatModel {
  const each = (model: AudioChatModel): AudioChatModel => {
    const { wrapped } = model;
    if (wrapped) return wrapped.call(model, each);
    return {
      reply: (messages, tools, voice, signal) =>
        counted(
          () => hold?.(messages, tools),
          (most) => model.reply(messages, tools, voice, signal, most),
          (usage, progress) => spent(settled(usage, () => estimate(messages, progress))),
          signal,
        ),
    };
  };
  return each(chat);
}

/** Output of a request so far. */
export type AudioRequestProgress = {
  /** Its text, or the transcript of its sound: one of the two, the first to arrive. */
  readonly written: string;
  readonly hasSound: boolean;
};

/** One request with money held for it; `over` as in `MeteredRequest.read`. */
async function* counted<Part extends AudioChatPart>(
  hold: () => HoldResult,
  ask: (mostTokens?: number) => AsyncIterable<Part>,
  over: (usage: Usage | undefined, progress: AudioRequestProgress) => void,
  signal: AbortSignal,
): AsyncGenerator<Part> {
  signal.throwIfAborted();
  const held = await unlessAbandoned(hold(), signal);
  const request = new MeteredRequest(signal);
  try {
    yield* request.read(
      () => ask(held?.units),
      (usage) => over(usage, request),
    );
  } finally {
    held?.end();
  }
}

class MeteredRequest implements AudioRequestProgress {
  written = '';
  hasSound = false;
  readonly #signal: AbortSignal;
  #source: 'text' | 'transcript' | undefined;
  #hasBegun = false;
  #usage: Usage | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Passes the parts of the output on; `over` gets their reported usage, unless they were refused before the first. */
  async *read<Part extends AudioChatPart>(
    ask: () => AsyncIterable<Part>,
    over: (usage: Usage | undefined) => void,
  ): AsyncGenerator<Part> {
    this.#signal.throwIfAborted(); // a request that is not sent costs nothing
    let isRefused = false;
    try {
      for await (const part of ask()) {
        this.#note(part);
        yield part;
      }
    } catch (error) {
      isRefused = !this.#hasBegun && !this.#signal.aborted && isUnpaid(error);
      throw error;
    } finally {
      if (!isRefused) over(this.#usage);
    }
  }

  #note(part: AudioChatPart): void {
    switch (part.kind) {
      case 'text':
      case 'transcript':
        this.#source ??= part.kind;
        if (this.#source === part.kind) this.written += part.text;
        break;
      case 'sound':
        this.hasSound = true;
        break;
      case 'usage':
        this.#usage = part.usage;
        break;
      case 'tool':
        break;
    }
    // An estimate alone is no beginning.
    this.#hasBegun ||= part.kind !== 'usage' || isReport(part.usage);
  }
}
