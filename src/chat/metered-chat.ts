import { isUnpaid } from '#src/provider/models/is-unpaid.ts';
import type { ChatMessage, ChatModel, ChatPart, Usage } from './ports.ts';
import { estimateUsage, isReport, settled } from './usage.ts';

/** What a request took whose server did not tell. */
export type Estimate = (messages: readonly ChatMessage[], written: string) => Usage;

/**
 * The same model, with every request counted, also one in whose place another was asked. `spent` is told of each when it
 * has ended or was cut short, but not of one that was refused before its first word.
 */
export function meteredChat(
  chat: ChatModel,
  spent: (usage: Usage) => void,
  estimate: Estimate = estimateUsage,
): ChatModel {
  const each = (model: ChatModel) => metered(model, spent, estimate);
  const { wrapped } = chat;
  return wrapped ? wrapped.call(chat, each) : each(chat);
}

function metered(model: ChatModel, spent: (usage: Usage) => void, estimate: Estimate): ChatModel {
  return {
    async *reply(messages, tools, signal) {
      signal.throwIfAborted(); // what is never asked takes nothing
      const draft: RequestProgress = { written: '', hasBegun: false };
      let isRefused = false;
      try {
        for await (const part of model.reply(messages, tools, signal)) {
          note(part, draft);
          yield part;
        }
      } catch (error) {
        isRefused = !draft.hasBegun && !signal.aborted && isUnpaid(error);
        throw error;
      } finally {
        const { told, written } = draft;
        if (!isRefused) spent(settled(told, () => estimate(messages, written)));
      }
    },
  };
}

/** What came of a request so far. An estimate alone is no beginning. */
type RequestProgress = { written: string; hasBegun: boolean; told?: Usage };

function note(part: ChatPart, draft: RequestProgress): void {
  if (part.kind === 'text') draft.written += part.text;
  if (part.kind === 'usage') draft.told = part.usage;
  draft.hasBegun ||= part.kind !== 'usage' || isReport(part.usage);
}
