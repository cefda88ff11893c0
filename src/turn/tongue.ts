/** What one language tells about an unfinished sentence. Words are lower case, apart by white space. */
export type Tongue = {
  /** Words that hardly ever end a sentence: articles, conjunctions, prepositions, possessives, subjects. */
  readonly open: string;
  /** Sounds of somebody who looks for the next word. */
  readonly fillers: string;
  readonly numbers: string;
  /** Frequent words that may well end a sentence; they tell which language it is. */
  readonly marks: string;
  /** Starts of clauses that need another one. */
  readonly subordinators?: string;
  /** Endings of the whole text, in languages whose words are not apart or carry their particles. */
  readonly openEndings?: string;
  /** The same of sentences that are over. */
  readonly closedEndings?: string;
};
