import type { FallbackChain } from '#src/provider/fallback-chain.ts';
import type { ChatModel, ChatPart } from './ports.ts';

/** Usage alone is no output for a listener or reader. */
const isOutput = ({ kind }: ChatPart) => kind !== 'usage';

/** Several chat models as one: the first that answers. A voice is one of the first of them. */
export function chatWithFallbacks(chain: FallbackChain<ChatModel>): ChatModel {
  const withEach = (wrap: (model: ChatModel) => ChatModel): ChatModel => ({
    reply: (messages, tools, signal, mostTokens, voice) =>
      chain.run<ChatPart>(
        {
          ask: (engine, inner, index) =>
            wrap(engine).reply(messages, tools, inner, mostTokens, index === 0 ? voice : undefined),
          isOutput,
        },
        signal,
      ),
    wrapped: (outer) => withEach((engine) => outer(wrap(engine))),
  });
  return withEach((engine) => engine);
}
