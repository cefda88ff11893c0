import type { Clock } from '#src/base/clock.ts';
import type { Secret } from '#src/base/secret.ts';
import type { AudioChatPart } from '#src/chat/completions/audio-chat-ports.ts';
import type { Tool, ToolCall } from '#src/chat/ports.ts';
import type { OpenSocket, SocketLimits } from '#src/provider/json-socket.ts';
import type { ResponseLimits } from '#src/provider/realtime-response.ts';

export type RealtimeTalkOptions = {
  /** `http` and `ws` mean the same. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: Secret;
  /** Default voice where a persona names none; left out, the server's own. */
  readonly voice?: string;
  /** Longest answer, sound included. Left out: the server's own limit. */
  readonly maxTokens?: number;
  readonly clock?: Clock;
  readonly limits?: Partial<RealtimeTalkLimits>;
  readonly openSocket?: OpenSocket;
};

export type RealtimeTalkLimits = SocketLimits &
  ResponseLimits & {
    /** A session this old is replaced before the next answer; servers end it after an hour. */
    readonly oldestMs: number;
  };

/** The one buffer a session fills with sound before it becomes an item; 24 kHz mono, 16-bit little-endian. */
export interface TalkBuffer {
  /** A new object whenever the items sent before are lost. */
  readonly state: object | undefined;
  /** Lost without a sound where `state` is undefined. */
  append(samples: Int16Array): void;
  clear(): void;
}

/** A person's words as sound. */
export interface TalkSound {
  /** Recognised words of it, once known. */
  readonly words: string | undefined;
  readonly ms: number;
  /** Leaves exactly this sound in the buffer. Called when it is about to become an item. */
  fill(buffer: TalkBuffer): void;
}

/** An item of the conversation the server is to hold, oldest first. */
export type TalkItem =
  | { readonly kind: 'system'; readonly text: string }
  | {
      readonly kind: 'user';
      readonly name: string;
      readonly text: string;
      readonly sound?: TalkSound;
    }
  | { readonly kind: 'assistant'; readonly text: string }
  | { readonly kind: 'call'; readonly call: ToolCall }
  | { readonly kind: 'result'; readonly callId: string; readonly content: string };

/** One answer, however many requests it takes. */
export interface TalkAnswer {
  /** Milliseconds of it that were heard. */
  playedMs(): number;
}

/** One request. */
export type TalkRequest = {
  readonly answer: TalkAnswer;
  readonly instructions: string;
  readonly voice: string | undefined;
  readonly tools: readonly Tool[];
  readonly items: readonly TalkItem[];
  /** Longest output, sound included; absent: as long as the session allows. */
  readonly mostTokens?: number;
};

/** A conversation with a Realtime server; connections come and go below it. */
export interface RealtimeTalk extends Disposable {
  readonly buffer: TalkBuffer;
  /** Sound that the server remembers, in ms of a person's: each answer is shown it. Sound of answers counts twice, as OpenAI counts it. */
  readonly soundMs: number;
  /** Connects ahead of need; `onOpen` of the buffer's owner is called whenever a connection is there. Never throws. */
  warm(): void;
  onOpen(listener: () => void): void;
  /**
   * Makes the server's memory equal to `items` and yields its answer as it arrives. One at a time: a second one waits.
   *
   * Errors: BotError `provider.*`; of a connection that broke before the answer began it is asked once more. Aborting
   * `signal`, or leaving, cancels the request.
   */
  reply(asked: TalkRequest, signal: AbortSignal): AsyncGenerator<AudioChatPart>;
  /** Ends the answer: the server forgets its unheard part, or all of it if no part was heard. */
  cut(answer: TalkAnswer): void;
  /** Makes the server forget all sound and text as soon as no answer is running: items that are to stay are sent again. */
  forget(): void;
}
