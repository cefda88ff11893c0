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

export type AnswerTextOptions = {
  readonly tools: readonly string[];
  /** Left out at the very start, before a colon. */
  readonly ownNames: readonly string[];
  /** A line that begins with a person's name and a colon is made up, and ends the answer. */
  readonly people: readonly string[];
  readonly isThinking: boolean;
  /** Takes a judgement at the very start, which is left out. */
  readonly onJudged?: ((isWhole: boolean) => void) | undefined;
};

/** `head` may begin an answer, and ends one that has begun. `line` belongs to a person. */
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

type MarkSet = ReturnType<typeof createMarkSet>;

function createMarkSet(marks: readonly AnswerMark[]) {
  const byText = new Map(marks.map((mark) => [mark.text.toLowerCase(), mark]));
  const texts = [...byText.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(texts.map(RegExp.escape).join('|') || '(?!)', 'i');

  return {
    /** The longest of several at one place. */
    find(text: string) {
      const found = pattern.exec(text);
      const mark = found && byText.get(found[0].toLowerCase());
      return mark ? { mark, raw: found[0], start: found.index } : undefined;
    },
    /** Returns where an unfinished mark may begin, or the end of the text. */
    findStart(text: string): number {
      const tail = text.slice(-maxMarkChars).toLowerCase();
      const isStart = (some: string) =>
        [...byText.keys()].some(
          (mark) => mark.length > some.length && mark.startsWith(some),
        );
      let from = 0;
      while (from < tail.length && !isStart(tail.slice(from))) from++;
      return text.length - tail.length + from;
    },
  };
}

const maxMarkChars = 80;
const answerMarks = createMarkSet(fixedAnswerMarks);
const thoughtMarks = createMarkSet(
  fixedAnswerMarks.filter(({ kind }) => kind === 'answer' || kind === 'call'),
);
const thoughtMarksWithoutTools = createMarkSet(
  fixedAnswerMarks.filter(({ kind }) => kind === 'answer'),
);
const noMarks = createMarkSet([]);

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
  readonly faults: TextFault[] = [];
  readonly calls: WrittenCall[] = [];
  readonly #options: AnswerTextOptions;
  readonly #inAnswer: MarkSet;
  #state: State;
  #held = '';
  /** The running call, or a thought without a seen beginning. */
  #kept = '';
  #call: AnswerMark | undefined;
  #isAtStart = true;
  #lastShown = '';
  #isList = false;
  #droppedChars = 0;
  #onJudged: AnswerTextOptions['onJudged'];

  constructor(options: AnswerTextOptions) {
    this.#options = options;
    this.#onJudged = options.onJudged;
    this.#state = options.isThinking ? 'thought' : 'answer';
    const lines = options.people.map(
      (name): AnswerMark => ({ text: `\n${name}:`, kind: 'line' }),
    );
    this.#inAnswer =
      lines.length > 0 ? createMarkSet([...fixedAnswerMarks, ...lines]) : answerMarks;
  }

  /** Returns whether the answer has ended. The stream may go on. */
  get hasEnded(): boolean {
    return this.#state === 'end';
  }

  get hasJudgement(): boolean {
    return this.#options.onJudged !== this.#onJudged;
  }

  get isOver(): boolean {
    return this.#droppedChars > maxDroppedChars;
  }

  /** Adds text, and returns all that may be shown since the last call. */
  push(text: string): string {
    this.#held += text;
    return this.#readText(false);
  }

  flush(isCut: boolean): string {
    const shown = this.#readText(true);
    const kept = this.#kept;
    this.#kept = '';
    if (this.#state === 'call') return shown + this.#endCall(kept);
    // A thought that never ended is not shown.
    if (this.#state !== 'thought' || isCut || kept === '') return shown;
    // The model usually begins inside a thought, but not this time.
    this.faults.push('no thoughts');
    return shown + this.#readAgain(kept);
  }

  #readText(isLast: boolean) {
    let shown = '';
    while (!this.#awaitsStart(isLast)) {
      const marks = this.#currentMarks;
      const found = marks.find(this.#held);
      const isNearEnd = !found || found.start > this.#held.length - maxMarkChars;
      const sureEnd =
        isNearEnd && !isLast ? marks.findStart(this.#held) : this.#held.length;
      const isSure = found !== undefined && found.start < sureEnd;
      shown += this.#takeText(this.#held.slice(0, isSure ? found.start : sureEnd));
      this.#held = this.#held.slice(isSure ? found.start + found.raw.length : sureEnd);
      if (!isSure) break;
      shown += this.#passMark(found.mark, found.raw);
    }
    return shown;
  }

  /** Returns whether the beginning cannot be read yet. Removes a judgement and the bot's own name. */
  #awaitsStart(isLast: boolean) {
    if (!this.#isAtStart || this.#state !== 'answer') return false;
    if (this.#awaitsJudgement(isLast)) return true;
    const names = this.#options.ownNames.map((name) => toBareName(`${name}:`));
    const begun = toBareName(this.#held);
    const isNamed = names.some(
      (name) => begun.startsWith(name) && (isLast || begun !== name),
    );
    if (isNamed) this.#held = this.#held.replace(/^[^:]*:[\s*_]*/, '');
    const hasTools = this.#options.tools.length > 0;
    if (hasTools && bareCallStart.test(this.#held)) {
      this.#state = 'call';
      this.#call = undefined;
    }
    if (isLast || isNamed || this.#held === '') return false;
    return (
      names.some((name) => name.startsWith(begun)) ||
      (hasTools && possibleBareCallStart.test(this.#held))
    );
  }

  #awaitsJudgement(isLast: boolean) {
    if (!this.#onJudged) return false;
    const read = readJudgement(this.#held, isLast);
    if (read === 'unsure') return true;
    if (read) {
      this.#held = read.rest;
      this.#tellJudgement(read.isWhole);
    }
    return false;
  }

  #tellJudgement(isWhole: boolean) {
    this.#onJudged?.(isWhole);
    this.#onJudged = undefined;
  }

  get #currentMarks() {
    if (this.#state === 'answer') return this.#inAnswer;
    if (this.#state === 'thought')
      return this.#options.tools.length > 0 ? thoughtMarks : thoughtMarksWithoutTools;
    const close = this.#state === 'call' ? this.#call?.close : undefined;
    return close === undefined
      ? noMarks
      : createMarkSet([{ text: close, kind: 'answer' }]);
  }

  #takeText(text: string) {
    switch (this.#state) {
      case 'thought':
        if (this.#options.isThinking && this.#isAtStart) this.#kept += text;
        return '';
      case 'call':
        this.#kept += text;
        return '';
      case 'end':
        this.#droppedChars += text.length;
        return '';
      case 'answer': {
        const shown = this.#isAtStart ? text.trimStart() : text;
        if (shown !== '') this.#isAtStart = false;
        this.#lastShown = shown.trimEnd().at(-1) ?? this.#lastShown;
        return shown;
      }
    }
  }

  #passMark(mark: AnswerMark, raw: string) {
    const hasBegun = this.#lastShown !== '';
    const { kind } = mark;
    if (kind === 'wrapper' || (kind === 'head' && !hasBegun)) return '';
    if (kind === 'line' && (this.#lastShown === ':' || this.#isList)) {
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
    const [from, kept] = [this.#state, this.#kept];
    this.#state = state;
    this.#kept = state === 'call' ? raw : '';
    if (state === 'answer') this.#isAtStart = true;
    if (from === 'call') return this.#endCall(kept + raw);
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
