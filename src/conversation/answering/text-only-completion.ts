import type { ChatMessage, ChatModel } from '#src/chat/ports.ts';
import type { PaidEngine } from '#src/spending/paid-engine.ts';
import type { Reservation } from '#src/spending/reservation.ts';
import type { ModelPrompt } from './prompt-data-block.ts';

/** Longest reply that is read, in characters. */
const maxReplyChars = 20_000;

/** The whole reply of a chat model. Errors: the model's. Aborting `signal` throws `signal.reason`. */
export async function textOnlyCompletion(
  chat: PaidEngine<ChatModel>,
  prompt: ModelPrompt,
  reservation: Reservation,
  signal: AbortSignal,
): Promise<string> {
  let text = '';
  for await (const part of chat.paidBy(reservation).reply(promptMessages(prompt), [], signal)) {
    if (part.kind === 'text') text += part.text;
    if (text.length > maxReplyChars) break;
  }
  return text;
}

/** The messages that a model is shown. */
export function promptMessages({ system, user }: ModelPrompt): readonly ChatMessage[] {
  return [
    { role: 'system', content: system },
    { role: 'user', name: '', content: user },
  ];
}
