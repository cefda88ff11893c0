import type { MarkMeaning } from './mark-meanings.ts';

/** A sequence in an answer that is no words, such as a tag around a thought or a token of a prompt template. */
export type AnswerMark = {
  /** The mark as the text has it, with the label behind it. */
  readonly raw: string;
  /**
   * `line` begins a line of a person. Only what follows tells of `maybe call` and `maybe thought`: a call that can be
   * read, or words behind the closing tag.
   */
  readonly meaning: MarkMeaning | 'line' | 'maybe call' | 'maybe thought';
  /** Words that an opening mark and its closing mark share. */
  readonly core: string;
  readonly isClosing: boolean;
};

/** Text up to `end` holds no mark. Without a `mark`, the text behind `end` may become one. */
export type MarkSearch = { readonly end: number; readonly mark?: AnswerMark };

/** Finds marks that no shape could tell. */
export interface MarkFinder {
  /** Finds the first mark, the longest of several that begin together, or where an unfinished one may begin. */
  find(text: string, isLast: boolean): MarkSearch;
}
