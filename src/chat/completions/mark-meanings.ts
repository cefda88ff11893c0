/**
 * Meaning of a mark for the text around it. `thought` and `call` open something, `thought end` and `answer` begin the
 * words, `head` begins a turn of the model, `end` ends it, and `close` ends whatever is open. `part end` ends a part
 * without a known name, and the answer if no such part was begun. `frame` and `unknown` are only left out.
 */
export type MarkMeaning =
  | 'thought'
  | 'thought end'
  | 'answer'
  | 'head'
  | 'end'
  | 'part end'
  | 'close'
  | 'call'
  | 'frame'
  | 'unknown';

/** Words inside a mark, without its brackets and bars. */
export type MarkName = {
  readonly words: readonly string[];
  /** Words that an opening mark and its closing mark share, such as "tool calls". */
  readonly core: string;
  readonly isOpening: boolean;
  readonly isClosing: boolean;
};

const openingWord = /^(?:begin|start|open|prefix)$/;
const closingWord = /^(?:end|close|stop|finish|suffix|eo[a-z]|endof\w+)$/;
const frameWord = /^(?:begin|start|open|prefix|end|close|stop|finish|suffix|of)$/;

/** Thoughts by any name: "longcat_think", "START_THINKING", "inner_prefix", "reasoning". */
const thoughtWord =
  /^(?:inner|cot|rationale|scratchpad|monologue|draft)$|think|thought|reason(?:ing|s)?$|^analy[sz]|reflect|reflexi|ponder|deliberat|introspec/;
const denial = /^(?:no|non|off|without)$|^(?:un|no)think/;
const toolWord = /^(?:tools?|functions?|functools|(?:tool|function)_?calls?)$/;
const callWord =
  /^(?:calls?|invoke|invocation|actions?|plugins?|execute|exec|commands?|api|python|skill)$/;
const resultWord = /^(?:responses?|results?|outputs?|returns?)$/;
const otherRole =
  /^(?:user|human|customer|system|sys|developer|observation|ipython|inst|instruction)$/;
const ownRole = /^(?:assistant|model|bot|ai|gpt)$/;
const answerWord = /^(?:answer|response|reply|final|content)$/;
/** Parts of an answer that a mark may frame. */
const partWord = /^(?:solution|box)$/;
const separatorWord = /^(?:message|constrain|pad|unk)$/;
/** Names of a turn and its parts. A mark with no other word frames a turn. */
const turnWord =
  /^(?:im|turn|text|message|sentence|sequence|document|utterance|header|role|recipient|id|token|bos|sop|bot|s|gmask)$/;
const endWord = /^(?:return|eo[a-z]|endof\w+)$/;

/** Splits a mark such as `<|START_THINKING|>` into its words. */
export function parseMarkName(raw: string): MarkName {
  // Attributes of a tag are no name.
  const start = raw.includes('=') ? (/^[^\s=]*/.exec(raw)?.[0] ?? '') : raw;
  const words =
    start
      .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
      .toLowerCase()
      .match(/\p{L}+/gu) ?? [];
  const hasSlash = /^[<[\u25c1\u3010]{1,2}[|\uff5c]?\//.test(raw);
  const isClosingHalf = /^<[^|\uff5c].*[|\uff5c]>$/.test(raw);
  const isOpeningHalf = /^<[|\uff5c].*[^|\uff5c]>$/.test(raw);
  return {
    words,
    core: words.filter((word) => !frameWord.test(word)).join(' '),
    isOpening: isOpeningHalf || hasWord(words, openingWord),
    isClosing: hasSlash || isClosingHalf || hasWord(words, closingWord),
  };
}

function hasWord(words: MarkName['words'], pattern: RegExp) {
  return words.some((word) => pattern.test(word));
}

/** Returns whether a name says by itself that a call of a tool is framed. */
export function namesTool(words: MarkName['words']): boolean {
  return hasWord(words, toolWord);
}

/** Returns whether a name may frame a call of a tool, if a tool is called there. */
export function namesCall(words: MarkName['words']): boolean {
  return hasWord(words, toolWord) || hasWord(words, callWord);
}

/**
 * Infers the meaning of a mark from its words, and from the label behind it, as in `<|channel|>analysis`.
 *
 * @example
 * import { inferMeaning, parseMarkName } from '#src/chat/completions/mark-meanings.ts';
 *
 * inferMeaning(parseMarkName('<|begin_of_thought|>')); // 'thought'
 */
export function inferMeaning(name: MarkName, label: string = ''): MarkMeaning {
  const fromLabel = label === '' ? undefined : inferLabelMeaning(label);
  return (
    fromLabel ??
    inferThought(name) ??
    inferCall(name) ??
    inferPart(name) ??
    inferEnd(name) ??
    (isTurn(name) ? 'head' : 'unknown')
  );
}

function inferThought({ isClosing, words }: MarkName): MarkMeaning | undefined {
  // Models think in channels of which only the one with the label "final" is meant for people.
  const isThought = hasWord(words, thoughtWord) || words.includes('channel');
  if (!isThought) return undefined;
  if (hasWord(words, denial)) return 'unknown';
  return isClosing ? 'thought end' : 'thought';
}

function inferCall({ isClosing, words }: MarkName): MarkMeaning | undefined {
  if (!namesCall(words)) return undefined;
  // A model that writes the result of a tool makes it up.
  if (hasWord(words, resultWord)) return 'end';
  return isClosing ? 'frame' : 'call';
}

function inferPart({ isClosing, words }: MarkName): MarkMeaning | undefined {
  if (hasWord(words, otherRole)) return 'end';
  if (isClosing && hasWord(words, /^(?:header|role)$/)) return 'frame';
  if (hasWord(words, answerWord)) return isClosing ? 'frame' : 'answer';
  const isSeparator = !isClosing && hasWord(words, separatorWord);
  return isSeparator || hasWord(words, partWord) ? 'frame' : undefined;
}

function inferEnd({ core, isClosing, words }: MarkName): MarkMeaning | undefined {
  if (hasWord(words, endWord)) return 'end';
  if (!isClosing) return undefined;
  if (words.length > 0 && core === '') return 'close';
  return hasWord(words, turnWord) || hasWord(words, ownRole) ? 'end' : 'part end';
}

/** Returns whether a mark with these words begins a turn, and says nothing else. */
function isTurn({ isOpening, words }: MarkName) {
  const isOnlyTurn = words.every((word) =>
    [turnWord, frameWord, ownRole].some((pattern) => pattern.test(word)),
  );
  const isOne = words.length === 1;
  return (
    words.length > 0 && isOnlyTurn && (isOpening || isOne || hasWord(words, ownRole))
  );
}

function inferLabelMeaning(label: string): MarkMeaning | undefined {
  if (/\bto=/.test(label)) return 'call';
  const [word = ''] = /\p{L}+/u.exec(label.toLowerCase()) ?? [];
  if (otherRole.test(word) || /^(?:tool|function)$/.test(word)) return 'end';
  if (ownRole.test(word)) return 'head';
  if (word === 'commentary' || thoughtWord.test(word)) return 'thought';
  return answerWord.test(word) ? 'answer' : undefined;
}

/** Elements of HTML, which are code or emphasis. */
const htmlNames = new Set(
  'a abbr audio b big blockquote body br button center code data dd del details dialog div dl dt em fieldset figure font footer form h head header hr html i iframe img input ins kbd label li link main mark meta nav ol option p path picture pre q s samp script section select small source span strong style sub summary sup svg table tbody td template textarea tfoot th thead time title tr tt u ul var video'.split(
    ' ',
  ),
);

/** Returns whether a tag is one of HTML. */
export function isHtml({ words }: MarkName): boolean {
  return words.length === 1 && htmlNames.has(words[0] ?? '');
}

/** Infers the meaning of a tag from its name. Undefined for a name that people may well write. */
export function inferTagMeaning(name: MarkName): MarkMeaning | undefined {
  const meaning = inferMeaning(name);
  return isTagMeant(meaning, name)
    ? meaning === 'answer'
      ? 'frame'
      : meaning
    : undefined;
}

function isTagMeant(meaning: MarkMeaning, { isOpening, words }: MarkName) {
  switch (meaning) {
    case 'thought':
    case 'thought end':
      return !words.includes('channel');
    case 'call':
      return namesTool(words);
    case 'answer':
    case 'frame':
      return namesTool(words) || hasWord(words, tagAnswerWord);
    case 'end':
      return namesTool(words) || hasWord(words, closingWord);
    case 'head':
      return words.includes('bos') || (isOpening && hasWord(words, turnWord));
    default:
      return false;
  }
}

const tagAnswerWord = /^(?:answer|response|reply|solution|final)$/;

const labelWords = [
  'assistant',
  'model',
  'bot',
  'ai',
  'user',
  'human',
  'system',
  'developer',
  'tool',
  'function',
  'observation',
  'analysis',
  'commentary',
  'final',
  'think',
  'thought',
  'thoughts',
  'thinking',
  'reasoning',
  'response',
  'answer',
  'content',
];
const labelOrWord = /^[ \t]?(?<word>\p{L}+)(?:[ \t]+to=[\w.:-]{1,80})?[ \t]*/u;
const recipient = /^[ \t]?to=[\w.:-]{1,80}[ \t]*/;
/** Longer than any label. */
const maxLabelChars = 160;

/**
 * Reads the label behind a mark at `from`, which belongs to the mark: a role, a channel, the recipient of a call.
 *
 * A mark that opens a turn takes any label, another one only a label that stands alone.
 */
export function readLabel(
  text: string,
  from: number,
  name: MarkName,
  isLast: boolean,
): string | 'unsure' {
  if (!takesLabel(name)) return '';
  const behind = text.slice(from, from + maxLabelChars);
  const isWhole = isLast || behind.length === maxLabelChars;
  // Where a line break was lost, the words follow at once.
  const ownRoleFirst = beginsTurn(name) ? /^[ \t]?(?:assistant|model)/ : /(?!)/;
  const [found] =
    matchLabel(behind) ?? recipient.exec(behind) ?? ownRoleFirst.exec(behind) ?? [];
  if (found === undefined) return !isWhole && mayBecomeLabel(behind) ? 'unsure' : '';
  const rest = behind.slice(found.length);
  if (!isWhole && /^(?:t(?:o=?)?)?$/.test(rest)) return 'unsure';
  return beginsTurn(name) || /^(?:[<\n]|$)/.test(rest) ? found : '';
}

function beginsTurn({ isOpening, words }: MarkName) {
  return isOpening || hasWord(words, /^(?:turn|header|role)$/);
}

function matchLabel(text: string) {
  const match = labelOrWord.exec(text);
  const word = match?.groups?.word?.toLowerCase() ?? '';
  return labelWords.includes(word) ? match : undefined;
}

function takesLabel(name: MarkName) {
  if (name.isClosing) return false;
  return (
    name.words.includes('channel') || /^(?:head|unknown)$/.test(inferMeaning(name))
  );
}

function mayBecomeLabel(text: string) {
  const start = text.replace(/^[ \t]/, '').toLowerCase();
  if (/^(?:t|to|to=[\w.:-]*)$/.test(start)) return true;
  return labelWords.some((word) => word.startsWith(start));
}
