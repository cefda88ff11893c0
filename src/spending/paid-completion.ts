import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { ChatMessage } from '#src/chat/chat-model.ts';
import type { ModelPrompt } from '#src/pipeline/pipeline.ts';
import type {
  AnswerBudget,
  AnswerRequest,
  BudgetAuthority,
  BudgetRefusal,
} from './budget-authority.ts';
import type { PaidEngines } from './paid-engine.ts';

export type CompletionDeps = Pick<PaidEngines, 'chat'> & {
  readonly spending: BudgetAuthority;
};

/** Longest reply that is read, in characters. */
const maxReplyChars = 20_000;

/**
 * Asks the chat model for one text, within the budget of its payer. `onOpen` runs before the request. Returns the
 * refusal if the budget has no room. Throws BotError `provider.*` and `budget.used`.
 */
export async function completeForMoney(
  order: Omit<AnswerRequest, 'first'>,
  { system, user }: ModelPrompt,
  { chat, spending }: CompletionDeps,
  signal: AbortSignal,
  onOpen?: (budget: AnswerBudget) => void,
): Promise<string | BudgetRefusal> {
  const messages: readonly ChatMessage[] = [
    // Recaps and translations wait for talks.
    { role: 'system', content: system, guildId: order.guildId, isBackground: true },
    { role: 'user', name: '', content: user },
  ];
  const opened = spending.open({ ...order, first: { messages } });
  if (opened.kind === 'refused') return opened;
  using reservation = opened.reservation;
  onOpen?.(opened);
  const requestReply = async () => {
    let text = '';
    for await (const part of chat
      .withReservation(reservation)
      .reply(messages, [], signal)) {
      if (part.kind === 'text') text += part.text;
      if (text.length > maxReplyChars) break;
    }
    return text;
  };
  return await waitUnlessAborted(requestReply(), signal);
}
