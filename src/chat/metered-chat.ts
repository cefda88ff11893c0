import { isUnpaid } from '#src/provider/models/is-unpaid.ts';
import { type HoldResult, unlessAbandoned } from '#src/provider/models/request-hold.ts';
import type { ChatMessage, ChatModel, ChatPart, Usage } from './ports.ts';
import { estimateUsage, isReport, settled } from './usage.ts';

/** Estimates the usage of a request whose server did not report it, from `messages` and the output. */
type UsageEstimate = (messages: readonly ChatMessage[], progress: RequestProgress) => Usage;

/** Called before each request, which it may refuse by an error; the request writes so many tokens at most. */
export type HoldRequest = (messages: readonly object[], tools: readonly object[]) => HoldResult;

const byLength: UsageEstimate = (messages, { written }) => estimateUsage(messages, written);

/**
 * A chat model with every request counted, also of one that stands in for another. `spent` gets the usage of each when it
 * has ended or was cut short, but not of one that was refused before its first word.
 */
export function meteredChat(
  chat: ChatModel,
  spent: (usage: Usage) => void,
  hold?: HoldRequest,
  estimate = byLength,
): ChatModel {
  const each = (model: ChatModel): ChatModel => {
    const { wrapped } = model;
    if (wrapped) return wrapped.call(model, each);
    return {
      reply: (messages, tools, signal, _, voice) =>
        counted(
          () => hold?.(messages, tools),
          (most) => model.reply(messages, tools, signal, most, voice),
          (usage, progress) => spent(settled(usage, () => estimate(messages, progress))),
          signal,
        ),
    };
  };
  return each(chat);
}

/** Output of a request so far. */
export type RequestProgress = {
  /** Its text, or the transcript of its sound: one of the two, the first to arrive. */
  readonly written: string;
  readonly hasSound: boolean;
};

/** One request with money held for it; `over` as in `MeteredRequest.read`. */
async function* counted(
  hold: () => HoldResult,
  ask: (mostTokens?: number) => AsyncIterable<ChatPart>,
  over: (usage: Usage | undefined, progress: RequestProgress) => void,
  signal: AbortSignal,
): AsyncGenerator<ChatPart> {
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

class MeteredRequest implements RequestProgress {
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
  async *read(
    ask: () => AsyncIterable<ChatPart>,
    over: (usage: Usage | undefined) => void,
  ): AsyncGenerator<ChatPart> {
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

  #note(part: ChatPart): void {
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
