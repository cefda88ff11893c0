import type { ModelPrompt } from '#src/captions/answers/model-prompt.ts';
import { meteredChat } from '#src/chat/metered-chat.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import type { UsageMeter } from '#src/spending/budget-authority.ts';

/** Longest reply that is read, in characters. */
const maxReplyChars = 20_000;

/** The whole reply of a chat model. Errors: the model's. Aborting `signal` throws `signal.reason`. */
export async function wholeReply(
  chat: ChatModel,
  { system, user }: ModelPrompt,
  bill: UsageMeter,
  signal: AbortSignal,
): Promise<string> {
  const counted = meteredChat(chat, (usage) => bill.used(usage));
  const messages = [
    { role: 'system', content: system },
    { role: 'user', name: '', content: user },
  ] as const;
  let text = '';
  for await (const part of counted.reply(messages, [], signal)) {
    if (part.kind === 'text') text += part.text;
    if (text.length > maxReplyChars) break;
  }
  return text;
}
