import type { ChatMessage, ChatPart, Tool } from '#src/chat/ports.ts';

/** With `wav`, a whole WAV file, the model hears what was said instead of reading `content`. */
export type AudioChatMessage =
  | ChatMessage
  | {
      readonly role: 'user';
      readonly name: string;
      readonly content: string;
      readonly wav: Uint8Array;
    };

export type AudioChatPart =
  /** Words of the sound; `text` is what was written instead of spoken. */
  | { readonly kind: 'transcript'; readonly text: string }
  /** Cut anywhere: a WAV file, or else 16-bit little-endian mono at 24 kHz. */
  | { readonly kind: 'sound'; readonly bytes: Uint8Array }
  | ChatPart;

/** Words and speech in, words and speech out, streamed. */
export interface AudioChatModel {
  /**
   * Yields as `ChatModel` does, and the words and the sound of what is spoken as they arrive. `voice` left undefined
   * is the model's usual one.
   *
   * Errors: BotError `provider.*`; `provider.truncated` after what did arrive. Aborting `signal` throws `signal.reason`.
   */
  reply(
    messages: readonly AudioChatMessage[],
    tools: readonly Tool[],
    voice: string | undefined,
    signal: AbortSignal,
  ): AsyncIterable<AudioChatPart>;
}
