import { createToolPattern } from './written-calls.ts';

/** A call begins so near to its mark. */
const maxDistance = 160;
/** Brackets, quotation marks, other marks and separators between a mark and the name of a tool. */
const structure = /^(?:[\s"'`({[:=.,|>\uff5c]|<[^<>\n]{0,80}>)*/;
/** A word with what makes it prose. */
const prose = /^\p{L}[\p{L}'\u2019-]*(?:[ ,;.!?\u2026]|$)/u;

/**
 * Returns whether the text behind a mark, from `from` on, names a tool nearby, so that a call may stand there. Words
 * such as "the" tell at once that it does not, unless the mark itself speaks of calls.
 */
export function hasCallNearby(
  text: string,
  from: number,
  { tools, isLast, isCallLike }: NearbyOptions,
): boolean | 'unsure' {
  if (tools.length === 0) return false;
  const window = text.slice(from, from + maxDistance);
  const isWhole = isLast || window.length === maxDistance;
  const match = createToolPattern(tools).exec(window);
  // The name may go on behind the window.
  const isNamed = match && (isWhole || match.index + match[0].length < window.length);
  if (!isCallLike && beginsWithProse(window, isWhole, tools)) return false;
  if (isNamed) return true;
  return isWhole ? false : 'unsure';
}

type NearbyOptions = {
  readonly tools: readonly string[];
  readonly isLast: boolean;
  /** The mark itself speaks of calls. */
  readonly isCallLike: boolean;
};

function beginsWithProse(window: string, isWhole: boolean, tools: readonly string[]) {
  const [frame = ''] = structure.exec(window) ?? [];
  const [word] = prose.exec(window.slice(frame.length)) ?? [];
  if (word === undefined) return false;
  const isCut = frame.length + word.length === window.length && !isWhole;
  return !isCut && !tools.some((name) => word.startsWith(name));
}
