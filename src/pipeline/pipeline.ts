import type { Pcm } from '#src/audio/pcm.ts';
import type { ChatMeter } from '#src/chat/metered-chat.ts';
import type { ChatMessage, SentFields, Tool, ToolCall, Usage } from '#src/chat/ports.ts';
import type { AsideKind } from '#src/chat/text/speakable.ts';
import type { VoiceMeter } from '#src/speech/fallbacks/metered-voice.ts';
import type { SpeechVoice, Transcript } from '#src/speech/ports.ts';

/** One utterance of one person. */
export type TurnUtterance = {
  readonly speakerId: PersonId;
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** 16 kHz mono; absent when it was typed. */
  readonly pcm?: Pcm;
  /** Words, where it was typed. */
  readonly text?: string;
  /** It is recognised for its answer, as a recording is. */
  readonly isRecording?: true;
  /** Data URLs of pictures, which only the chat model is shown. */
  readonly pictures?: readonly string[];
  /** Words or pictures of another person that the speaker shows: they ask for no tool. */
  readonly isQuoted?: true;
  /** Recognised once, on first call, and kept. Rejects with the recogniser's error. */
  readonly transcript: () => Promise<Transcript>;
};

export type ReplyStyle = {
  readonly instructions: string;
  readonly voice: SpeechVoice;
  /** Spoken replacements of text that is shown in a chat, once each, in answers of this language; undefined where none is known. */
  readonly asidesIn?: (language: string | undefined) => Readonly<Record<AsideKind, string>>;
};

/** Language of an answer; session determines it. */
export interface AnswerLanguage {
  /** Language as far as it is known now, BCP 47; surer once `hear` was called. */
  readonly now: string | undefined;
  /**
   * `fixed`: the style says it already. `settled`: it holds unless these words ask for another one. `open`: it is that of earlier
   * words, or the likeliest of these, and they may be in another one.
   */
  readonly hold: 'fixed' | 'settled' | 'open';
  /** The transcripts given to `hear` were incomplete: the final ones are answered in another language. */
  readonly isOutdated: boolean;
  /** Takes the transcripts, oldest first, as soon as they are recognised. Never rejects. */
  hear(said: readonly Transcript[]): Promise<void>;
}

/** A call with an effect that was made for the same words before, and its result for the model. */
export type DoneCall = { readonly call: ToolCall; readonly content: string };

/** Input of an answer. */
export type Turn = {
  readonly said: readonly TurnUtterance[];
  readonly style: ReplyStyle;
  /** Absent: the model is left to itself. */
  readonly language?: AnswerLanguage;
  /** Earlier turns, oldest first, without `said`. Assistant items hold only words that were heard. */
  readonly history: readonly ChatMessage[];
  readonly tools: readonly Tool[];
  /** Fields of the program that asks, whose tools they hold: calls are its own, so the answer ends with them. */
  readonly sent?: SentFields;
  /** Calls that a former answer to `said` made before it was given up, oldest first: the model is shown them as its own. */
  readonly done?: readonly DoneCall[];
  /**
   * Recent words in the channel beside the conversation: data that says itself that it is data. Shown before `said`, for
   * this answer only.
   */
  readonly context?: string;
};

export type ReplyPart =
  /** Text of the model, as it arrives; concatenated it is the whole answer. */
  | { readonly kind: 'text'; readonly text: string }
  /** A speakable clause went to speech. */
  | { readonly kind: 'clause'; readonly text: string }
  /** Sound in order; `ofText` names the clause it speaks. `begins`: it is the first of its clause. */
  | {
      readonly kind: 'audio';
      readonly pcm: Pcm;
      readonly ofText?: string;
      readonly begins?: boolean;
    }
  /** The sound of this clause failed, or broke off: it is to be read. `language`: no voice speaks that, and so nothing of the rest. */
  | { readonly kind: 'unspoken'; readonly text: string; readonly language?: string }
  /** All of the answer that is to be read, not heard: links, code, tables. Comes once, when all is written. */
  | { readonly kind: 'aside'; readonly text: string }
  | { readonly kind: 'tool'; readonly call: ToolCall }
  /** The model cut the answer at its longest length. */
  | { readonly kind: 'cut' }
  | { readonly kind: 'usage'; readonly usage: Usage };

export type ToolResult = { readonly content: string };

/** Services of the channel for a running answer; session supplies it. */
export interface AnswerHost {
  /** Waits for the release of the answer first: thinking ahead never has an effect. */
  run(call: ToolCall, signal: AbortSignal): Promise<ToolResult>;
  /** Pays for its requests. */
  readonly meter: ChatMeter & VoiceMeter;
}

/** Speech in, speech out. `chained`, `audio-model` and `realtime` behave alike behind it. */
export interface Pipeline {
  /**
   * Starts at once and reads ahead within a bound, whether or not the result is read.
   * An utterance without words yields nothing.
   *
   * Errors: BotError `provider.*`, `speech.*`. Aborting `signal` throws `signal.reason`.
   */
  answer(turn: Turn, host: AnswerHost, signal: AbortSignal): AsyncIterable<ReplyPart>;
}

/** The ways to answer a turn; the first is the default. */
export const pipelineNames = ['chained', 'audio-model', 'realtime'] as const;
export type PipelineName = (typeof pipelineNames)[number];

/** Pipeline of an answer to these utterances: only the chat model takes pictures. */
export function pipelineFor(
  said: readonly Pick<TurnUtterance, 'pictures'>[],
  usual: PipelineName,
): PipelineName {
  return said.some(({ pictures }) => pictures) ? 'chained' : usual;
}

/** Pipelines that this bot is set up for. */
export interface PipelineRegistry {
  /** The first is used where a server has chosen none. */
  readonly names: readonly PipelineName[];
  /** Throws for one that is not among `names`. */
  open(name: PipelineName): Pipeline;
  /** Names of its chat and speech engines, in a few words for the panel. */
  engine(name: PipelineName): string;
}
