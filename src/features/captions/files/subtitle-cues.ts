import type { TranscriptLine, TranscriptWord } from '#src/features/captions/transcript-line.ts';
import { wholeMs } from '#src/texts/wall-time.ts';

/** Utterance with its times, as far as subtitles need it. */
export type TimedLine = Pick<TranscriptLine, 'number' | 'startMs' | 'endMs' | 'words'>;

/** Part of one utterance that is shown at once, in ms since the start of its session. */
export type SubtitleCue<Line = TranscriptLine> = {
  readonly line: Line;
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
};

type SubtitleLimits = {
  /** Longest text of a cue with its speaker's name, in characters; only a single word may be longer. */
  readonly maxChars: number;
  /** Longest time a cue is shown, in ms; only a single word may take longer. */
  readonly maxMs: number;
};

/** Limits of readable cues: about three lines of a screen, and seven seconds. */
const standardLimits: SubtitleLimits = { maxChars: 200, maxMs: 7_000 };

/** Time, in ms, that a line without a length is shown. */
const shortestMs = 500;

/**
 * Cues in order of their beginnings. Each belongs to one utterance, so who speaks at the same time has cues of their own;
 * long utterances are cut between words. `textOf` gives a line's text, on one line; `nameChars` the room its name takes.
 */
export function subtitleCues<Line extends TimedLine>(
  lines: readonly Line[],
  textOf: (line: Line) => string,
  nameChars: (line: Line) => number,
): readonly SubtitleCue<Line>[] {
  const cues = lines.flatMap((line) => {
    const maxChars = Math.max(1, standardLimits.maxChars - nameChars(line));
    return piecesOf(line, textOf(line), { ...standardLimits, maxChars });
  });
  return cues.toSorted((a, b) => a.startMs - b.startMs || a.line.number - b.line.number);
}

function piecesOf<Line extends TimedLine>(
  line: Line,
  text: string,
  limits: SubtitleLimits,
): SubtitleCue<Line>[] {
  const [fromMs, toMs] = spanOf(line);
  const atChar = wordTimes(text, timesOf(line.words, fromMs, toMs), fromMs, toMs);
  const units = unitsIn(text);
  const cues: SubtitleCue<Line>[] = [];
  for (let next = 0; next < units.length; ) {
    const end = endOfPiece(units, next, atChar, limits);
    const [from, to] = [units[next]?.from ?? 0, units[end - 1]?.to ?? text.length];
    const startMs = cues.length === 0 ? fromMs : Math.max(atChar(from), cues.at(-1)?.endMs ?? 0);
    const endMs = end === units.length ? toMs : atChar(to);
    cues.push({
      line,
      startMs,
      endMs: Math.max(endMs, startMs + 1),
      text: text.slice(from, to).trim(),
    });
    next = end;
  }
  return cues;
}

/** Whole ms, not before the session, and never backwards. */
function spanOf({ startMs, endMs }: TimedLine): readonly [number, number] {
  const [fromMs, toMs] = [wholeMs(startMs), wholeMs(endMs)];
  return [fromMs, toMs > fromMs ? toMs : fromMs + shortestMs];
}

function timesOf(
  words: readonly TranscriptWord[] | undefined,
  fromMs: number,
  toMs: number,
): readonly TranscriptWord[] {
  const within = (ms: number) => Math.min(toMs, Math.max(fromMs, wholeMs(ms)));
  return (words ?? []).map((word) => ({
    ...word,
    startMs: within(word.startMs),
    endMs: within(word.endMs),
  }));
}

/** Characters that stay together, spaces around them left out. */
type Unit = { readonly from: number; readonly to: number; readonly isClauseEnd: boolean };

/** Unit after the last of the piece that begins with `first`: where a clause ends, if that is in its second half. */
function endOfPiece(
  units: readonly Unit[],
  first: number,
  atChar: (char: number) => number,
  { maxChars, maxMs }: SubtitleLimits,
): number {
  const from = units[first]?.from ?? 0;
  const fits = (unit: Unit | undefined) =>
    unit !== undefined && unit.to - from <= maxChars && atChar(unit.to) - atChar(from) <= maxMs;
  let end = first + 1;
  while (fits(units[end])) end++;
  if (end === units.length) return end;
  for (let early = end; early - first > (end - first) / 2; early--) {
    if (units[early - 1]?.isClauseEnd) return early;
  }
  return end;
}

const words = new Intl.Segmenter(undefined, { granularity: 'word' });

/** Words with the punctuation at them, also of scripts without spaces. */
function unitsIn(text: string): readonly Unit[] {
  const units: { from: number; to: number }[] = [];
  let isOpen = false;
  for (const { segment, index, isWordLike } of words.segment(text)) {
    const last = units.at(-1);
    const to = index + segment.length;
    if (segment.trim() === '') isOpen = false;
    else if (last && isOpen && !(isWordLike && isAfterWord(text, index))) last.to = to;
    else units.push({ from: index, to });
    if (segment.trim() !== '') isOpen = true;
  }
  return units.map((unit) => ({
    ...unit,
    isClauseEnd: clauseEnd.test(text.slice(unit.from, unit.to)),
  }));
}

/** A new word may begin here: the one before is a word too, or ends a clause of a script without spaces. */
function isAfterWord(text: string, index: number): boolean {
  return /[\p{L}\p{N}\p{M}\u3002\u3001\uff01\uff1f\uff0c\uff1b\uff1a]$/u.test(
    text.slice(Math.max(0, index - 2), index),
  );
}

const clauseEnd =
  /[.!?\u2026,;:\u3002\u3001\uff01\uff1f\uff0c\uff1b\uff1a]["'\u201d\u2019\u00bb)\]]*$/u;

type Anchor = { readonly char: number; readonly ms: number };

/**
 * Time at which each character of a text is said, in whole ms from `fromMs` to `toMs`, never backwards: by the words where
 * they are found in the text in their order, in even steps between them and where there are none.
 */
function wordTimes(
  text: string,
  words: readonly TranscriptWord[],
  fromMs: number,
  toMs: number,
): (char: number) => number {
  const anchors: Anchor[] = [{ char: 0, ms: fromMs }];
  const add = (char: number, ms: number): void => {
    const last = anchors.at(-1);
    if (last && char >= last.char) anchors.push({ char, ms: Math.max(ms, last.ms) });
  };
  const searched = text.toLowerCase();
  // Letters that change their number with their case would shift everything behind them.
  const known = searched.length === text.length ? words : [];
  let at = 0;
  for (const { text: word, startMs, endMs } of known) {
    const sought = word.trim().toLowerCase();
    const found = sought === '' ? -1 : searched.indexOf(sought, at);
    // A word that only comes much later is another one.
    if (found < 0 || found - at > farthestChars) continue;
    add(found, startMs);
    at = found + sought.length;
    // Punctuation belongs to the word before it.
    while (/[^\p{L}\p{N}\s]/u.test(text.charAt(at))) at++;
    add(at, endMs);
  }
  add(text.length, toMs);
  return (char) => timeAt(anchors, char);
}

/** Farthest that the next word is looked for, in characters. */
const farthestChars = 40;

function timeAt(anchors: readonly Anchor[], char: number): number {
  const next = anchors.findIndex((anchor) => anchor.char >= char);
  const [before, after] = [anchors[next - 1], anchors[next]];
  if (!after) return anchors.at(-1)?.ms ?? 0;
  if (!before || after.char === char) return after.ms;
  const share = (char - before.char) / (after.char - before.char);
  return Math.round(before.ms + share * (after.ms - before.ms));
}
