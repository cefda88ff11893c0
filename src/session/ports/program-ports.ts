import type { Pcm } from '#src/audio/pcm.ts';
import type { ListedSession } from '#src/captions/transcript-store.ts';
import type { ChatMessage, Usage } from '#src/chat/ports.ts';
import type { ReplyPart } from '#src/pipeline/pipeline.ts';
import type { PipelineName } from '#src/pipeline/pipeline-names.ts';
import type { SoundFile } from '#src/sources/fetch/ports.ts';
import type { EngineUsage, TranscribedWord } from '#src/speech/ports.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { FileRequest, TranscriptOutcome } from './captions.ts';
import type { CommandPorts } from './command.ts';
import type { Asker, Members } from './command-ports.ts';

/** What programs, and the operator's page, may do in the servers of one shard. */
export type ProgramPorts = Pick<
  CommandPorts,
  'places' | 'sessions' | 'talk' | 'tracks' | 'voices'
> & {
  readonly answers: ProgramAnswers;
  readonly members: Members;
  readonly transcripts: ManagerTranscripts;
  readonly transcriptions: ProgramTranscriptions;
};

/** What was said, for everybody who manages a server; session implements it. */
export interface ManagerTranscripts {
  /** Newest first, at most 25; undefined where they cannot be read. */
  sessionsForManagers(guildId: string): Promise<readonly ListedSession[] | undefined>;
  /** The last session where none is named. */
  fileForManagers(guildId: string, request: FileRequest): Promise<TranscriptOutcome>;
}

/** Answers that no channel hears; session implements it. */
export interface ProgramAnswers {
  /** Ways to answer that may be asked for, the server's own first. */
  pipelines(guildId: string): readonly PipelineName[];
  /**
   * Begins an answer, if there is money for it and not too much is answered already.
   *
   * Reading its parts throws what a pipeline throws. Aborting `signal` throws its reason.
   */
  answer(question: ProgramQuestion, signal: AbortSignal): Promise<ProgramAnswer>;
  /**
   * Begins to speak a text, if there is money for it and not too much is answered already.
   *
   * Reading the sound, mono at `speakRateHz`, throws what a synthesizer throws. Aborting `signal` throws its reason.
   */
  speak(text: ProgramText, signal: AbortSignal): Promise<ProgramSpeech>;
}

/** A text that is to be spoken. What is left out is as the server has it. */
export type ProgramText = {
  readonly guildId: string;
  readonly asker: Asker;
  readonly input: string;
  readonly voice?: string;
  /** One of `VoiceControl.models`. */
  readonly model?: string;
  /** Tone. */
  readonly instructions?: string;
  /** 0.25 to 4; 1 is the voice's own pace. */
  readonly speed?: number;
  /** As `SpeechVoice.onTook`. */
  readonly onTook: (took: EngineUsage) => void;
};

export type ProgramQuestion = {
  readonly guildId: string;
  readonly asker: Asker;
  /** What is asked, in order. */
  readonly said: readonly ProgramUtterance[];
  /** What was said before, oldest first. */
  readonly history: readonly ChatMessage[];
  /** In place of the server's own. */
  readonly instructions?: string;
  readonly voice?: string;
  /** Of those that may be chosen; another means the usual one. */
  readonly speechModel?: string;
  /** As `speechModel`, of what recognises its sound. */
  readonly transcriptionModel?: string;
  /** Absent: as this server is answered. */
  readonly pipeline?: PipelineName;
  /** False: in writing alone. */
  readonly isSpoken: boolean;
  /** Told what each request to a model took. */
  readonly onUsage: (usage: Usage) => void;
};

export type ProgramUtterance =
  | { readonly kind: 'typed'; readonly name: string; readonly text: string }
  /** A file of sound: WAV or what else recordings may be. */
  | { readonly kind: 'spoken'; readonly name: string; readonly bytes: Uint8Array };

/** Parts of what is made; to be read, if only to its end, as its budget stays reserved until then. */
export type OpenStream<Part> = { readonly kind: 'open'; readonly parts: AsyncIterable<Part> };
export type FailedStream = { readonly kind: 'failed'; readonly line: TextLine };

export type ProgramAnswer = OpenStream<ReplyPart> | FailedStream;
export type ProgramSpeech =
  | OpenStream<Pcm>
  | FailedStream
  /** There is nothing in the text that can be said. */
  | { readonly kind: 'unspeakable' };

/** Recordings of programs, put into words; session implements it. Nothing of them is kept, and nothing of a channel goes in. */
export interface ProgramTranscriptions {
  /** Models that may be asked for, the usual one first; none: there is no choice. */
  models(): readonly string[];
  /**
   * Begins to recognise a recording, if there is money for it and not too much is recognised already.
   *
   * Reading its parts throws what a recogniser throws. Aborting `signal` throws its reason.
   */
  transcribe(request: RecordingRequest, signal: AbortSignal): Promise<RecordingOutcome>;
}

export type RecordingRequest = {
  readonly guildId: string;
  readonly asker: Asker;
  readonly recording: SoundFile;
  /** Any that is not among `models` is the usual one. */
  readonly model?: string;
  /** Spoken in it, BCP 47, where that is known. */
  readonly language?: string;
  /** Words that are likely to be said, as `hintsOf` gives them. */
  readonly hints: readonly string[];
  readonly hasWordTimes: boolean;
  /** In English, whatever is spoken. */
  readonly isTranslated: boolean;
  /** Longest wait for all its words, in ms. */
  readonly longestMs: number;
};

export type RecordingOutcome =
  /** To be read, if only to its end, as its place is taken until then. */
  | {
      readonly kind: 'open';
      readonly durationMs: number;
      readonly parts: AsyncIterable<RecordingPart>;
    }
  /** So many are recognised already: of this program, or in this server. */
  | { readonly kind: 'busy'; readonly of: 'program' | 'server'; readonly limit: number }
  | { readonly kind: 'late' }
  | FailedStream;

/** What the words of a recording come as, in order; nothing follows a part that is no segment. */
export type RecordingPart =
  | { readonly kind: 'segment'; readonly segment: RecordingSegment }
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
  /** BCP 47, where the recogniser tells. */
  readonly language?: string;
  /** Where the recogniser tells them all, and they are as they were said. */
  readonly words?: readonly TranscribedWord[];
  readonly confidence?: number;
  /** Absent: as it was said. */
  readonly translatedBy?: 'server' | 'chat-model';
};
