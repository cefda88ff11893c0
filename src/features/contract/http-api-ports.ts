import type { Pcm } from '#src/audio/pcm.ts';
import type { SentFields, Usage } from '#src/chat/chat-model.ts';
import type { PipelineName, ReplyPart } from '#src/pipeline/pipeline.ts';
import type { Asker } from '#src/ports/command-ports.ts';
import type { SoundFile } from '#src/sources/recordings.ts';
import type { EngineUsage, TranscribedWord } from '#src/speech/speech-engine.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** A text to be spoken. Missing fields are as the server has set them. */
export type ProgramText = {
  readonly guildId: GuildId;
  readonly asker: Asker;
  readonly input: string;
  readonly voice?: string;
  /** One of `VoicesAndPreviews.models`. */
  readonly model?: string;
  /** Tone. */
  readonly instructions?: string;
  /** 0.25 to 4; 1 is the voice's own pace. */
  readonly speed?: number;
  /** Called as `SpeechVoice.onUsage`. */
  readonly onUsage: (usage: EngineUsage) => void;
};

export type ProgramQuestion = {
  readonly guildId: GuildId;
  readonly asker: Asker;
  /** Beginning of the keys under which words of its sounds are kept. */
  readonly keptFor: string;
  /** The conversation, oldest first. Its system messages are in place of the server's own instructions. */
  readonly messages: readonly ProgramMessage[];
  /** Fields that the chat model gets as they stand, its tools among them. */
  readonly sent: SentFields;
  /** Number of answers. */
  readonly choices: number;
  readonly voice?: string;
  /** Speech model, of those that may be chosen; another means the usual one. */
  readonly speechModel?: string;
  /** Transcription model for its sound, as `speechModel`. */
  readonly transcriptionModel?: string;
  /** Absent: as this server is answered. */
  readonly pipeline?: PipelineName;
  /** False: in writing alone. */
  readonly isSpoken: boolean;
  /** Called with the usage of each request to a model. */
  readonly onUsage: (usage: Usage) => void;
};

/** A message of a program in the format of chat completions. */
export type ProgramMessage = SentFields & {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: readonly ProgramPart[];
};

/** Text, a picture, or a file of sound in base64: WAV or what else recordings may be. */
export type ProgramPart = {
  readonly type: string;
  readonly text?: string;
  readonly image_url?: { readonly url: string };
  readonly input_audio?: { readonly data: string };
};

/** Parts of a result; must be read to the end, as its budget stays reserved until then. */
export type OpenStream<Part> = { readonly kind: 'open'; readonly parts: AsyncIterable<Part> };
export type FailedStream = { readonly kind: 'failed'; readonly line: TextLine };

/** The answers, one after the other; each is read before the next. */
export type ProgramAnswer = OpenStream<AsyncIterable<ReplyPart>> | FailedStream;
export type ProgramSpeech =
  | OpenStream<Pcm>
  | FailedStream
  /** There is nothing in the text that can be said. */
  | { readonly kind: 'unspeakable' };

export type RecordingRequest = {
  readonly guildId: GuildId;
  readonly asker: Asker;
  readonly recording: SoundFile;
  /** Any that is not among `models` is the usual one. */
  readonly model?: string;
  /** Spoken in it, BCP 47, where that is known. */
  readonly language?: string;
  /** Words that are likely to be said, as `normaliseHints` gives them. */
  readonly hints: readonly string[];
  readonly hasWordTimes: boolean;
  /** In English, whatever is spoken. */
  readonly isTranslated: boolean;
  /** Longest wait for all its words, in ms. */
  readonly longestMs: number;
};

/** Parts of a transcription, in order: its length, then segments; nothing follows any other part. */
export type RecordingPart =
  | { readonly kind: 'begun'; readonly durationMs: number }
  | { readonly kind: 'segment'; readonly segment: RecordingSegment }
  /** The limit of concurrent recordings is reached: of this program, or in this server. */
  | { readonly kind: 'busy'; readonly of: 'program' | 'server'; readonly limit: number }
  | { readonly kind: 'late' }
  /** The chat model gave no translation. */
  | { readonly kind: 'untranslated' }
  | FailedStream;

/** Speech between two pauses, 30 s at most; times in ms of the recording. */
export type RecordingSegment = {
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
  /** Between the text before it and its own: nothing where the script has no spaces. */
  readonly lead: '' | ' ';
  /** BCP 47, where the recogniser reports it. */
  readonly language?: string;
  /** Where the recogniser reports them all, and the text is as it was said. */
  readonly words?: readonly TranscribedWord[];
  /** The recogniser has put it into English. */
  readonly isTranslated?: true;
};
