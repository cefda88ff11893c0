import type { Clock } from '#src/base/clock.ts';
import type {
  ChatMessage,
  ChatModel,
  ChatPart,
  Tool,
  ToolCall,
  Usage,
} from '#src/chat/chat-model.ts';

/** Next step of a scripted model; a string is text in one piece. */
export type ChatStep =
  | string
  | { readonly call: ToolCall }
  | { readonly usage: Usage }
  | { readonly error: unknown }
  | { readonly waitMs: number }
  | 'stall'
  | 'cut';

export type FakeChatRequest = {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly Tool[];
};

/** The model calls this tool. */
export function makeToolCall(
  name: string,
  fields: object = {},
  id = 'call_1',
): ChatStep {
  return { call: { id, name, argumentsJson: JSON.stringify(fields) } };
}

/** A chat model that plays one list of steps per request, the last one again and again. */
export class FakeChat implements ChatModel {
  readonly asked: FakeChatRequest[] = [];
  /** Requests going on now. */
  running = 0;
  readonly #rounds;
  readonly #clock;

  constructor(rounds: readonly (readonly ChatStep[])[], clock?: Clock) {
    this.#rounds = rounds;
    this.#clock = clock;
  }

  /** Results of tools that it was shown last. */
  get results(): string[] {
    const { messages = [] } = this.asked.at(-1) ?? {};
    return messages.flatMap((message) =>
      message.role === 'tool' ? [message.content] : [],
    );
  }

  canTakePictures() {
    return true;
  }

  async *reply(
    messages: readonly ChatMessage[],
    tools: readonly Tool[],
    signal: AbortSignal,
  ): AsyncGenerator<ChatPart> {
    signal.throwIfAborted();
    const round = Math.min(this.asked.length, this.#rounds.length - 1);
    this.asked.push({ messages: [...messages], tools });
    this.running++;
    try {
      for (const step of this.#rounds[round] ?? []) {
        yield* this.#perform(step, signal);
        signal.throwIfAborted();
      }
    } finally {
      this.running--;
    }
  }

  async *#perform(step: ChatStep, signal: AbortSignal): AsyncGenerator<ChatPart> {
    if (step === 'stall') await waitUntilAborted(signal);
    else if (step === 'cut') yield { kind: 'cut' };
    else if (typeof step === 'string') yield { kind: 'text', text: step };
    else if ('call' in step) yield { kind: 'tool', call: step.call };
    else if ('usage' in step) yield { kind: 'usage', usage: step.usage };
    else if ('waitMs' in step) await this.#clock?.sleep(step.waitMs, signal);
    else throw step.error;
  }
}

/** Never resolves; throws the reason once aborted. */
export function waitUntilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const leaveRequest = () => reject(signal.reason);
    if (signal.aborted) leaveRequest();
    signal.addEventListener('abort', leaveRequest, { once: true });
  });
}
