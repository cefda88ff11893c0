import type { AudioChatModel, AudioChatPart } from '#src/chat/completions/audio-chat-ports.ts';
import type { FallbackChain } from '#src/provider/fallback-chain.ts';
import type { ChatModel, ChatPart } from './ports.ts';

/** Usage alone is no output for a listener or reader. */
const isOutput = ({ kind }: ChatPart | AudioChatPart) => kind !== 'usage';

/** Several chat models as one: the first that answers. */
export function chatWithFallbacks(chain: FallbackChain<ChatModel>): ChatModel {
  const withEach = (wrap: (model: ChatModel) => ChatModel): ChatModel => ({
    reply: (messages, tools, signal) =>
      chain.run<ChatPart>(
        { ask: (engine, inner) => wrap(engine).reply(messages, tools, inner), isOutput },
        signal,
      ),
    wrapped: (outer) => withEach((engine) => outer(wrap(engine))),
  });
  return withEach((engine) => engine);
}

/** Several models that hear and speak as one. Its names for voices are those of the first of them. */
export function audioChatWithFallbacks(chain: FallbackChain<AudioChatModel>): AudioChatModel {
  const withEach = (wrap: (model: AudioChatModel) => AudioChatModel): AudioChatModel => ({
    reply: (messages, tools, voice, signal) =>
      chain.run<AudioChatPart>(
        {
          ask: (engine, inner, index) =>
            wrap(engine).reply(messages, tools, index === 0 ? voice : undefined, inner),
          isOutput,
        },
        signal,
      ),
    wrapped: (outer) => withEach((engine) => outer(wrap(engine))),
  });
  return withEach((engine) => engine);
}
