import type { EndpointingEffect } from '#src/turn/endpointing/endpointing.ts';
import type { SpeakerInputEvent } from '#src/voice/hearing/speaker-input.ts';
import type { ClipWord } from './voice-clips.ts';

/** From the question to the text. */
export const recognitionMs = 120;
/** Time before its first voiced window that an utterance keeps. */
const keptLeadMs = 250;

type TimedAnswer = { readonly text: string; readonly atMs: number };

/** Asked at each pause, it knows the words of this utterance that have ended in the sound up to then. */
export class OracleRecogniser {
  readonly #words;
  #fromMs = 0;
  #answer: TimedAnswer | undefined;

  constructor(words: readonly ClipWord[]) {
    this.#words = words;
  }

  onNoticed(noticed: SpeakerInputEvent | EndpointingEffect, atMs: number) {
    const { kind } = noticed;
    if (kind === 'began') this.#fromMs = noticed.fromMs;
    if (kind === 'paused') this.#answer = this.#recogniseWords(atMs);
    if (kind === 'resumed' || kind === 'ended') this.#answer = undefined;
  }

  getAnswer(atMs: number) {
    const answer = this.#answer;
    if (!answer || answer.atMs > atMs) return undefined;
    this.#answer = undefined;
    return answer;
  }

  #recogniseWords(pausedAtMs: number) {
    const since = this.#fromMs - keptLeadMs;
    const ended = this.#words.filter(
      ([, fromMs, toMs]) => fromMs >= since && toMs <= pausedAtMs,
    );
    return {
      text: ended.map(([text]) => text).join(' '),
      atMs: pausedAtMs + recognitionMs,
    };
  }
}
