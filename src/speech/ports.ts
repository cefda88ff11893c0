import type { Pcm } from '#src/audio/pcm.ts';
import type { ServedBy } from '#src/provider/models/models.ts';
import type { TokenUsage } from '#src/provider/models/request-hold.ts';

/** Usage that a server reports. */
export type ServerUsage =
  | ({ readonly kind: 'tokens' } & TokenUsage)
  | { readonly kind: 'heard'; readonly ms: number };

/** Server and model of a request, and the usage by their own count, as far as reported. */
export type EngineUsage = { readonly by?: ServedBy; readonly count?: ServerUsage };

/** One word, in ms from the beginning of the sound that was sent. */
export type TranscribedWord = {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
};

export type Transcript = {
  readonly text: string;
  /** Detected language, BCP 47, where reported, say `en`. */
  readonly language?: string;
  /** Words in order, where the recogniser reports them all. */
  readonly words?: readonly TranscribedWord[];
  /** The text is an English translation of the speech. */
  readonly isTranslated?: true;
  /** Usage that no earlier transcript contained. */
  readonly usage?: EngineUsage;
};

export type TranscriptUpdate =
  | { readonly kind: 'partial'; readonly text: string }
  | { readonly kind: 'final'; readonly transcript: Transcript };

/** One utterance that is recognised while it is spoken. Disposing of it ends all work on it. */
export interface Listening extends Disposable {
  /** Samples at 16 kHz mono, in order. Never waits and never throws; `settle` reports errors. */
  push(samples: Int16Array): void;
  /**
   * Final text of all sound so far. More may be pushed afterwards: the utterance continues, and the next text holds all
   * of it again. A second call for the same samples costs no work.
   *
   * Errors: as `transcribe`. Aborting `signal` throws `signal.reason` and leaves the listening usable.
   */
  settle(signal: AbortSignal): Promise<Transcript>;
}

/** Gets all that was understood so far; words may still change. */
export type OnPartial = (text: string) => void;

/** Called with `ms` of sound, each time they are sent to a recogniser of whole utterances. Never throws. */
export type OnSoundSent = (ms: number) => void;

/** What is known of an utterance, and options of its words; a recogniser uses those it supports. */
export type TranscriptionOptions = {
  /** Language that is spoken, BCP 47. */
  readonly language?: string;
  /** Words that are likely to be said, as `hintsOf` gives them. */
  readonly hints?: readonly string[];
  /** Model in place of the usual one, of those that the operator allows. */
  readonly model?: string;
  /** Times of words, where the server has them. */
  readonly hasWordTimes?: boolean;
  /** An English translation, where the server has one: then the transcript says `isTranslated`. */
  readonly isTranslated?: boolean;
};

/** Speech to text, one utterance a call. */
export interface Transcriber {
  /**
   * `pcm` is one utterance at 16 kHz mono. Yields partials where the recogniser has them, then exactly one final;
   * silence gives an empty text, not an error.
   *
   * Errors: BotError `provider.*` or `speech.failed`. Aborting `signal` throws `signal.reason`.
   */
  transcribe(
    pcm: Pcm,
    signal: AbortSignal,
    asked?: TranscriptionOptions,
  ): AsyncIterable<TranscriptUpdate>;
  /**
   * Only of recognisers that take sound while it is spoken; `listenWith` serves all others. Never throws. Aborting
   * `signal` disposes of it.
   */
  listen?(onPartial: OnPartial, signal: AbortSignal, asked?: TranscriptionOptions): Listening;
  /** Only of those that ask several: the same with each of these wrapped, so that every request passes `wrap`. */
  wrapped?(wrap: (engine: Transcriber) => Transcriber): Transcriber;
}

/** Manner of speaking a text. Fields left out are the engine's own defaults. */
export type SpeechVoice = {
  readonly name?: string;
  /** Speech model in place of the usual one; an engine that may not be asked for it speaks with its usual one. */
  readonly model?: string;
  /** Language of the text, BCP 47, where known. */
  readonly language?: string;
  /** Tone, for engines that take it. */
  readonly instructions?: string;
  /** 1 is the voice's own pace. */
  readonly speed?: number;
  /** Spelling of a text for the voice, where some words are pronounced otherwise than they are written. */
  readonly pronounce?: (text: string) => string;
  /** Called twice for each request for the text: with its server at the start, and with its usage at the end. Never throws. */
  readonly onUsage?: (usage: EngineUsage) => void;
  /**
   * Called when there is no voice of this name any more, so that the standard one speaks: that of the reader of texts, or
   * of the model that speaks. Never throws.
   */
  readonly onGone?: (name: string, of: 'reader' | 'model') => void;
};

/** Text to speech, one clause or sentence a call. */
export interface Synthesizer {
  /**
   * Yields the sound in order as it arrives, mono, in pieces of any length, all at one rate.
   *
   * Errors: BotError `provider.*`, `speech.failed`, `speech.unspeakable`, `speech.no_voice`. Aborting `signal` throws `signal.reason`.
   */
  synthesize(text: string, voice: SpeechVoice, signal: AbortSignal): AsyncIterable<Pcm>;
  /** Only of synthesizers whose voice may change: one for a single answer, which keeps the voice of its first sound to the end. */
  oneVoice?(): Synthesizer;
  /** Only of those that ask several: the same with each of these wrapped, so that every request passes `wrap`. */
  wrapped?(wrap: (engine: Synthesizer) => Synthesizer): Synthesizer;
}
