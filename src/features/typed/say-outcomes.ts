import type { Playing } from '#src/features/tracks/track-outcomes.ts';
import type { Asker, SpokenManner } from '#src/ports/command-ports.ts';
import type { PlayEnd } from '#src/ports/play-end.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Options of a text that is read out. */
export type SayOptions = SpokenManner & {
  /** Person or program whose share pays; absent: the server alone does. */
  readonly payer?: Asker;
  /** Owner in lists, who may also withdraw it. */
  readonly owner?: Asker;
  /** In place of the track `voice`: it plays there as a sound, and waits like one. */
  readonly track?: string;
  /** Called once with the end, if it was queued or placed. Never throws. */
  readonly onEnd?: (end: PlayEnd) => void;
};

export type SayOutcome =
  /** 0 ahead: it is being said. */
  | { readonly kind: 'queued'; readonly ahead: number }
  | { readonly kind: 'full'; readonly limit: number }
  /** On a named track, or why not. */
  | { readonly kind: 'placed'; readonly playing: Playing }
  | { readonly kind: 'unspeakable' }
  /** A moderator keeps the bot from speaking. */
  | { readonly kind: 'muted' }
  /** It was called to write captions only. */
  | { readonly kind: 'captions-only' }
  /** The sentence that says when there is money again. */
  | { readonly kind: 'unaffordable'; readonly line: TextLine }
  | { readonly kind: 'nowhere' };
