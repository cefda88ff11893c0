import templateTokens from '#src/chat/marks/template-tokens.json' with { type: 'json' };
import thoughts from '#src/chat/marks/thoughts.json' with { type: 'json' };
import wrappers from '#src/chat/marks/wrappers.json' with { type: 'json' };
import writtenCalls from '#src/chat/marks/written-calls.json' with { type: 'json' };
import type { AnswerMark, MarkFinder, MarkSearch } from './answer-mark.ts';
import { namesCall, parseMarkName } from './mark-meanings.ts';
import { type Fence, findMark, markStart, noFence, stepFence } from './mark-shapes.ts';
import { readJudgement } from './words-judgement.ts';
import { readWrittenCalls, type WrittenCall } from './written-calls.ts';

/**
 * A fault of a server that shows in its answers. `parser` names the one that the server lacks, if it is known.
 * `unknownMark` is a mark that no table has.
 */
export type TextFault =
  | 'thoughts'
  | 'no thoughts'
  | 'template'
  | { readonly parser: string | undefined }
  | { readonly unknownMark: string };

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

export function listRows<Row>(
  table: Readonly<Record<string, readonly Row[]>>,
): readonly Row[] {
  return Object.values(table).flat();
}

/** Marks without a shape that could tell them, found in capital and small letters. */
class MarkTable implements MarkFinder {
  readonly #markByText: ReadonlyMap<string, AnswerMark>;
  readonly #pattern: RegExp;
  readonly #maxChars: number;

  constructor(marks: readonly AnswerMark[]) {
    this.#markByText = new Map(marks.map((mark) => [mark.raw.toLowerCase(), mark]));
    const texts = [...this.#markByText.keys()].sort((a, b) => b.length - a.length);
    this.#pattern = new RegExp(texts.map(RegExp.escape).join('|') || '(?!)', 'i');
    this.#maxChars = texts[0]?.length ?? 0;
  }

  /** Finds the first mark, the longest of several that begin together, or where an unfinished one may begin. */
  find(text: string, isLast: boolean): MarkSearch {
    const match = this.#pattern.exec(text);
    const mark = match && this.#markByText.get(match[0].toLowerCase());
    const unsureStart = isLast ? text.length : this.#findUnfinished(text);
    if (!mark || match.index >= unsureStart) return { end: unsureStart };
    return { end: match.index, mark: { ...mark, raw: match[0] } };
  }

  #findUnfinished(text: string) {
    const tail = text.slice(-this.#maxChars).toLowerCase();
    const isStart = (ending: string) =>
      [...this.#markByText.keys()].some(
        (mark) => mark.length > ending.length && mark.startsWith(ending),
      );
    let start = 0;
    while (start < tail.length && !isStart(tail.slice(start))) start++;
    return text.length - tail.length + start;
  }
}

const toMark =
  (meaning: AnswerMark['meaning']) =>
  (raw: string): AnswerMark => ({ raw, meaning, core: '', isClosing: false });

/** Thoughts whose marks have no shape. */
const thoughtEnds = listRows(thoughts).map(({ close }) => toMark('thought end')(close));
const formlessCalls = writtenCalls
  .filter(({ open }) => !/^[<[]/.test(open))
  .map(({ open }) => toMark('call')(open));
const answerMarks: readonly AnswerMark[] = [
  ...listRows(thoughts).map(({ open }) => toMark('thought')(open)),
  ...thoughtEnds,
  ...listRows(wrappers.before).map(toMark('head')),
  ...listRows(templateTokens).map(toMark('end')),
  ...formlessCalls,
];
const answerTable = new MarkTable(answerMarks);
const thoughtTable = new MarkTable([...thoughtEnds, ...formlessCalls]);
const emptyTable = new MarkTable([]);

/** Marks that are so common that nobody need be told of them. */
const commonMarks = new Set(['<think>', '<thinking>', '[THINK]']);

/** Returns the tool parser that would have read the call behind this mark. */
function findParser(raw: string): string | undefined {
  const start = raw.toLowerCase();
  const row = writtenCalls.find(({ open }) => {
    const known = open.toLowerCase();
    return start.startsWith(known) || start === known.replace(/[>=]$/, '');
  });
  return row?.parser;
}

/** JSON or a Python call instead of words, and text that may become one. */
const bareCallStart =
  /^\s*(?:```(?:tool|function)\w*\s|(?:```\w*\s*)?(?:\{\s*["']|\[\s*\{\s*["']|\[[\w.]+\())/;
const possibleBareCallStart = /^\s*(?:`{1,3}\w*\s*)?(?:\[[\w.\s]*(?:\{\s*)?|\{\s*)?$/;

/** Returns whether a text begins with a call such as "lamp(on=True)", or with a part of its name. */
function beginsWithCall(text: string, tools: readonly string[]): boolean | 'unsure' {
  const start = text.trimStart().replace(/^functions\./, '');
  const readings = tools.map((name) => {
    if (!start.startsWith(name)) return name.startsWith(start) ? 'unsure' : false;
    const rest = start.slice(name.length);
    return /^(?:\(|\s*\{)/.test(rest) || (/^\s*$/.test(rest) ? 'unsure' : false);
  });
  return readings.includes(true) || (readings.includes('unsure') && 'unsure');
}

type State = 'answer' | 'thought' | 'call' | 'end';

/** After so many characters behind the end, the stream is not waited for. */
const maxDroppedChars = 400;
/** A model that makes up marks is reported by the first of them. */
const maxReportedMarks = 8;

function toBareName(text: string) {
  return text.replace(/[\s*_]+/g, '').toLowerCase();
}

/**
 * Extracts the words of an answer from text in any pieces: no thoughts, no tokens of the prompt template, no lines of
 * made-up people. Calls are collected. What is not understood is no words.
 *
 * @example
 * import { AnswerText } from '#src/chat/completions/answer-text.ts';
 *
 * const answer = new AnswerText({ tools: [], ownNames: ['Nova'], people: ['Ben'], isThinking: false });
 * answer.push('<|muse_start|>Hm.<|muse_end|>Nova: It is noon.\nBen: Thanks!') + answer.flush(false); // 'It is noon.'
 */
export class AnswerText {
  /** Faults of the server so far. */
  readonly faults: TextFault[] = [];
  /** Calls that the server has written as text so far. */
  readonly calls: WrittenCall[] = [];
  readonly #options: AnswerTextOptions;
  readonly #table: MarkTable;
  #state: State;
  /** Text that is not read yet. */
  #unread = '';
  /** The running call, or a thought that may turn out to be the answer. */
  #hidden = '';
  /** The mark that opened the running call or the doubtful thought. */
  #opening: AnswerMark | undefined;
  /** A closed thought that was the answer unless words follow. */
  #doubted = '';
  /** Words of marks that only frame a part of the answer. */
  readonly #openCores = new Set<string>();
  #isAtStart = true;
  #lastCharacter = '';
  #characterBefore = '';
  #fence: Fence = noFence;
  /** Words behind the place of the fence. */
  #wordsBehindFence = '';
  #isList = false;
  #droppedChars = 0;
  #onJudged: AnswerTextOptions['onJudged'];

  constructor(options: AnswerTextOptions) {
    this.#options = options;
    this.#onJudged = options.onJudged;
    this.#state = options.isThinking ? 'thought' : 'answer';
    const lineMarks = options.people.map((name) => toMark('line')(`\n${name}:`));
    this.#table =
      lineMarks.length > 0
        ? new MarkTable([...answerMarks, ...lineMarks])
        : answerTable;
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
    const words = this.#readText(true);
    if (this.#state === 'call') return words + this.#endCall(this.#takeHidden());
    const doubted = this.#doubted;
    this.#doubted = '';
    if (this.#state === 'answer') return words + this.#readAgain(doubted);
    const hidden = this.#takeHidden();
    // A thought that never ended is not shown.
    if (this.#state !== 'thought' || isCut || hidden === '') return words;
    // The model usually begins inside a thought, but not this time.
    if (!this.#opening) this.faults.push('no thoughts');
    return words + this.#readAgain(hidden);
  }

  #takeHidden() {
    const hidden = this.#hidden;
    this.#hidden = '';
    return hidden;
  }

  #readText(isLast: boolean) {
    let words = '';
    while (!this.#awaitsStart(isLast)) {
      const { end, mark } = this.#findMark(isLast);
      words += this.#takeText(this.#unread.slice(0, end));
      this.#unread = this.#unread.slice(end + (mark?.raw.length ?? 0));
      if (!mark) break;
      words += this.#passMark(mark);
    }
    return words;
  }

  #findMark(isLast: boolean): MarkSearch {
    if (this.#state === 'end') return { end: this.#unread.length };
    if (!markStart.test(this.#unread))
      return this.#currentTable.find(this.#unread, isLast);
    this.#fence = stepFence(this.#fence, this.#wordsBehindFence);
    this.#wordsBehindFence = '';
    const isAnswer = this.#state === 'answer';
    return findMark(this.#unread, {
      isLast,
      isAtStart: isAnswer && this.#isAtStart,
      characterBefore: this.#characterBefore,
      fence: this.#fence,
      tools: isAnswer ? this.#options.tools : [],
      names: [...this.#options.ownNames, ...this.#options.people],
      table: this.#currentTable,
      canShowCode: isAnswer,
      openCore: this.#opening?.core ?? '',
      accepts: (mark) => this.#accepts(mark),
    });
  }

  get #currentTable() {
    if (this.#state === 'answer') return this.#table;
    return this.#state === 'thought' ? thoughtTable : emptyTable;
  }

  /** Returns whether a mark means anything in the current state. */
  #accepts({ core, isClosing, meaning, raw }: AnswerMark): boolean {
    if (this.#state === 'answer') return true;
    if (this.#closesOpening({ core, isClosing })) return true;
    // Thoughts quote marks in square brackets.
    const isEnd = /^(?:end|close)$/.test(meaning) && raw.startsWith('<');
    if (this.#state === 'call') return isEnd;
    if (meaning === 'call') return this.#options.tools.length > 0;
    return isEnd || /^(?:thought end|answer|head)$/.test(meaning);
  }

  /** Returns whether a mark closes what is open. A call of gpt-oss ends with `<|call|>`. */
  #closesOpening({ core, isClosing }: Pick<AnswerMark, 'core' | 'isClosing'>) {
    const openCore = this.#opening?.core ?? '';
    return openCore !== '' && openCore === core && (isClosing || core === 'call');
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
    const isUnsureCall = this.#awaitsBareCall();
    if (isLast || isNamed || this.#unread === '') return false;
    return names.some((name) => name.startsWith(start)) || isUnsureCall;
  }

  /** Returns whether a call without a mark may begin here. Enters one that does. */
  #awaitsBareCall() {
    const { tools } = this.#options;
    if (tools.length === 0) return false;
    const isNamed = beginsWithCall(this.#unread, tools);
    if (isNamed === true || bareCallStart.test(this.#unread)) {
      this.#state = 'call';
      this.#opening = undefined;
    }
    return isNamed === 'unsure' || possibleBareCallStart.test(this.#unread);
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

  #takeText(text: string) {
    switch (this.#state) {
      case 'thought': {
        const isDoubted = this.#options.isThinking && this.#isAtStart;
        if (isDoubted || this.#opening) this.#hidden += text;
        return '';
      }
      case 'call':
        this.#hidden += text;
        return '';
      case 'end':
        this.#droppedChars += text.length;
        return '';
      case 'answer':
        return this.#takeWords(text);
    }
  }

  #takeWords(text: string) {
    const words = this.#isAtStart ? text.trimStart() : text;
    if (words !== '') {
      this.#isAtStart = false;
      // The closed tag at the start held a thought, as words follow.
      this.#doubted = '';
    }
    this.#lastCharacter = words.trimEnd().at(-1) ?? this.#lastCharacter;
    this.#characterBefore = text.at(-1) ?? this.#characterBefore;
    this.#wordsBehindFence += words;
    return words;
  }

  #noteMark(unknownMark: string) {
    const marks = this.faults.flatMap((fault) =>
      typeof fault === 'object' && 'unknownMark' in fault ? fault.unknownMark : [],
    );
    if (marks.length < maxReportedMarks && !marks.includes(unknownMark))
      this.faults.push({ unknownMark });
  }

  #passMark(mark: AnswerMark): string {
    const { core, isClosing, raw } = mark;
    const state = this.#state;
    if (this.#closesOpening(mark))
      return state === 'call' ? this.#closeCall(raw) : this.#closeDoubtedThought(raw);
    switch (mark.meaning) {
      case 'frame':
        return '';
      case 'unknown':
        if (!isClosing) this.#openCores.add(core);
        this.#noteMark(raw);
        return '';
      case 'line':
        return this.#passLine(raw);
      case 'call':
      case 'maybe call':
        return this.#openHidden('call', mark);
      case 'maybe thought':
      case 'thought':
        return this.#openHidden('thought', mark);
      case 'thought end':
      case 'answer':
        return this.#passBeginning(mark);
      default:
        return this.#passTurnMark(mark);
    }
  }

  #passLine(raw: string) {
    if (this.#lastCharacter !== ':' && !this.#isList) return this.#enterState('end');
    // A list of quotations is not made up.
    this.#isList = true;
    return this.#takeText(raw);
  }

  #openHidden(state: 'call' | 'thought', mark: AnswerMark) {
    const isDoubted = mark.meaning !== 'thought';
    if (mark.meaning === 'thought' && !commonMarks.has(mark.raw))
      this.#noteMark(mark.raw);
    this.#enterState(state);
    this.#opening = isDoubted ? mark : undefined;
    this.#hidden = state === 'call' ? mark.raw : '';
    return '';
  }

  /** Passes a mark that begins or ends a turn of the model. */
  #passTurnMark({ core, isClosing, meaning, raw }: AnswerMark): string {
    if (isClosing && this.#openCores.has(core)) return '';
    if (this.#state === 'thought' && this.#opening)
      return meaning === 'end'
        ? this.#endDoubtedThought()
        : this.#closeDoubtedThought(raw);
    if (meaning !== 'end' && this.#state !== 'answer')
      return this.#enterState('answer');
    if (meaning !== 'end' && this.#lastCharacter === '') return '';
    const words = this.#enterState('end');
    this.faults.push('template');
    return words;
  }

  /** Passes a mark behind which the words begin, so that those before were a thought. */
  #passBeginning({ meaning, raw }: AnswerMark) {
    const isAnswer = this.#state === 'answer';
    if (isAnswer && this.#lastCharacter !== '') this.faults.push('thoughts');
    else if (isAnswer && meaning === 'answer') this.#noteMark(raw);
    return this.#enterState('answer');
  }

  #enterState(state: State) {
    const hidden = this.#takeHidden();
    const wasCall = this.#state === 'call';
    this.#state = state;
    if (state === 'answer') this.#isAtStart = true;
    const words = wasCall ? this.#endCall(hidden) : '';
    this.#opening = undefined;
    return words;
  }

  #closeCall(raw: string) {
    this.#hidden += raw;
    const { tools } = this.#options;
    // The arguments may stand in a tag of their own, behind that of the name.
    const isOpen =
      this.#opening?.meaning === 'maybe call' &&
      readWrittenCalls(this.#hidden, tools).length === 0;
    return isOpen ? '' : this.#enterState('answer');
  }

  /** Ends the content of an unknown tag at the start: the answer if nothing follows. */
  #closeDoubtedThought(raw: string) {
    const { raw: opening = '' } = this.#opening ?? {};
    const hidden = this.#takeHidden();
    this.#enterState('answer');
    // Only the text of a document has tags inside.
    if (/<\w/.test(hidden)) return this.#takeWords(opening + hidden + raw);
    this.#noteMark(opening);
    this.#doubted = hidden;
    return '';
  }

  /** Ends the answer inside an unknown tag, so that its content was the answer. */
  #endDoubtedThought() {
    const hidden = this.#takeHidden();
    this.#enterState('end');
    this.faults.push('template');
    return this.#readAgain(hidden);
  }

  #endCall(text: string): string {
    const opening = this.#opening;
    const isUnmarked =
      /^\W*$/.test(opening?.raw ?? '') && /^\s*(?:```json\s*)?[[{]/.test(text);
    const calls = readWrittenCalls(text, this.#options.tools, isUnmarked);
    this.calls.push(...calls);
    const isCall =
      opening?.meaning === 'call' ||
      (opening && namesCall(parseMarkName(opening.raw).words));
    if (!isCall && calls.length === 0) return this.#readAgain(text);
    this.faults.push({ parser: opening ? findParser(opening.raw) : 'hermes' });
    return '';
  }

  /** Reads text that was taken for something else as the answer. */
  #readAgain(text: string): string {
    if (text === '') return '';
    const again = new AnswerText({
      ...this.#options,
      tools: [],
      isThinking: false,
      onJudged: this.#onJudged && ((isWhole) => this.#tellJudgement(isWhole)),
    });
    const words = again.push(text) + again.flush(false);
    if (words !== '') this.#isAtStart = false;
    return words;
  }
}
