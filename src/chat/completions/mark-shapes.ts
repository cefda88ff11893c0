import type { AnswerMark, MarkFinder, MarkSearch } from './answer-mark.ts';
import {
  inferMeaning,
  inferTagMeaning,
  isHtml,
  type MarkName,
  namesCall,
  namesTool,
  parseMarkName,
  readLabel,
} from './mark-meanings.ts';
import { hasCallNearby } from './nearby-call.ts';

/** The place in an answer at which marks are looked for. */
export type MarkView = {
  /** No text follows. */
  readonly isLast: boolean;
  /** No word of the answer stands before the text. */
  readonly isAtStart: boolean;
  readonly characterBefore: string;
  readonly fence: Fence;
  readonly tools: readonly string[];
  /** Names of the bot and of people, which are no tags. */
  readonly names: readonly string[];
  readonly table: MarkFinder;
  /** Code shows its tags. Thoughts and calls do not. */
  readonly canShowCode: boolean;
  /** Words of the opening mark whose closing mark is looked for. */
  readonly openCore: string;
  /** Whether a mark means anything where the text stands. Other marks are text. */
  readonly accepts: (mark: AnswerMark) => boolean;
};

/** Characters with which marks begin. A text without any holds no mark of a shape. */
export const markStart: RegExp = /[<[{`\u25c1\u273f\u3010]/;
const anyMarkStart = /[<[{`\u25c1\u273f\u3010]/g;

/**
 * Finds the first mark of a text, by its shape or in the table.
 *
 * The shapes are brackets with bars inside, triangles, capitals in square brackets at the very start, and tags whose
 * name or content tells that they are marks.
 */
export function findMark(text: string, view: MarkView): MarkSearch {
  const listed = view.table.find(text, view.isLast);
  let { fence, isAtStart } = view;
  let from = 0;
  for (const { index } of text.matchAll(anyMarkStart)) {
    if (index >= listed.end) break;
    const before = text.slice(from, index);
    fence = stepFence(fence, before);
    isAtStart &&= before.trim() === '';
    from = index;
    const isInCode = view.canShowCode && fence.isOpen;
    const mark = readMark({ text, at: index, view, isAtStart, isInCode });
    if (mark === 'unsure') return { end: index };
    if (mark && view.accepts(mark)) return { end: index, mark };
  }
  return listed;
}

type Place = {
  readonly text: string;
  readonly at: number;
  readonly view: MarkView;
  readonly isAtStart: boolean;
  readonly isInCode: boolean;
};

/** A mark, no mark, or a text that may become one. */
type Reading = AnswerMark | undefined | 'unsure';

function readMark(place: Place): Reading {
  switch (place.text[place.at]) {
    case '<':
      return readFirst(place, [...angleBars, readTag]);
    case '[':
      return readFirst(place, [...squareBars, readCapitals, readObject]);
    case '\u25c1':
      return readShape(place, triangles);
    case '\u273f':
      return readShape(place, flowers);
    case '\u3010':
      return readLenticular(place);
    default:
      return readObject(place);
  }
}

/** Tries several readings in turn. */
function readFirst(
  place: Place,
  readers: readonly (Shape | ((place: Place) => Reading))[],
): Reading {
  for (const reader of readers) {
    const reading =
      typeof reader === 'function' ? reader(place) : readShape(place, reader);
    if (reading !== undefined) return reading;
  }
  return undefined;
}

type Shape = { readonly whole: RegExp; readonly unfinished: RegExp };

/** `<|name|>`, `<|name>` and `<name|>`, also with the full-width bars of DeepSeek, and `<<NAME>>`. */
const angleBars: readonly Shape[] = [
  {
    whole: /<<\/?[A-Z][A-Z_ ]{0,30}>>/y,
    unfinished: /^<(?:<(?:\/?[A-Z][A-Z_ ]{0,30}>?)?)?$/,
  },
  {
    whole: /<\/?[|\uff5c]\s?[^\s<>][^<>\n]{0,100}>/y,
    unfinished: /^<(?:\/?(?:[|\uff5c](?:\s?(?:[^\s<>][^<>\n]{0,100})?)?)?)$/,
  },
  {
    whole: /<\/?[^\s<>|\uff5c]{1,60}[|\uff5c]>/y,
    unfinished: /^<\/?[^\s<>|\uff5c]{0,60}[|\uff5c]?$/,
  },
];
const squareBars: readonly Shape[] = [
  {
    whole: /\[[|\uff5c][^[\]\n]{1,60}[|\uff5c]\]/y,
    unfinished: /^\[(?:[|\uff5c][^[\]\n]{0,61})?$/,
  },
];
const triangles: Shape = {
  whole: /\u25c1[^\u25c1\u25b7\n]{1,40}\u25b7/y,
  unfinished: /^\u25c1[^\u25c1\u25b7\n]{0,40}$/,
};
/** Qwen-Agent: https://github.com/QwenLM/Qwen-Agent/blob/main/qwen_agent/llm/fncall_prompts/qwen_fncall_prompt.py */
const flowers: Shape = {
  whole: /\u273f\w{1,20}\u273f:?/y,
  unfinished: /^\u273f\w{0,20}\u273f?$/,
};
const lenticular: Shape = {
  whole: /\u3010\/?[A-Za-z][\w ]{1,40}\u3011/y,
  unfinished: /^\u3010(?:\/?(?:[A-Za-z][\w ]{0,40})?)?$/,
};
/** Longer than any mark. */
const maxMarkChars = 240;

function readShape(place: Place, { whole, unfinished }: Shape): Reading {
  const { text, at, view } = place;
  const raw = matchAt(whole, text, at);
  if (raw !== undefined) return readMeaning(place, raw);
  const rest = text.slice(at, at + maxMarkChars);
  if (!unfinished.test(rest)) return undefined;
  if (!view.isLast) return 'unsure';
  // An answer that breaks off inside a mark ends with half of one.
  return /^(?:[<[]\/?[|\uff5c]|\u25c1|\u273f)/.test(rest)
    ? createHalfMark(rest)
    : undefined;
}

function matchAt(pattern: RegExp, text: string, at: number) {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function createHalfMark(raw: string): AnswerMark {
  return { raw, meaning: 'frame', core: '', isClosing: false };
}

function readMeaning(place: Place, raw: string): Reading {
  const { text, at, view } = place;
  const name = parseMarkName(raw);
  const label = readLabel(text, at + raw.length, name, view.isLast);
  if (label === 'unsure') return 'unsure';
  const meaning = inferMeaning(name, label);
  const core = /\bto=/.test(label) ? 'call' : name.core;
  const mark = { ...toMark(name, raw + label, meaning), core };
  if (meaning !== 'unknown') return mark;
  const options = { ...view, isCallLike: false };
  const isCall = hasCallNearby(text, at + mark.raw.length, options);
  if (isCall === 'unsure') return 'unsure';
  if (isCall) return { ...mark, meaning: 'maybe call' };
  return place.isAtStart && name.isOpening
    ? { ...mark, meaning: 'maybe thought' }
    : mark;
}

/** Reads lenticular brackets, in which people and citations write other things than thoughts and calls. */
function readLenticular(place: Place): Reading {
  const mark = readShape(place, lenticular);
  if (typeof mark !== 'object') return mark;
  return /^(?:thought|thought end|call)$/.test(mark.meaning) ? mark : undefined;
}

/** A link is no mark. */
const capitals = /\[\[?\/?(?:[A-Z]{2,}|gMASK)(?:[ _][A-Z\d]+){0,4}\]\]?(?![(\]])/y;
const unfinishedCapitals =
  /^\[\[?\/?(?:(?:[A-Z][A-Z\d _]{0,60}|g[MASK]{0,4})\]{0,2})?$/;

/** Reads `[NAME]`: at the very start whatever it says, elsewhere only if it has a meaning. */
function readCapitals(place: Place): Reading {
  const { text, at, view, isAtStart, isInCode } = place;
  if (isInCode) return undefined;
  const rest = text.slice(at, at + maxMarkChars);
  if (!view.isLast && unfinishedCapitals.test(rest)) return 'unsure';
  const raw = matchAt(capitals, text, at);
  if (raw === undefined) return undefined;
  const mark = readMeaning(place, raw);
  if (isAtStart || typeof mark !== 'object') return mark;
  const { words } = parseMarkName(raw);
  const isMeant =
    /^(?:thought|thought end|answer)$/.test(mark.meaning) ||
    (mark.meaning === 'call' && namesTool(words)) ||
    (mark.meaning === 'frame' && words.length > 1) ||
    (mark.meaning === 'end' && /^\[\/?(?:EO[A-Z]|INST|SYS|END OF)/.test(raw));
  return isMeant ? mark : undefined;
}

const tag = /<\/?[A-Za-z][\w:.-]{0,40}(?:\s+[\w:.-]{1,20}=[^<>\n]{0,150})?\s{0,4}\/?>/y;
const unfinishedTag =
  /^<\/?(?:[A-Za-z][\w:.-]{0,40}(?:\s+[\w:.-]{0,20}(?:=[^<>\n]{0,150})?)?\s{0,4}\/?)?$/;
/** `<function=lamp{"on":true}</function>`: a tag that never ends. */
const tagStart = /<[A-Za-z][\w:.-]{0,40}(?=[^\w:.-])/y;

function readTag(place: Place): Reading {
  const { text, at, view } = place;
  const start = isBehindBacktick(place) ? undefined : matchAt(tagStart, text, at);
  const startName = start === undefined ? undefined : parseMarkName(`${start}>`);
  if (start !== undefined && startName && inferTagMeaning(startName) === 'call')
    return place.isInCode ? undefined : toMark(startName, start, 'call');
  const raw = matchAt(tag, text, at);
  if (raw !== undefined) return readWholeTag(place, raw);
  const rest = text.slice(at, at + maxMarkChars);
  if (!unfinishedTag.test(rest)) return undefined;
  if (!view.isLast) return 'unsure';
  const name = parseMarkName(`${rest}>`);
  return inferTagMeaning(name) === undefined || rest.length < 5
    ? undefined
    : createHalfMark(rest);
}

function readWholeTag(place: Place, raw: string): Reading {
  const { text, at, view } = place;
  const name = parseMarkName(raw);
  if (name.isClosing && name.core === view.openCore) return toMark(name, raw, 'frame');
  const meaning = inferTagMeaning(name);
  const isNothing = meaning === undefined && (isHtml(name) || name.isClosing);
  if (isNothing || isPerson(raw, view)) return undefined;
  const isLastText = text[at + raw.length] === undefined && !view.isLast;
  if (isLastText && isBehindBacktick(place)) return 'unsure';
  if (isShown(place, raw)) return undefined;
  if (meaning === undefined) return readUnknownTag(place, raw, name);
  return meaning === 'head'
    ? readTurnTag(place, raw, name)
    : toMark(name, raw, meaning);
}

function readTurnTag({ text, at, view }: Place, raw: string, name: MarkName): Reading {
  const label = readLabel(text, at + raw.length, name, view.isLast);
  if (label === 'unsure') return 'unsure';
  return toMark(name, raw + label, inferMeaning(name, label));
}

/** Reads a tag that means something only by what follows. */
function readUnknownTag(place: Place, raw: string, name: MarkName): Reading {
  const isCall = hasTagCall(place, raw, name);
  if (isCall === 'unsure') return 'unsure';
  if (isCall) return toMark(name, raw, 'maybe call');
  // Spare tokens of a vocabulary, such as <unused5>, hold nothing.
  if (/^<[A-Za-z_]{2,}\d+>$/.test(raw)) return toMark(name, raw, 'unknown');
  const isPlain = /^<[\w:.-]+>$/.test(raw);
  return place.isAtStart && isPlain ? toMark(name, raw, 'maybe thought') : undefined;
}

function hasTagCall({ text, at, view }: Place, raw: string, { words }: MarkName) {
  const [start = ''] = /^<[\w:.-]+/.exec(raw) ?? [];
  if (view.tools.includes(start.slice(1))) return true;
  return hasCallNearby(text, at + start.length, {
    ...view,
    isCallLike: namesCall(words),
  });
}

function toMark(
  name: MarkName,
  raw: string,
  meaning: AnswerMark['meaning'],
): AnswerMark {
  return { raw, meaning, core: name.core, isClosing: name.isClosing };
}

function isPerson(raw: string, { names }: MarkView) {
  const inside = raw.slice(1, -1).toLowerCase();
  return names.some((name) => name.toLowerCase() === inside);
}

/** Returns whether a tag is shown as code, where an answer is about tags. */
function isShown(place: Place, raw: string) {
  const next = place.text[place.at + raw.length];
  return place.isInCode || (isBehindBacktick(place) && next === '`');
}

function isBehindBacktick({ text, at, view }: Place) {
  return view.canShowCode && (at === 0 ? view.characterBefore : text[at - 1]) === '`';
}

const objectStart = /(?:```\w{0,12}\s{0,4})?\[?\s{0,4}\{\s{0,8}"/y;
const unfinishedObject =
  /^(?:`{1,3}(?:(?<=```)\w{0,12}\s{0,4})?)?(?:\[?\s{0,4}(?:\{\s{0,8})?)?$/;

/** Reads the beginning of JSON that names a tool nearby, behind words of the answer. */
function readObject({ text, at, view }: Place): Reading {
  if (view.tools.length === 0) return undefined;
  const raw = matchAt(objectStart, text, at);
  if (raw === undefined) {
    const isUnfinished = unfinishedObject.test(text.slice(at, at + maxMarkChars));
    return isUnfinished && !view.isLast ? 'unsure' : undefined;
  }
  const isCall = hasCallNearby(text, at, { ...view, isCallLike: true });
  if (isCall !== true) return isCall === 'unsure' ? 'unsure' : undefined;
  return { raw, meaning: 'maybe call', core: '', isClosing: false };
}

/** Whether a text is inside a fenced block of code, and how its last line begins. */
export type Fence = { readonly isOpen: boolean; readonly line: string };

/** The fence before any text. */
export const noFence: Fence = { isOpen: false, line: '' };

/** A line such as "~~~js". Code that is closed on its line opens nothing. */
const fenceLine = /^ {0,3}(?:```|~~~)[^`~]*$/;
/** So much of a line tells whether it is a fence. */
const maxLineChars = 80;

/** Returns the fence behind `text`, which follows. */
export function stepFence(fence: Fence, text: string): Fence {
  let { isOpen, line } = fence;
  for (const [n, part] of text.split('\n').entries()) {
    if (n > 0) {
      if (fenceLine.test(line)) isOpen = !isOpen;
      line = '';
    }
    line = `${line}${part}`.slice(0, maxLineChars);
  }
  return { isOpen, line };
}
