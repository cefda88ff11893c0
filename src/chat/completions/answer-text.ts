import templateTokens from '#src/chat/marks/template-tokens.json' with { type: 'json' };
import thoughts from '#src/chat/marks/thoughts.json' with { type: 'json' };
import wrappers from '#src/chat/marks/wrappers.json' with { type: 'json' };
import writtenCalls from '#src/chat/marks/written-calls.json' with { type: 'json' };
import { readJudgement } from './words-judgement.ts';
import { readWrittenCalls, type WrittenCall } from './written-calls.ts';

/** A fault of a server that shows in its answers. `parser` names the one that the server lacks. */
export type TextFault =
  | 'thoughts'
  | 'no thoughts'
  | 'template'
  | { readonly parser: string };

/** Names and tools by which an answer is read. */
export type AnswerTextOptions = {
  readonly tools: readonly string[];
  /** Names of the bot, left out at the very start of an answer, before a colon. */
  readonly ownNames: readonly string[];
  /** Names of people. A line that begins with such a name and a colon is made up, and ends the answer. */
  readonly people: readonly string[];
  readonly isThinking: boolean;
  /** Takes a judgement at the very start, which is left out. */
  readonly onJudged?: ((isWhole: boolean) => void) | undefined;
};

/** `head` may begin an answer, and ends an answer that has begun. `line` belongs to a person. */
type AnswerMark = {
  readonly text: string;
  readonly kind: 'thought' | 'answer' | 'wrapper' | 'head' | 'end' | 'line' | 'call';
  readonly close?: string;
  readonly parser?: string;
};

const fixedAnswerMarks: readonly AnswerMark[] = [
  ...listRows(thoughts).flatMap(({ open, close }): AnswerMark[] => [
    { text: open, kind: 'thought' },
    { text: close, kind: 'answer' },
  ]),
  ...listRows(wrappers.around).map((text): AnswerMark => ({ text, kind: 'wrapper' })),
  ...listRows(wrappers.before).map((text): AnswerMark => ({ text, kind: 'head' })),
  ...listRows(templateTokens).map((text): AnswerMark => ({ text, kind: 'end' })),
  ...writtenCalls.map(
    ({ open, ...row }): AnswerMark => ({ ...row, text: open, kind: 'call' }),
  ),
];

export function listRows<Row>(
  table: Readonly<Record<string, readonly Row[]>>,
): readonly Row[] {
  return Object.values(table).flat();
}

type MarkMatch = {
  readonly mark: AnswerMark;
  /** The mark as the text has it. */
  readonly raw: string;
  readonly start: number;
};

/** Marks that are looked for in a text, in capital or small letters. */
class MarkSet {
  readonly #markByText: ReadonlyMap<string, AnswerMark>;
  readonly #pattern: RegExp;

  constructor(marks: readonly AnswerMark[]) {
    this.#markByText = new Map(marks.map((mark) => [mark.text.toLowerCase(), mark]));
    const texts = [...this.#markByText.keys()].sort((a, b) => b.length - a.length);
    this.#pattern = new RegExp(texts.map(RegExp.escape).join('|') || '(?!)', 'i');
  }

  /** Finds the first mark, and the longest of several that begin together. */
  find(text: string): MarkMatch | undefined {
    const match = this.#pattern.exec(text);
    const mark = match && this.#markByText.get(match[0].toLowerCase());
    return mark ? { mark, raw: match[0], start: match.index } : undefined;
  }

  /** Returns where an unfinished mark may begin, or the end of the text. */
  findStart(text: string): number {
    const tail = text.slice(-maxMarkChars).toLowerCase();
    const isStart = (ending: string) =>
      [...this.#markByText.keys()].some(
        (mark) => mark.length > ending.length && mark.startsWith(ending),
      );
    let start = 0;
    while (start < tail.length && !isStart(tail.slice(start))) start++;
    return text.length - tail.length + start;
  }
}

const maxMarkChars = 80;
const answerMarks = new MarkSet(fixedAnswerMarks);
const thoughtMarks = new MarkSet(
  fixedAnswerMarks.filter(({ kind }) => kind === 'answer' || kind === 'call'),
);
const thoughtMarksWithoutTools = new MarkSet(
  fixedAnswerMarks.filter(({ kind }) => kind === 'answer'),
);
const noMarks = new MarkSet([]);

/** JSON or a Python call instead of words, and text that may become one. */
const bareCallStart = /^\s*(?:```\w*\s*)?(?:\{|\[\s*\{|\[[\w.]+\()/;
const possibleBareCallStart = /^\s*(?:`{1,3}\w*\s*|\[[\w.\s]*)?$/;
type State = 'answer' | 'thought' | 'call' | 'end';

/** After so many characters behind the end, the stream is not waited for. */
const maxDroppedChars = 400;

function toBareName(text: string) {
  return text.replace(/[\s*_]+/g, '').toLowerCase();
}

/**
 * Extracts the words of an answer from text in any pieces: no thoughts, no tokens of the prompt template, no lines of
 * made-up people. Calls are collected.
 *
 * @example
 * import { AnswerText } from '#src/chat/completions/answer-text.ts';
 *
 * const answer = new AnswerText({ tools: [], ownNames: ['Nova'], people: ['Ben'], isThinking: false });
 * answer.push('<think>Hm.</think>Nova: It is noon.\nBen: Thanks!') + answer.flush(false); // 'It is noon.'
 */
export class AnswerText {
  /** Faults of the server so far. */
  readonly faults: TextFault[] = [];
  /** Calls that the server has written as text so far. */
  readonly calls: WrittenCall[] = [];
  readonly #options: AnswerTextOptions;
  readonly #answerMarks: MarkSet;
  #state: State;
  /** Text that is not read yet. */
  #unread = '';
  /** The running call, or a thought whose beginning was not seen. */
  #hidden = '';
  #call: AnswerMark | undefined;
  #isAtStart = true;
  #lastCharacter = '';
  #isList = false;
  #droppedChars = 0;
  #onJudged: AnswerTextOptions['onJudged'];

  constructor(options: AnswerTextOptions) {
    this.#options = options;
    this.#onJudged = options.onJudged;
    this.#state = options.isThinking ? 'thought' : 'answer';
    const lineMarks = options.people.map(
      (name): AnswerMark => ({ text: `\n${name}:`, kind: 'line' }),
    );
    this.#answerMarks =
      lineMarks.length > 0
        ? new MarkSet([...fixedAnswerMarks, ...lineMarks])
        : answerMarks;
  }

  /** Returns whether the answer has ended. The stream may go on. */
  get hasEnded(): boolean {
    return this.#state === 'end';
  }

  /** Whether a judgement was read off the beginning. */
  get hasJudgement(): boolean {
    return this.#options.onJudged !== this.#onJudged;
  }

  /** Whether so much came after the end that the stream need not be read on. */
  get isOver(): boolean {
    return this.#droppedChars > maxDroppedChars;
  }

  /** Adds text, and returns all that may be shown since the last call. */
  push(text: string): string {
    this.#unread += text;
    return this.#readText(false);
  }

  /** Returns the text held back. `isCut` means that the answer broke off here. */
  flush(isCut: boolean): string {
    const answer = this.#readText(true);
    const hidden = this.#hidden;
    this.#hidden = '';
    if (this.#state === 'call') return answer + this.#endCall(hidden);
    // A thought that never ended is not shown.
    if (this.#state !== 'thought' || isCut || hidden === '') return answer;
    // The model usually begins inside a thought, but not this time.
    this.faults.push('no thoughts');
    return answer + this.#readAgain(hidden);
  }

  #readText(isLast: boolean) {
    let answer = '';
    while (!this.#awaitsStart(isLast)) {
      const marks = this.#currentMarks;
      const match = marks.find(this.#unread);
      const isNearEnd = !match || match.start > this.#unread.length - maxMarkChars;
      const sureEnd =
        isNearEnd && !isLast ? marks.findStart(this.#unread) : this.#unread.length;
      const isSure = match !== undefined && match.start < sureEnd;
      const textEnd = isSure ? match.start : sureEnd;
      answer += this.#takeText(this.#unread.slice(0, textEnd));
      this.#unread = this.#unread.slice(textEnd + (isSure ? match.raw.length : 0));
      if (!isSure) break;
      answer += this.#passMark(match.mark, match.raw);
    }
    return answer;
  }

  /** Returns whether the beginning cannot be read yet. Removes a judgement and the bot's own name. */
  #awaitsStart(isLast: boolean) {
    if (!this.#isAtStart || this.#state !== 'answer') return false;
    if (this.#awaitsJudgement(isLast)) return true;
    const names = this.#options.ownNames.map((name) => toBareName(`${name}:`));
    const start = toBareName(this.#unread);
    const isNamed = names.some(
      (name) => start.startsWith(name) && (isLast || start !== name),
    );
    if (isNamed) this.#unread = this.#unread.replace(/^[^:]*:[\s*_]*/, '');
    const hasTools = this.#options.tools.length > 0;
    if (hasTools && bareCallStart.test(this.#unread)) {
      this.#state = 'call';
      this.#call = undefined;
    }
    if (isLast || isNamed || this.#unread === '') return false;
    return (
      names.some((name) => name.startsWith(start)) ||
      (hasTools && possibleBareCallStart.test(this.#unread))
    );
  }

  #awaitsJudgement(isLast: boolean) {
    if (!this.#onJudged) return false;
    const judgement = readJudgement(this.#unread, isLast);
    if (judgement === 'unsure') return true;
    if (judgement) {
      this.#unread = judgement.answer;
      this.#tellJudgement(judgement.isWhole);
    }
    return false;
  }

  #tellJudgement(isWhole: boolean) {
    this.#onJudged?.(isWhole);
    this.#onJudged = undefined;
  }

  get #currentMarks() {
    if (this.#state === 'answer') return this.#answerMarks;
    if (this.#state === 'thought')
      return this.#options.tools.length > 0 ? thoughtMarks : thoughtMarksWithoutTools;
    const close = this.#state === 'call' ? this.#call?.close : undefined;
    return close === undefined
      ? noMarks
      : new MarkSet([{ text: close, kind: 'answer' }]);
  }

  #takeText(text: string) {
    switch (this.#state) {
      case 'thought':
        if (this.#options.isThinking && this.#isAtStart) this.#hidden += text;
        return '';
      case 'call':
        this.#hidden += text;
        return '';
      case 'end':
        this.#droppedChars += text.length;
        return '';
      case 'answer': {
        const answer = this.#isAtStart ? text.trimStart() : text;
        if (answer !== '') this.#isAtStart = false;
        this.#lastCharacter = answer.trimEnd().at(-1) ?? this.#lastCharacter;
        return answer;
      }
    }
  }

  #passMark(mark: AnswerMark, raw: string) {
    const hasBegun = this.#lastCharacter !== '';
    const { kind } = mark;
    if (kind === 'wrapper' || (kind === 'head' && !hasBegun)) return '';
    if (kind === 'line' && (this.#lastCharacter === ':' || this.#isList)) {
      // A list of quotations is not made up.
      this.#isList = true;
      return this.#takeText(raw);
    }
    if (kind === 'answer' && this.#state === 'answer' && hasBegun)
      this.faults.push('thoughts');
    if (kind === 'head' || kind === 'end') this.faults.push('template');
    return this.#enterState(
      kind === 'head' || kind === 'line' ? 'end' : kind,
      mark,
      raw,
    );
  }

  #enterState(state: State, mark: AnswerMark, raw: string) {
    const [formerState, hidden] = [this.#state, this.#hidden];
    this.#state = state;
    this.#hidden = state === 'call' ? raw : '';
    if (state === 'answer') this.#isAtStart = true;
    if (formerState === 'call') return this.#endCall(hidden + raw);
    if (state === 'call') this.#call = mark;
    return '';
  }

  #endCall(text: string) {
    const calls = readWrittenCalls(text, this.#options.tools);
    this.calls.push(...calls);
    if (!this.#call && calls.length === 0) return this.#readAgain(text);
    this.faults.push({ parser: this.#call?.parser ?? 'hermes' });
    return '';
  }

  #readAgain(text: string) {
    const again = new AnswerText({
      ...this.#options,
      tools: [],
      isThinking: false,
      onJudged: this.#onJudged && ((isWhole) => this.#tellJudgement(isWhole)),
    });
    return again.push(text) + again.flush(false);
  }
}
