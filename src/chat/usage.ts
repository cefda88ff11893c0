import type { ServedBy } from '#src/provider/models/served-by.ts';
import type { ChatMessage, ChatModel, Usage } from './ports.ts';

/** Bytes of UTF-8 per token; tokens of European languages are about as long, those of others shorter. */
const bytesPerToken = 4;

/** Estimates the tokens of a request whose usage was not reported. */
export function estimateUsage(messages: readonly ChatMessage[], written: string): Usage {
  const asked = messages.map(({ content }) => content).join('');
  return {
    inputTokens: tokensIn(asked),
    outputTokens: tokensIn(written),
    isEstimate: true,
  };
}

/** A model that first reports its server, so that this is known of a cut answer, too. */
export function announced(model: ChatModel, by: ServedBy): ChatModel {
  const usage: Usage = { inputTokens: 0, outputTokens: 0, isEstimate: true, by };
  const { wrapped } = model;
  return {
    async *reply(messages, tools, signal, mostTokens, voice) {
      signal.throwIfAborted();
      yield { kind: 'usage', usage };
      yield* model.reply(messages, tools, signal, mostTokens, voice);
    },
    wrapped: wrapped && ((wrap) => wrapped.call(model, (engine) => wrap(announced(engine, by)))),
  };
}

/** Usage as the server reported it; else the estimate, with the engine that served. */
export function settled(usage: Usage | undefined, estimate: () => Usage): Usage {
  if (usage && isReport(usage)) return usage;
  return { ...estimate(), ...(usage?.by && { by: usage.by }) };
}

export function isReport(usage: Usage | undefined): boolean {
  return usage !== undefined && !usage.isEstimate;
}

function tokensIn(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / bytesPerToken);
}
