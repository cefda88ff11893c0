import type { Transcript } from '#src/speech/ports.ts';

/** An utterance that has begun; `fromMs` is its first voiced packet on the monotonic clock, without jitter. */
export type BegunUtterance = {
  readonly speakerId: string;
  readonly name: string;
  readonly fromMs: number;
};

/** Content of an utterance. */
export type UtteranceContent =
  /** Times of words, where there are any, are in ms since the first voiced packet. */
  | { readonly kind: 'text'; readonly transcript: Transcript }
  | { readonly kind: 'no-words' }
  /** The recogniser failed, or was too late. */
  | { readonly kind: 'not-understood' }
  /** Its speaker may not be heard any more. */
  | { readonly kind: 'withdrawn' };

/** End of an utterance; times are of its first and last voiced packet on the monotonic clock, without jitter. */
export type UtteranceResult = UtteranceContent & {
  readonly fromMs: number;
  readonly toMs: number;
  /** It was for the bot. */
  readonly meant: boolean;
};

/** Begins to follow an utterance. */
export type FollowUtterance = (utterance: BegunUtterance) => UtteranceFollower;

/** Told what becomes of one utterance. Nothing here may throw. */
export interface UtteranceFollower {
  /** All words so far, which may still change. */
  partial(text: string): void;
  /** All words up to a pause, as sure as they get; more may follow. */
  whole(text: string): void;
  /** The pause was none: its speaker goes on. */
  resumed(): void;
  /** Called exactly once, whatever happens; no other call follows. */
  ended(result: UtteranceResult): void;
}
