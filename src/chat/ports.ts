import type { ServedBy } from '#src/provider/models/models.ts';
import type { TokenUsage } from '#src/provider/models/request-hold.ts';

export type ToolCall = {
  readonly id: string;
  readonly name: string;
  readonly argumentsJson: string;
};

export type Tool = {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments object. */
  readonly parameters: Readonly<Record<string, unknown>>;
};

/** A message to a chat model. `name` is its author; content never carries the name itself. */
export type ChatMessage = ChatMessageByRole & {
  /** The message of a program, in the format of chat completions: a server gets it as it stands. */
  readonly sent?: SentFields;
};

type ChatMessageByRole =
  | { readonly role: 'system'; readonly content: string }
  | {
      readonly role: 'user';
      readonly name: string;
      readonly content: string;
      /** Data URLs, only for a model that takes pictures. */
      readonly pictures?: readonly string[];
    }
  | SpokenChatMessage
  | { readonly role: 'assistant'; readonly content: string; readonly calls?: readonly ToolCall[] }
  | { readonly role: 'tool'; readonly callId: string; readonly content: string };

/**
 * Fields in the format of chat completions that a program sent and that are passed on unchanged: of a message; or of a request, its
 * tools among them.
 */
export type SentFields = Readonly<Record<string, unknown>>;

/** A person's words as sound, for a model that hears. */
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

/** Tokens of one request. */
export type Usage = TokenUsage & {
  /** The server did not report it; it is estimated by length. */
  readonly isEstimate?: true;
  /** Server and model that answered, where known. */
  readonly by?: ServedBy;
};

/** Part of an answer that is written. */
export type WrittenPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tool'; readonly call: ToolCall }
  /** The answer was cut at its longest length. Comes once, after its text. */
  | { readonly kind: 'cut' }
  /** The last one counts. An estimate before the first word only names the answering server. */
  | { readonly kind: 'usage'; readonly usage: Usage };

export type ChatPart =
  | WrittenPart
  /** Words of the sound; `text` is text written instead of spoken. */
  | { readonly kind: 'transcript'; readonly text: string }
  /** Cut anywhere: a WAV file, or else 16-bit little-endian mono at 24 kHz. */
  | { readonly kind: 'sound'; readonly bytes: Uint8Array };

/** Text in, text out, streamed; of a model that hears and speaks, also sound. */
export interface ChatModel {
  /**
   * Writes `mostTokens` at most, thoughts included; absent: as many as the engine was opened for. `voice` of a model that
   * speaks; absent: its usual one. `sent` are fields for a server; other models need not know them.
   *
   * Yields text as it arrives (never reasoning), whole tool calls, and usage where the server reports it; a model that
   * speaks also the words and the sound as they arrive.
   *
   * Errors: BotError `provider.*`; `provider.truncated` after the text that did arrive. Aborting `signal` throws
   * `signal.reason`.
   */
  reply(
    messages: readonly ChatMessage[],
    tools: readonly Tool[],
    signal: AbortSignal,
    mostTokens?: number,
    voice?: string,
    sent?: SentFields,
  ): AsyncIterable<ChatPart>;
  /** Whether it may be shown pictures, as far as is known; absent: never. */
  takesPictures?(): boolean;
  /** Only of those that ask several: the same with each of these wrapped, so that every request passes `wrap`. */
  wrapped?(wrap: (model: ChatModel) => ChatModel): ChatModel;
}
