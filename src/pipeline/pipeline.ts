import type { LiveSound } from '#src/audio/live-sound.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import type { BotError } from '#src/base/errors.ts';
import type { ChannelId, PersonId } from '#src/base/ids.ts';
import type {
  ChatMessage,
  SentFields,
  Tool,
  ToolCall,
  Usage,
} from '#src/chat/chat-model.ts';
import type { ChatMeter, TalkMeter } from '#src/chat/metered-chat.ts';
import type { VoiceUsageMeter } from '#src/speech/fallbacks/metered-voice.ts';
import type {
  SpeechVoice,
  Transcript,
  UtterancePcm,
} from '#src/speech/speech-engine.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { WordsJudge } from './words-judge.ts';

/** One utterance of a turn, or a typed question, with its words to come. */
export type TurnUtterance = {
  readonly speakerId: PersonId;
  readonly name: string;
  readonly fromMs: number;
  /** Mono at 16 kHz. Undefined for typed words. */
  readonly pcm?: UtterancePcm;
  /** The same sound, as it arrived while it was spoken. Undefined where it is not streamed. */
  readonly live?: LiveSound | undefined;
  readonly text?: string;
  /** True for a recording that is recognised for its answer only. */
  readonly isRecording?: true;
  /** Data URLs. Only the chat model sees them. */
  readonly pictures?: readonly string[];
  /** True for words or pictures of another person, which can ask for no tool. */
  readonly isQuoted?: true;
  /** Recognises once, on first call. Rejects with the error of the recogniser. */
  readonly transcript: () => Promise<Transcript>;
};

/** How the bot answers: its instructions and its voice. */
export type ReplyStyle = {
  readonly instructions: string;
  /** Instructions for one answer alone. They stand behind the history, as servers keep what they computed for the same beginning. */
  readonly turnOrder?: string;
  readonly voice: SpeechVoice;
  /** IANA name of the time zone of the server. */
  readonly timeZone?: string;
  /** Returns the sentence that says that a chat shows links, code and tables. */
  readonly getAsideNotice?: (language: string | undefined) => string;
  /** Returns the language that a voice speaks for a listener of `language` (BCP 47). Absent: any. */
  readonly getSpokenLanguage?: (language: string) => string;
};

/** The language of one answer. Give it transcripts with `hear`, and read `now` as late as possible. */
export interface AnswerLanguage {
  /** BCP 47. Undefined while unknown. Surer after `hear`. */
  readonly now: string | undefined;
  /**
   * `fixed`: the style sets the language. `settled`: the language holds unless the words of this turn ask for another.
   * `open`: the language of earlier words, or the likeliest one.
   */
  readonly stability: 'fixed' | 'settled' | 'open';
  /** True if `hear` got words that were not final, and the final transcripts ask for an answer in another language. */
  readonly isOutdated: boolean;
  /** Learns from transcripts, oldest first, as soon as they are recognised. Never rejects. */
  hear(transcripts: readonly Transcript[]): Promise<void>;
}

/** A call with an effect made for the same words before, and its result. */
export type DoneCall = ToolResult & { readonly call: ToolCall };

/** A request of one person, with everything that an answer may need. */
export type Turn = {
  /** Oldest first. The last speaker is the asker. */
  readonly utterances: readonly TurnUtterance[];
  readonly style: ReplyStyle;
  /** If undefined, the model chooses. */
  readonly language?: AnswerLanguage;
  /** Earlier turns, oldest first. Assistant messages hold only words that were heard. */
  readonly history: readonly ChatMessage[];
  readonly tools: readonly Tool[];
  /** Fields of a program with tools of its own. The answer ends with calls of these tools. */
  readonly sent?: SentFields;
  /** Calls of an answer that was given up, oldest first. The model sees them as its own. */
  readonly done?: readonly DoneCall[];
  /** Recent words in the channel, marked as data, for this answer only. */
  readonly context?: string;
  /** The voice channel to whose talk the turn belongs. Absent: none. */
  readonly channelId?: ChannelId;
  /** Aborts when nothing of the turn may stay with a server: a person of its words withdraws, or the session ends. */
  readonly until?: AbortSignal;
};

/** A piece of a reply, in the order in which people get it. */
export type ReplyPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'clause'; readonly text: string }
  /** `ofText` is the clause that sounds. `begins` marks its first sound. */
  | {
      readonly kind: 'audio';
      readonly pcm: Pcm;
      readonly ofText?: string;
      readonly begins?: boolean;
    }
  /** The sound of this clause failed, so it is shown as text. `language` means that no voice speaks it. */
  | { readonly kind: 'unspoken'; readonly text: string; readonly language?: string }
  /** Links, code and tables, to be read. Comes once, after all text. */
  | { readonly kind: 'aside'; readonly text: string }
  | { readonly kind: 'tool'; readonly call: ToolCall }
  | { readonly kind: 'cut' }
  | { readonly kind: 'usage'; readonly usage: Usage };

/** The result of a call, as the model reads it. */
export type ToolResult = {
  readonly content: string;
  /** The same as sentences for people, where the result has any. */
  readonly lines?: readonly TextLine[] | undefined;
};

/** The session's side of an answer, which runs tools and counts cost. */
export interface AnswerHost {
  /** Runs a call once the answer is released, since a preemptive answer must have no effect. */
  run(call: ToolCall, signal: AbortSignal): Promise<ToolResult>;
  /** Counts the cost of each request. */
  readonly meter: ChatMeter & TalkMeter & VoiceUsageMeter;
  /** Asks the chat model of a chained answer whether the words are whole. */
  readonly wordsJudge?: WordsJudge | undefined;
  /** Called each time that the model is still loading and will be asked again. Must not throw. */
  readonly onLoading?: (() => void) | undefined;
  /** Called as a live model begins to answer, or with its failure as the chat model does so in its place. Must not throw. */
  readonly onLiveTurn?: ((failure: BotError | undefined) => void) | undefined;
}

/** A way from a turn to a reply. Choose one with `choosePipeline`, and open it in a `PipelineRegistry`. */
export interface Pipeline {
  /**
   * Answers a turn, ahead of the reader within a bound. An utterance without words yields nothing. Throws BotError
   * `provider.*` or `speech.*`.
   */
  answer(turn: Turn, host: AnswerHost, signal: AbortSignal): AsyncIterable<ReplyPart>;
  /** Passes on a turn that may follow, and its sound while it is spoken, paid by `meter`. Never throws. */
  feed?(turn: Turn, sound: LiveSound, meter: AnswerHost['meter']): void;
  /**
   * Passes on a turn without words, of which later ones begin with the same prompt, to a model that reads ahead: no other lets `create` make
   * it. Costs nothing. Never throws.
   */
  prepare?(create: () => Turn): void;
}

/** Names that a server may choose. The first is the default. */
export const pipelineNames = ['chained', 'audio-model', 'realtime', 'live'] as const;
export type PipelineName = (typeof pipelineNames)[number];

/** Chooses a pipeline. Only the chat model takes pictures, and a live model takes nothing but sound. */
export function choosePipeline(
  utterances: readonly Pick<TurnUtterance, 'pcm' | 'pictures'>[],
  configuredName: PipelineName,
): PipelineName {
  if (utterances.some(({ pictures }) => pictures)) return 'chained';
  const isWritten = utterances.some(({ pcm }) => !pcm);
  return configuredName === 'live' && isWritten ? 'chained' : configuredName;
}

/** The pipelines for which engines are set. */
export interface PipelineRegistry {
  /** The first is used by servers that have chosen none. */
  readonly names: readonly PipelineName[];
  /** Gets a pipeline. Throws for a name that is not in `names`. */
  open(name: PipelineName): Pipeline;
  /** Returns the names of a pipeline's engines as one text, by which they are told apart. */
  getEngineNames(name: PipelineName): string;
}
