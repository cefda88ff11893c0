import type { Asker } from '#src/conversation/ports/command-ports.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** A message as it was written. */
export type WrittenLine = {
  readonly messageId: string;
  readonly author: Asker;
  /** Written by a program, or through a webhook. */
  readonly isBot: boolean;
  readonly text: string;
};

export type ReadingOutcome =
  /** 0 ahead: it is being said. */
  | { readonly kind: 'queued'; readonly ahead: number }
  /** The limit of waiting lines of this person is reached. */
  | { readonly kind: 'full'; readonly limit: number }
  /** Written by a bot; by a person who said no or is blocked; it was deleted meanwhile. */
  | { readonly kind: 'bot' | 'refused' | 'deleted' }
  /** Nothing of it can be said. */
  | { readonly kind: 'unspeakable' }
  /** A moderator keeps the bot from speaking, or it was called to write captions only. */
  | { readonly kind: 'muted' | 'captions-only' }
  /** The sentence that says when there is money again. */
  | { readonly kind: 'unaffordable'; readonly line: TextLine }
  | { readonly kind: 'nowhere' };
