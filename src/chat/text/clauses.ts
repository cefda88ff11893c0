import { boundaries, lookaheadChars, sureEnd } from './boundaries.ts';

/** Limits for the end of a clause. */
type Rules = {
  /** A pause inside a sentence will do, once this many words stand before it. */
  readonly pauseWords: number;
  /** A sentence shorter than this is joined with the next. */
  readonly shortestChars: number;
  /** Length in characters at which a clause is cut in any case. */
  readonly longestChars: number;
};

/** Rules of the first clause: short, since the listeners wait for it. */
const firstRules: Rules = { pauseWords: 3, shortestChars: 1, longestChars: 100 };
/** Whole sentences sound better, and there is time: the first clause is playing. */
const laterRules: Rules = {
  pauseWords: Number.POSITIVE_INFINITY,
  shortestChars: 25,
  longestChars: 240,
};

/** Longest address, in characters: enough to recognise it, too short to overfill a clause. */
const longestAddressChars = 40;
const address = /https?:\/\/|www\./i;
const addressEnd = /[a-z0-9/]$/i;
/** Character that may end an address, or stand in its middle. */
const addressMark = /^[)\]>"'`*_.,;:!?]$/;

/**
 * Cuts streamed text into clauses, each spoken in one breath: a short clause first, whole sentences later.
 *
 * The cuts depend on the text alone, not on its pieces, so each waits for the character that proves it. An eager one does
 * not wait at the end of the first clause, where a piece ends in a stop or comma that is hardly anything else. Only white
 * space between clauses is lost. A fenced block of code is one clause of any length.
 */
export class ClauseSplitter {
  readonly #isEager: boolean;
  #rest = '';
  #rules = firstRules;

  constructor({ eager = false }: { readonly eager?: boolean } = {}) {
    this.#isEager = eager;
  }

  push(text: string): string[] {
    this.#rest += text;
    return this.#cutAll(this.#isEager && this.#rules === firstRules && endsFirst(this.#rest));
  }

  /** Gives the rest at the end of the text. Later text is cut like a new one. */
  flush(): string[] {
    const clauses = this.#cutAll(true);
    this.#rules = firstRules;
    return clauses;
  }

  #cutAll(ended: boolean): string[] {
    const clauses: string[] = [];
    for (;;) {
      this.#rest = this.#rest.trimStart();
      const end = endOfClause(this.#rest, this.#rules, ended);
      if (end === undefined) return clauses;
      const clause = this.#rest.slice(0, end).trimEnd();
      this.#rest = this.#rest.slice(end);
      if (/[\p{L}\p{N}]/u.test(clause) && !clause.startsWith(fence)) this.#rules = laterRules;
      clauses.push(clause);
    }
  }
}

const fence = '```';

/** Whether a first clause ends here, although the character that would prove it has not come. */
function endsFirst(text: string): boolean {
  const kind = sureEnd(text);
  return kind !== undefined && isEnough(text.trimStart(), kind, firstRules);
}

function endOfClause(text: string, rules: Rules, ended: boolean): number | undefined {
  if (text.startsWith(fence)) return endOfFence(text, ended);
  const { end, pause, waits } = findEnd(text, rules, ended);
  if (end !== undefined || waits || text === '') return end;
  if (ended && text.length <= rules.longestChars) return text.length;
  const proven = ended || text.length >= rules.longestChars + lookaheadChars;
  return proven ? hardEnd(text, rules.longestChars, pause) : undefined;
}

type FoundClause = { readonly end?: number; readonly pause: number; readonly waits: boolean };

/** The first boundary that the rules accept; `pause` is the last one they did not. */
function findEnd(text: string, rules: Rules, ended: boolean): FoundClause {
  let pause = 0;
  // Text further ahead decides nothing, and looking at it again for each clause would take quadratic time.
  const near = text.slice(0, rules.longestChars + lookaheadChars + 1);
  for (const { end, kind } of boundaries(near, ended)) {
    if (end > rules.longestChars) break;
    if (kind === 'unknown') return { pause, waits: true };
    if (kind === 'fence' || isEnough(text.slice(0, end), kind, rules)) {
      return { end, pause, waits: false };
    }
    pause = end;
  }
  return { pause, waits: false };
}

function isEnough(clause: string, kind: 'sentence' | 'pause', rules: Rules): boolean {
  const words = wordCount(clause);
  if (kind === 'pause') return words >= rules.pauseWords;
  return words > 0 && clause.length >= rules.shortestChars;
}

function endOfFence(text: string, ended: boolean): number | undefined {
  const closing = text.indexOf(fence, fence.length);
  if (closing >= 0) return closing + fence.length;
  return ended ? text.length : undefined;
}

/** Cuts at the last pause, if it is not too early, else between words, else inside one, but never inside a character. */
function hardEnd(text: string, longestChars: number, pause: number): number {
  if (pause > longestChars / 2) return pause;
  const space = text.slice(0, longestChars).search(/\s\S*$/);
  if (space > 0) return space;
  const cut = text.slice(0, longestChars).replace(/[\uD800-\uDBFF]$/, '');
  return cut.length;
}

const wordOrIdeogram =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}][\p{L}\p{M}\p{N}'\u2019.-]*/gu;

/** An ideogram counts as half a word. */
function wordCount(text: string): number {
  const found = text.match(wordOrIdeogram) ?? [];
  const ideograms = found.filter((word) =>
    /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]$/u.test(word),
  );
  return found.length - ideograms.length / 2;
}

/**
 * Shortens every address of a streamed text to 40 characters, for any cut into pieces: addresses are not spoken, and a
 * clause must not end in the middle of one. The character that closes it stays.
 */
export class ShortLinks {
  /** End of the output so far, up to the last character that no address holds. */
  #run = '';
  #marks = '';

  push(text: string): string {
    return [...text].map((one) => this.#feed(one)).join('');
  }

  flush(): string {
    const rest = this.#marks;
    this.#marks = '';
    this.#run = '';
    return rest;
  }

  #feed(one: string): string {
    if (!/^[!-~]$/.test(one)) return this.flush() + one;
    const start = this.#run.search(address);
    const addressChars = start < 0 || !addressEnd.test(this.#run) ? 0 : this.#run.length - start;
    const isLong = addressChars >= longestAddressChars;
    if (!isLong) {
      this.#run = (this.#run + one).slice(-2 * longestAddressChars);
      return one;
    }
    this.#marks = addressMark.test(one) ? this.#marks + one : '';
    return '';
  }
}
