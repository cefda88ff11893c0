import type { EndpointingEffect } from '#src/turn/endpointing/endpointing.ts';
import type { SpeakerInputEvent } from '#src/voice/hearing/speaker-input.ts';
import type { ClipWord } from './clips.ts';

/** From the question to the text. */
export const recogniseMs = 120;
/** Time before its first voiced window that an utterance keeps. */
const keptMs = 250;

type TimedAnswer = { readonly text: string; readonly atMs: number };

/** Asked at each pause, it knows the words of this utterance that have ended in the sound up to then. */
export class Oracle {
  readonly #words: readonly ClipWord[] | undefined;
  #fromMs = 0;
  #answer: TimedAnswer | undefined;

  constructor(words: readonly ClipWord[] | undefined) {
    this.#words = words;
  }

  notice(noticed: SpeakerInputEvent | EndpointingEffect, atMs: number): void {
    const { kind } = noticed;
    if (kind === 'began') this.#fromMs = noticed.fromMs;
    if (kind === 'paused') this.#answer = this.#words && this.#read(this.#words, atMs);
    if (kind === 'resumed' || kind === 'ended') this.#answer = undefined;
  }

  answerBy(atMs: number): TimedAnswer | undefined {
    const answer = this.#answer;
    if (!answer || answer.atMs > atMs) return undefined;
    this.#answer = undefined;
    return answer;
  }

  #read(words: readonly ClipWord[], pausedAtMs: number): TimedAnswer {
    const since = this.#fromMs - keptMs;
    const ended = words.filter(([, fromMs, toMs]) => fromMs >= since && toMs <= pausedAtMs);
    return { text: ended.map(([text]) => text).join(' '), atMs: pausedAtMs + recogniseMs };
  }
}
