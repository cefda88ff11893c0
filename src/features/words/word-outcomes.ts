import type { ServerWord } from '#src/settings/stored-vocabulary-words.ts';

export type WordList = {
  readonly words: readonly ServerWord[];
  readonly isRead: boolean;
  /** Limit of words. */
  readonly limit: number;
};

export type WordAdding =
  /** `saved`: also for a process that starts again. */
  | { readonly kind: 'added' | 'replaced'; readonly word: ServerWord; readonly saved: boolean }
  | { readonly kind: 'bad-word' | 'bad-say'; readonly mostChars: number }
  /** The limit of words is reached. */
  | { readonly kind: 'full'; readonly limit: number };

export type WordRemoval =
  | { readonly kind: 'removed'; readonly word: string; readonly saved: boolean }
  /** `known`: the words there are. */
  | { readonly kind: 'unknown'; readonly known: readonly string[] };
