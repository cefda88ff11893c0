import { type EndOfTurn, endOfTurnOf } from './end-of-turn.ts';

/** The words of the utterance so far, and how far they can be trusted. */
export type Understood = EndOfTurn & {
  readonly text: string;
  readonly changedAtMs: number;
  /** True when the transcript came in this pause; else it was a partial, and more was said since. */
  readonly upToPause: boolean;
  /** The recogniser took words back or added some in this very pause. */
  readonly revised: boolean;
};

/** Streaming recognisers change their mind for 260 ms after the voice (p95, pocketsphinx, 2026-11). */
const stableMs = 300;
/** Time in ms after a change in the pause in which another may follow. */
const restlessMs = 120;
/** All the trust a text gets that is still being changed: no sign of an end. */
const restlessLogit = 0;

export function understand(
  former: Understood | undefined,
  said: { readonly text: string; readonly language?: string; readonly atMs: number },
  inPause: boolean,
): Understood {
  const same = former?.text === said.text;
  const revised = inPause && former?.upToPause === true && (former.revised || !same);
  return {
    ...(same ? former : endOfTurnOf(said.text, said.language)),
    text: said.text,
    changedAtMs: same ? former.changedAtMs : said.atMs,
    upToPause: inPause,
    revised,
  };
}

/** Reading of a text in a pause; none while it is older than the last words and may still change; `silentMs` since the voice. */
export function readingAt(
  understood: Understood | undefined,
  atMs: number,
  silentMs: number,
): EndOfTurn | undefined {
  if (!understood || understood.lastWord === '') return undefined;
  const { completeLogit, lastWord, changedAtMs, upToPause, revised } = understood;
  const sinceMs = atMs - changedAtMs;
  if (upToPause) {
    if (!revised || sinceMs >= restlessMs) return { completeLogit, lastWord };
    return { completeLogit: Math.min(completeLogit, restlessLogit), lastWord };
  }
  if (silentMs >= stableMs && sinceMs >= stableMs) return { completeLogit, lastWord };
  return completeLogit < 0 ? { completeLogit: completeLogit / 2, lastWord } : undefined;
}
