import type { Pcm } from '#src/audio/pcm.ts';

export type Transcript = {
  readonly text: string;
  /** BCP 47 where the recogniser tells, say `en`. */
  readonly language?: string;
};

export type TranscriptUpdate =
  | { readonly kind: 'partial'; readonly text: string }
  | { readonly kind: 'final'; readonly transcript: Transcript };

/** Speech to text, one utterance a call. */
export interface Transcriber {
  /**
   * `pcm` is one utterance at 16 kHz mono. Yields partials where the recogniser has them, then exactly one final;
   * silence gives an empty text, not an error.
   *
   * Errors: BotError `provider.*` or `speech.failed`. Aborting `signal` throws `signal.reason`.
   */
  transcribe(pcm: Pcm, signal: AbortSignal): AsyncIterable<TranscriptUpdate>;
}

/** How a text is to be spoken. Fields left out are the engine's own defaults. */
export type Voice = {
  readonly name?: string;
  /** Tone, for engines that take it. */
  readonly instructions?: string;
  /** 1 is the voice's own pace. */
  readonly speed?: number;
};

/** Text to speech, one clause or sentence a call. */
export interface Synthesizer {
  /**
   * Yields the sound in order as it arrives, mono, in pieces of any length, all at one rate.
   *
   * Errors: BotError `provider.*`, `speech.failed`, `speech.unspeakable`. Aborting `signal` throws `signal.reason`.
   */
  synthesize(text: string, voice: Voice, signal: AbortSignal): AsyncIterable<Pcm>;
}
