import type { Pcm } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import type { GuildId } from '#src/base/ids.ts';
import type { ExpectedLanguage } from '#src/base/language/expected-language.ts';
import type {
  TokenUsage,
  TryReservations,
} from '#src/provider/models/request-reservation.ts';
import type { ServedBy } from '#src/provider/models/standard-models.ts';

/** Usage of a request, as its server counted: tokens, or ms of sound. */
export type ServerUsage =
  | ({ readonly kind: 'tokens' } & TokenUsage)
  | { readonly kind: 'heard'; readonly ms: number };

/** Usage of a request, and the server that took it. `count` is absent if the server reports none. */
export type EngineUsage = { readonly by?: ServedBy; readonly count?: ServerUsage };

/** A word with its times, from the beginning of the sound that was sent. */
export type TranscribedWord = {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
};

/** The recognised words of an utterance. An empty `text` means silence. `language` is BCP 47, absent if unknown. */
export type Transcript = {
  readonly text: string;
  readonly language?: string;
  /** Words with times, in order. Absent unless the recogniser reports them all. */
  readonly words?: readonly TranscribedWord[];
  /** The text is an English translation. */
  readonly isTranslated?: true;
  /** Usage since the transcript before, of the same utterance. */
  readonly usage?: EngineUsage;
};

/** A step of recognition: words so far, which may still change, or the final transcript. */
export type TranscriptUpdate =
  | { readonly kind: 'partial'; readonly text: string }
  | { readonly kind: 'final'; readonly transcript: Transcript };

/** One utterance that is recognised while it is spoken. Disposing ends all work on it. */
export interface Listening extends Disposable {
  /** Adds 16 kHz mono sound, in order, with its packet. Never waits and never throws. `settle` reports errors. */
  push(samples: Int16Array, opus?: Uint8Array): void;
  /**
   * Returns the final text of all sound so far. If the utterance goes on, the next text holds everything again.
   *
   * Throws as `transcribe` does. After an abort, listening goes on.
   */
  settle(signal: AbortSignal): Promise<Transcript>;
}

/**
 * Sound of an utterance. `toOgg` packs the same sound in far fewer bytes. Absent unless the sound came in Opus
 * packets of which none is missing.
 */
export type UtterancePcm = Pcm & { readonly toOgg?: (() => Uint8Array) | undefined };

/** Takes everything understood so far of an utterance, which may still change. */
export type OnPartial = (text: string) => void;

/** Hints for a recogniser, which uses those that it supports. */
export type TranscriptionOptions = {
  readonly language?: ExpectedLanguage;
  readonly hints?: readonly string[];
  readonly model?: string;
  readonly hasWordTimes?: boolean;
  readonly isTranslated?: boolean;
  /** Server whose people want it, as the meter says. Absent: the operator. */
  readonly guildId?: GuildId;
  /** People speak now, as the meter says. Absent: a recording, which waits for live speech. */
  readonly isLive?: boolean;
  /** Pays for each request after the first. */
  readonly tries?: TryReservations;
};

/** Speech to text, one utterance a call. */
export interface Transcriber {
  /**
   * Recognises one utterance, 16 kHz mono. Yields partials, if any, then one final, empty for silence. Throws
   * BotError `provider.*` or `speech.failed`.
   */
  transcribe(
    pcm: UtterancePcm,
    signal: AbortSignal,
    options?: TranscriptionOptions,
  ): AsyncIterable<TranscriptUpdate>;
  /** Listens while people speak, if the recogniser can. Never throws. Aborting `signal` ends the work. */
  listen?(
    onPartial: OnPartial,
    signal: AbortSignal,
    options?: TranscriptionOptions,
  ): Listening;
  /** Wraps each of several recognisers, so that every request passes `wrap`. */
  wrapEach?(wrap: (engine: Transcriber) => Transcriber): Transcriber;
}

/** The voice that a text is spoken with. A missing field means the engine's own default. */
export type SpeechVoice = {
  readonly name?: string;
  /** Model of the server. An engine that may not be asked for it speaks with its usual model. */
  readonly model?: string;
  /** Language (BCP 47) of the text, or the one that it is expected to be in. Absent: unknown. */
  readonly language?: string | undefined;
  /** The maker of the text says that it is in `language`, or that it is in none, as a name. */
  readonly isLanguageDeclared?: true;
  readonly instructions?: string;
  /** 1 is the voice's own pace. */
  readonly speed?: number;
  /** Respells words that are pronounced otherwise than they are written. */
  readonly pronounce?: (text: string) => string;
  /** Reports the server at the start of a request, and its usage at the end. Never throws. */
  readonly onUsage?: (usage: EngineUsage) => void;
  /** Reports that the voice no longer exists and the standard one speaks. Never throws. */
  readonly onGone?: (name: string, of: 'reader' | 'model') => void;
  /** Server whose people want it, as the meter says. Absent: the operator. */
  readonly guildId?: GuildId;
  /** Pays for each request after the first. */
  readonly tries?: TryReservations;
};

/** Text to speech, one clause or sentence a call. */
export interface Synthesizer {
  /** Languages (BCP 47) that the voices speak. Absent: all, as far as is known. */
  readonly languages?: readonly string[] | undefined;
  /**
   * Yields the sound as it arrives, mono at one rate. Throws BotError `provider.*`, `speech.failed`,
   * `speech.unspeakable` or `speech.no_voice`.
   */
  synthesize(text: string, voice: SpeechVoice, signal: AbortSignal): AsyncIterable<Pcm>;
  /** Creates a synthesizer for one answer, which stays with the engine of its first sound. Each clause names its voice. */
  fixEngine?(): Synthesizer;
  /** Wraps each of several synthesizers, so that every request passes `wrap`. */
  wrapEach?(wrap: (engine: Synthesizer) => Synthesizer): Synthesizer;
}

/** Names of the voices that a server or a model has. */
export interface VoiceNames {
  /** Languages (BCP 47) that the voices speak. Absent: all, as far as is known. */
  readonly languages?: readonly string[] | undefined;
  /** Returns the names that are known now. None means that the voices cannot be listed, or not yet. */
  getKnown(): readonly string[];
  /** Asks the server for unknown names. Never throws, and has a deadline. */
  loadNames(): Promise<readonly string[]>;
}

/** Creates a fixed list of names. No names mean that the voices cannot be listed. */
export function createFixedVoiceNames(
  names: readonly string[],
  languages?: readonly string[],
): VoiceNames {
  return { languages, getKnown: () => names, loadNames: async () => names };
}

/** Returns whether a name is known, or a mix of known ones, `a(2)+b(1)`. */
export function isKnownVoice(name: string, knownNames: readonly string[]): boolean {
  if (knownNames.length === 0 || knownNames.includes(name)) return true;
  const voices = name.split('+');
  return (
    voices.length > 1 &&
    voices.every((voice) => knownNames.includes(voice.trim().replace(voiceWeight, '')))
  );
}

/** Finds the voice that a person typed, in any case. A plausible name passes if the voices cannot be listed. */
export function findVoice(
  typed: string,
  knownNames: readonly string[],
): string | undefined {
  const name = typed.trim();
  const lower = name.toLowerCase();
  const knownName = knownNames.find((voice) => voice.toLowerCase() === lower);
  if (knownName !== undefined) return knownName;
  return voiceNamePattern.test(name) && isKnownVoice(name, knownNames)
    ? name
    : undefined;
}

const voiceWeight = /\([\d.]{1,8}\)$/;

/** Names of a server that does not list its voices. */
const voiceNamePattern = /^[\p{L}\p{N}][\p{L}\p{N} _.:()+/-]{0,99}$/u;

/** Creates the BotError `speech.unspeakable` of a text without a word. */
export function createUnspeakableError(): BotError {
  return new BotError('speech.unspeakable', false, 'The text has nothing to speak.');
}

/** Splits a text into pieces of at most `maxChars`, at ends of sentences or at spaces. */
export function splitText(text: string, maxChars: number): string[] {
  const pieces: string[] = [];
  let remainingText = text.trim();
  while (remainingText.length > maxChars) {
    const at = findCut(remainingText, maxChars);
    pieces.push(remainingText.slice(0, at).trim());
    remainingText = remainingText.slice(at).trim();
  }
  if (remainingText !== '') pieces.push(remainingText);
  return pieces;
}

function findCut(text: string, maxChars: number) {
  const fittingText = text.slice(0, maxChars);
  const sentence = Math.max(
    ...['. ', '! ', '? ', '; '].map((end) => fittingText.lastIndexOf(end) + 1),
  );
  if (sentence > maxChars / 3) return sentence;
  const space = fittingText.lastIndexOf(' ');
  if (space > 0) return space;
  return /[\uD800-\uDBFF]$/.test(fittingText) ? maxChars - 1 : maxChars;
}
