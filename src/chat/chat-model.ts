import type { LiveSound } from '#src/audio/live-sound.ts';
import type { Admitted } from '#src/base/admitted.ts';
import type { GuildId } from '#src/base/ids.ts';
import type {
  TokenUsage,
  TryReservations,
} from '#src/provider/models/request-reservation.ts';
import type { ServedBy } from '#src/provider/models/standard-models.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { ReturnedFields } from './returned-fields.ts';

/** A call of a tool by the model. `argumentsJson` is not validated yet. */
export type ToolCall = {
  readonly id: string;
  readonly name: string;
  readonly argumentsJson: string;
  /** Fields that came with the call, for the server that sent them. */
  readonly returned?: ReturnedFields;
};

/** A tool that a model is offered. */
export type Tool = {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments object. */
  readonly parameters: Readonly<Record<string, unknown>>;
};

/** A message of a conversation. `name` is the author, and never stands in the content. */
export type ChatMessage = ChatMessageByRole & {
  /** A program's message in the format of chat completions, which the server gets unchanged. */
  readonly sent?: SentFields;
  /** Sound of the message, which a model may have got already while the person spoke. */
  readonly live?: LiveSound | undefined;
};

type ChatMessageByRole =
  | {
      readonly role: 'system';
      readonly content: string;
      /** Language of the answer (BCP 47), for a model that cannot read its instructions. */
      readonly language?: string | undefined;
      /** IANA name of the time zone in which the answer counts, for the same. */
      readonly timeZone?: string | undefined;
      /** Returns the language that a voice speaks for a listener of a language (BCP 47), for the same. Absent: any. */
      readonly getSpokenLanguage?: ((language: string) => string) | undefined;
      /** Server whose people ask, for a model of this machine, which serves servers in turn. */
      readonly guildId?: GuildId | undefined;
      /** Nobody listens for the answer, so that a model of this machine serves talks first. */
      readonly isBackground?: boolean | undefined;
    }
  | {
      readonly role: 'user';
      readonly name: string;
      readonly content: string;
      /** Data URLs, for a model that takes pictures. */
      readonly pictures?: readonly string[];
      /** Takes the judgement that the message asks for before the answer. */
      readonly onJudged?: (isWhole: boolean) => void;
      /** Of earlier words: the order on the language of their answer, as it stood in its prompt. Empty: none was given. */
      readonly languageOrder?: string | undefined;
      /** The message orders the language of all answers from here on, also where words behind it are left out. */
      readonly isLanguageOrder?: true;
    }
  | SpokenChatMessage
  | {
      readonly role: 'assistant';
      readonly content: string;
      readonly calls?: readonly ToolCall[];
      /** True if another model made the calls, or an answer that was given up. The model reads them as words. */
      readonly isRetold?: true;
    }
  | {
      readonly role: 'tool';
      readonly callId: string;
      readonly content: string;
      /** The result as sentences for people, for a model that cannot write its own. */
      readonly lines?: readonly TextLine[] | undefined;
    };

/** Fields of a message or request that a program sent, and that may go to the chat server. */
export type SentFields = Admitted<Readonly<Record<string, unknown>>, 'request'>;

/** A message whose content is the sound of a person. */
export type SpokenChatMessage = {
  readonly role: 'user';
  readonly name: string;
  readonly content: string;
  readonly wav: Uint8Array;
  /** Packs the same sound in far fewer bytes, for a server that knows Ogg with Opus. */
  readonly toOgg?: (() => Uint8Array) | undefined;
  /** Recognises the words, for a model that only reads. Rejects with the error of the recogniser. */
  readonly words: () => Promise<string>;
};

/** Tokens of one request, by the count of the server or an estimate. */
export type Usage = TokenUsage & {
  /** Estimated by length, as the server did not report it. */
  readonly isEstimate?: true;
  readonly by?: ServedBy;
};

/** A part of an answer in text. */
export type WrittenPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tool'; readonly call: ToolCall }
  | { readonly kind: 'cut' }
  /** The last usage counts. An estimate before the first word only names the server. */
  | { readonly kind: 'usage'; readonly usage: Usage };

/** A part of an answer, in text or sound. */
export type ChatPart =
  | WrittenPart
  /** Words of the sound. `text` is written instead of spoken. */
  | { readonly kind: 'transcript'; readonly text: string }
  /** Cut anywhere: a WAV file, or 16-bit little-endian mono at 24 kHz. */
  | { readonly kind: 'sound'; readonly bytes: Uint8Array };

/** The beginning of later prompts, which is read ahead until `signal` aborts. */
export type PromptBeginning = {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly Tool[];
  readonly signal: AbortSignal;
};

/** A streaming chat model. A model that hears and speaks also yields sound. */
export interface ChatModel {
  /**
   * Yields text as it arrives, but never reasoning, whole tool calls, and usage if the server reports it.
   *
   * Writes at most `maxTokens`, thoughts included. `voice` is for a model that speaks, `sent` for a server, and
   * `tries` pays for each further request. Throws BotError `provider.*`, and `provider.truncated` after partial text.
   */
  reply(
    messages: readonly ChatMessage[],
    tools: readonly Tool[],
    signal: AbortSignal,
    maxTokens?: number,
    voice?: string,
    sent?: SentFields,
    tries?: TryReservations,
  ): AsyncIterable<ChatPart>;
  /** Sends a request ahead, whose last message is the sound, while that is spoken. Never throws. */
  feed?(
    messages: readonly ChatMessage[],
    tools: readonly Tool[],
    sound: LiveSound,
    voice?: string,
  ): void;
  /**
   * Reads ahead what later requests begin with, for a model that keeps what it has read and costs nothing: no reservation pays for it.
   * Only such a model lets `create` write it. Each request goes first. Never throws and never waits.
   */
  prepare?(create: () => PromptBeginning): void;
  /** Whether the model takes pictures. A model without this method takes none. */
  canTakePictures?(): boolean;
  /** Wraps each of several models, so that every request passes `wrap`. */
  wrapEach?(wrap: (model: ChatModel) => ChatModel): ChatModel;
}

/** More than the exchanges that a talk keeps, within a context of 8,000 tokens. */
export const historyLimits: { readonly items: number; readonly characters: number } = {
  items: 42,
  characters: 12_000,
};
