import type { TranscriptLine } from '#src/features/captions/transcript-line.ts';
import { wholeMs } from '#src/texts/wall-time.ts';

/** Utterance with its times, as far as subtitles need it. */
export type TimedLine = Pick<TranscriptLine, 'number' | 'startMs' | 'endMs'>;

/** Part of one utterance that is shown at once, in ms since the start of its session. */
export type SubtitleCue<Line = TranscriptLine> = {
  readonly line: Line;
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
};

/** Longest text of a cue with its speaker's name, in characters: about three lines of a screen. Only a single word may be longer. */
const longestChars = 200;
/** Longest time of a cue, in ms; only a single word may take longer. */
const longestMs = 7_000;
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
  const cues = lines.flatMap((line) =>
    piecesOf(line, textOf(line), longestChars - nameChars(line)),
  );
  return cues.toSorted((a, b) => a.startMs - b.startMs || a.line.number - b.line.number);
}

/** A character takes its share of the time of its line. */
function piecesOf<Line extends TimedLine>(
  line: Line,
  text: string,
  maxChars: number,
): SubtitleCue<Line>[] {
  const [fromMs, toMs] = spanOf(line);
  const msPerChar = (toMs - fromMs) / Math.max(1, text.length);
  const atMs = (char: number) => fromMs + Math.round(char * msPerChar);
  const mostChars = Math.min(maxChars, longestMs / msPerChar);
  const cues: SubtitleCue<Line>[] = [];
  for (let from = 0; from < text.length; ) {
    const to = from + endOfPiece(text.slice(from), mostChars);
    const startMs = atMs(from);
    const endMs = Math.max(atMs(to), startMs + 1);
    cues.push({ line, startMs, endMs, text: text.slice(from, to).trim() });
    from = to;
  }
  return cues;
}

/** Whole ms, not before the session, and never backwards. */
function spanOf({ startMs, endMs }: TimedLine): readonly [number, number] {
  const [fromMs, toMs] = [wholeMs(startMs), wholeMs(endMs)];
  return [fromMs, toMs > fromMs ? toMs : fromMs + shortestMs];
}

const words = new Intl.Segmenter(undefined, { granularity: 'word' });
const clauseEnd =
  /[.!?\u2026,;:\u3002\u3001\uff01\uff1f\uff0c\uff1b\uff1a]["'\u201d\u2019\u00bb)\]]*\s*$/u;

/** Place in a text, in characters, at which its first cue ends: between words, at the end of a clause where one is in the second half. */
function endOfPiece(text: string, mostChars: number): number {
  if (text.length <= mostChars) return text.length;
  const part = text.slice(0, mostChars * 2);
  const starts = [...words.segment(part)]
    .filter(({ isWordLike, index }) => isWordLike && index > 0)
    .map(({ index }) => index);
  const fitting = starts.filter((index) => index <= mostChars);
  const end = fitting.at(-1) ?? starts[0] ?? part.length;
  const isClauseEnd = (index: number) => clauseEnd.test(text.slice(0, index));
  return fitting.findLast((index) => index > end / 2 && isClauseEnd(index)) ?? end;
}
