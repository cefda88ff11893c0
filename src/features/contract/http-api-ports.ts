import type { Pcm } from '#src/audio/pcm.ts';
import type { Admitted } from '#src/base/admitted.ts';
import type { GuildId } from '#src/base/ids.ts';
import type { ChosenLanguage } from '#src/base/language/expected-language.ts';
import type { SentFields, Usage } from '#src/chat/chat-model.ts';
import type { PipelineName, ReplyPart } from '#src/pipeline/pipeline.ts';
import type { Asker } from '#src/ports/command-ports.ts';
import type { UploadedFile } from '#src/sources/recordings.ts';
import type { EngineUsage, TranscribedWord } from '#src/speech/speech-engine.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** A text that a program wants spoken. Missing fields are as the server has set them. */
export type ProgramText = {
  readonly guildId: GuildId;
  readonly asker: Asker;
  readonly input: string;
  readonly voice?: string;
  readonly model?: string;
  readonly instructions?: string;
  /** 0.25 to 4. */
  readonly speed?: number;
  /** Called with the usage of each request to an engine. */
  readonly onUsage: (usage: EngineUsage) => void;
};

/** A conversation of a program that asks for an answer. */
export type ProgramQuestion = {
  readonly guildId: GuildId;
  readonly asker: Asker;
  /** Prefix of the keys for words of its sounds. */
  readonly keptFor: string;
  /** Oldest first. System messages replace the instructions of the server. */
  readonly messages: readonly ProgramMessage[];
  readonly sent: SentFields;
  readonly choices: number;
  readonly voice?: string;
  /** An unknown model means the usual one. */
  readonly speechModel?: string;
  readonly transcriptionModel?: string;
  readonly pipeline?: PipelineName;
  readonly isSpoken: boolean;
  /** Called with the usage of each request to the chat model. */
  readonly onUsage: (usage: Usage) => void;
};

/** A message of a program's conversation, which may go to the chat server. */
export type ProgramMessage = Admitted<WrittenMessage, 'request'>;

/** A message as a program wrote it. */
export type WrittenMessage = Readonly<Record<string, unknown>> & {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: readonly ProgramPart[];
};

/** A part of a message: text, picture or sound. */
export type ProgramPart = {
  readonly type: string;
  readonly text?: string;
  readonly image_url?: { readonly url: string };
  readonly input_audio?: { readonly data: string };
};

/** A stream for a program. Read it to the end, since the budget stays reserved until then. */
export type OpenStream<Part> = {
  readonly kind: 'open';
  readonly parts: AsyncIterable<Part>;
};
/** A failure before the stream, with the line that explains it. */
export type FailedStream = { readonly kind: 'failed'; readonly line: TextLine };

/** The answers to a question, one stream each, or a failure. */
export type ProgramAnswer = OpenStream<AsyncIterable<ReplyPart>> | FailedStream;
/** The sound of a text, or a failure. */
export type ProgramSpeech =
  | OpenStream<Pcm>
  | FailedStream
  /** Nothing in the text can be said. */
  | { readonly kind: 'unspeakable' };

/** A recording that a program wants transcribed. `language` is BCP 47; absent: detected. */
export type RecordingRequest = {
  readonly guildId: GuildId;
  readonly asker: Asker;
  readonly recording: UploadedFile;
  readonly model?: string;
  readonly language?: ChosenLanguage;
  readonly hints: readonly string[];
  readonly hasWordTimes: boolean;
  readonly isTranslated: boolean;
  readonly longestMs: number;
};

/** Length of a recording, then its segments. Nothing follows another part. */
export type RecordingPart =
  | { readonly kind: 'begun'; readonly durationMs: number }
  | { readonly kind: 'segment'; readonly segment: RecordingSegment }
  /** The program or the server has too many concurrent recordings. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'late' }
  | { readonly kind: 'untranslated' }
  | FailedStream;

/** Speech between two pauses, 30 s at most. Times are relative to the recording. */
export type RecordingSegment = {
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
  /** Empty if the script has no spaces. */
  readonly lead: '' | ' ';
  readonly language?: string;
  /** Present if the recogniser reports all words, and the text is untranslated. */
  readonly words?: readonly TranscribedWord[];
  readonly isTranslated?: true;
};
