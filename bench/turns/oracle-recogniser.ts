import type { EndpointingEffect } from '#src/turn/endpointing/endpointing.ts';
import type { SpeakerInputEvent } from '#src/voice/hearing/speaker-input.ts';
import type { ClipWord } from './voice-clips.ts';

/** From the question to the text. */
export const recognitionMs = 120;
/** Time before its first voiced window that an utterance keeps. */
const keptLeadMs = 250;

type TimedAnswer = { readonly text: string; readonly atMs: number };

/** Asked at each pause, it knows the words of this utterance that have ended in the sound up to then. */
export function createOracleRecogniser(words: readonly ClipWord[]) {
  let notedMs = 0;
  let lastAnswer: TimedAnswer | undefined;

  function recogniseWords(pausedAtMs: number) {
    const since = notedMs - keptLeadMs;
    const ended = words.filter(
      ([, fromMs, toMs]) => fromMs >= since && toMs <= pausedAtMs,
    );
    return {
      text: ended.map(([text]) => text).join(' '),
      atMs: pausedAtMs + recognitionMs,
    };
  }

  return {
    onEvent(event: SpeakerInputEvent | EndpointingEffect, atMs: number) {
      const { kind } = event;
      if (kind === 'began') notedMs = event.fromMs;
      if (kind === 'paused') lastAnswer = recogniseWords(atMs);
      if (kind === 'resumed' || kind === 'ended') lastAnswer = undefined;
    },

    getAnswer(atMs: number) {
      const answer = lastAnswer;
      if (!answer || answer.atMs > atMs) return undefined;
      lastAnswer = undefined;
      return answer;
    },
  };
}
