import type { ServedBy } from '#src/provider/models/served-by.ts';
import type { TokenUsage } from '#src/provider/models/usage-reading.ts';

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
export type ChatMessage =
  | { readonly role: 'system'; readonly content: string }
  | { readonly role: 'user'; readonly name: string; readonly content: string }
  | { readonly role: 'assistant'; readonly content: string; readonly calls?: readonly ToolCall[] }
  | { readonly role: 'tool'; readonly callId: string; readonly content: string };

/** Tokens of one request. */
export type Usage = TokenUsage & {
  /** The server did not report it; it is estimated by length. */
  readonly isEstimate?: true;
  /** Server and model that answered, where known. */
  readonly by?: ServedBy;
};

export type ChatPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tool'; readonly call: ToolCall }
  /** The last one counts. An estimate before the first word only names the answering server. */
  | { readonly kind: 'usage'; readonly usage: Usage };

/** Text in, text out, streamed. */
export interface ChatModel {
  /**
   * Writes `mostTokens` at most, thoughts included; absent: as many as the engine was opened for.
   *
   * Yields text as it arrives (never reasoning), whole tool calls, and usage where the server reports it.
   *
   * Errors: BotError `provider.*`; `provider.truncated` after the text that did arrive. Aborting `signal` throws
   * `signal.reason`.
   */
  reply(
    messages: readonly ChatMessage[],
    tools: readonly Tool[],
    signal: AbortSignal,
    mostTokens?: number,
  ): AsyncIterable<ChatPart>;
  /** Only of those that ask several: the same with each of these wrapped, so that every request passes `wrap`. */
  wrapped?(wrap: (model: ChatModel) => ChatModel): ChatModel;
}
