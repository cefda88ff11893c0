import { BotError } from '#src/base/errors.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import { withServerWords } from '#src/provider/models/error-phrases.ts';

/**
 * Complaints of servers without tools: "does not support tools", "tool choice requires --enable-auto-tool-choice",
 * "function calling".
 */
export const aboutTools = /\btools?\b|\btool[_ -]|function[_ -]call/i;

/** A model whose server refuses a request for the tools in it is asked without them, and never with tools again. */
export function withoutToolsOnRefusal(model: ChatModel): ChatModel {
  let isShy = false;
  return {
    async *reply(messages, tools, signal, mostTokens) {
      const offered = isShy ? [] : tools;
      let isBegun = false;
      try {
        for await (const part of model.reply(messages, offered, signal, mostTokens)) {
          isBegun ||= part.kind !== 'usage';
          yield part;
        }
      } catch (error) {
        if (isBegun || offered.length === 0 || !refusesTools(error)) throw error;
        signal.throwIfAborted();
        isShy = true;
        yield* model.reply(messages, [], signal, mostTokens);
      }
    },
  };
}

function refusesTools(error: unknown): boolean {
  if (!(error instanceof BotError) || error.code !== 'provider.refused') return false;
  return !error.retryable && aboutTools.test(withServerWords(error));
}
