import type { ChatMessage, ChatPart, Tool } from '#src/chat/ports.ts';

/** A person's words as sound. */
export type SpokenChatMessage = {
  readonly role: 'user';
  readonly name: string;
  /** Empty. */
  readonly content: string;
  /** A whole WAV file. */
  readonly wav: Uint8Array;
  /** Recognised words of it, for a model that only reads. Rejects with the recogniser's error. */
  readonly words: () => Promise<string>;
};

export type AudioChatMessage = ChatMessage | SpokenChatMessage;

export type AudioChatPart =
  /** Words of the sound; `text` is text written instead of spoken. */
  | { readonly kind: 'transcript'; readonly text: string }
  /** Cut anywhere: a WAV file, or else 16-bit little-endian mono at 24 kHz. */
  | { readonly kind: 'sound'; readonly bytes: Uint8Array }
  | ChatPart;

/** Words and speech in, words and speech out, streamed. */
export interface AudioChatModel {
  /**
   * Yields like `ChatModel`, and also the words and the sound as they arrive. `voice` left undefined is the model's usual
   * one.
   *
   * Errors: BotError `provider.*`; `provider.truncated` after partial output. Aborting `signal` throws `signal.reason`.
   */
  reply(
    messages: readonly AudioChatMessage[],
    tools: readonly Tool[],
    voice: string | undefined,
    signal: AbortSignal,
    mostTokens?: number,
  ): AsyncIterable<AudioChatPart>;
  /** Only of those that ask several: the same with each of these wrapped, so that every request passes `wrap`. */
  wrapped?(wrap: (model: AudioChatModel) => AudioChatModel): AudioChatModel;
}
