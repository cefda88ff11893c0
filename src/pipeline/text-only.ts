import { meteredChat } from '#src/chat/metered-chat.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import { longestAnswerChars } from './chained.ts';
import type { AnswerHost, Pipeline, ReplyPart, Turn } from './pipeline.ts';
import { promptOf } from './prompt.ts';
import { writeAnswer } from './written.ts';

/** Recognised words to a chat model, whose words stay text. Nothing is read ahead. */
export function textOnly(chat: ChatModel): Pipeline {
  async function* answer(
    turn: Turn,
    stage: AnswerHost,
    signal: AbortSignal,
  ): AsyncGenerator<ReplyPart> {
    const prompt = await promptOf(turn, signal);
    if (!prompt) return;
    const metered = meteredChat(chat, (usage) => stage.spent(usage));
    let length = 0;
    const writing = { chat: metered, prompt, tools: turn.tools, done: turn.done, stage };
    for await (const part of writeAnswer(writing, signal)) {
      yield part;
      if (part.kind === 'text') length += part.text.length;
      if (length >= longestAnswerChars) return;
    }
  }
  return { answer };
}
