import type { SpeakerInputEvent } from '#src/conversation/ear/speaker-input.ts';
import type { EndpointingEffect } from '#src/turn/endpointing/endpointing.ts';
import type { ClipWord } from './voice-clips.ts';

/** Time from the question to the text, in ms. */
export const recognitionMs: number = 120;
/** Time before its first voiced window that an utterance keeps. */
const keptLeadMs = 250;

/** The words of an utterance so far, and the instant at which they are known. */
export type TimedAnswer = { readonly text: string; readonly atMs: number };

/** A recogniser that makes no mistake: asked at each pause, it knows the words of this utterance that have ended in the sound up to then. */
export class OracleRecogniser {
  readonly #words: readonly ClipWord[];
  #utteranceFromMs = 0;
  #lastAnswer: TimedAnswer | undefined;

  constructor(words: readonly ClipWord[]) {
    this.#words = words;
  }

  /** Follows the utterance: each pause at `atMs` is a question. */
  onEvent(event: SpeakerInputEvent | EndpointingEffect, atMs: number): void {
    const { kind } = event;
    if (kind === 'began') this.#utteranceFromMs = event.fromMs;
    if (kind === 'paused') this.#lastAnswer = this.#recogniseWords(atMs);
    if (kind === 'resumed' || kind === 'ended') this.#lastAnswer = undefined;
  }

  /** Returns the last answer, once. Undefined while it is not known at `atMs`, or where there is none. */
  takeAnswer(atMs: number): TimedAnswer | undefined {
    const answer = this.#lastAnswer;
    if (!answer || answer.atMs > atMs) return undefined;
    this.#lastAnswer = undefined;
    return answer;
  }

  #recogniseWords(pausedAtMs: number) {
    const sinceMs = this.#utteranceFromMs - keptLeadMs;
    const endedWords = this.#words.filter(
      ([, fromMs, toMs]) => fromMs >= sinceMs && toMs <= pausedAtMs,
    );
    return {
      text: endedWords.map(([text]) => text).join(' '),
      atMs: pausedAtMs + recognitionMs,
    };
  }
}
