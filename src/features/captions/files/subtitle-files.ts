import { visibleLine } from '#src/texts/visible-line.ts';
import { wholeMs } from '#src/texts/wall-time.ts';

/** One utterance as subtitles need it, in ms since the start of its session or recording. */
export type SubtitleLine = {
  readonly number: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
  /** Its speaker, where they have a name. */
  readonly name?: string;
};

/** Part of one utterance that is shown at once. */
type SubtitleCue = SubtitleLine;

/**
 * SubRip: each cue one line `Name: text`, numbered from 1. The format has no escapes: what a player would
 * take for a tag or for a time line is written with other characters.
 */
export function srtOf(lines: readonly SubtitleLine[]): string {
  const cues = subtitleCues(lines).map((cue, n) => {
    return `${n + 1}\n${spanOf(cue, ',')}\n${srtWords(`${nameOf(cue)}${cue.text}`)}\n`;
  });
  return cues.join('\n');
}

/** WebVTT, without names. */
export function vttOf(lines: readonly SubtitleLine[]): string {
  const cues = subtitleCues(lines).map((cue) => `${spanOf(cue, '.')}\n${vttWords(cue.text)}\n`);
  return ['WEBVTT\n', ...cues].join('\n');
}

function nameOf({ name }: SubtitleLine): string {
  return name === undefined ? '' : `${name}: `;
}

function spanOf({ startMs, endMs }: SubtitleCue, point: ',' | '.'): string {
  return `${cueTime(startMs, point)} --> ${cueTime(endMs, point)}`;
}

/** Hours have two digits or more. */
function cueTime(atMs: number, point: ',' | '.'): string {
  const two = (value: number) => `${Math.floor(value)}`.padStart(2, '0');
  const [hours, minutes, seconds] = [atMs / 3_600_000, (atMs / 60_000) % 60, (atMs / 1_000) % 60];
  return `${two(hours)}:${two(minutes)}:${two(seconds)}${point}${`${atMs % 1_000}`.padStart(3, '0')}`;
}

function vttWords(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function srtWords(words: string): string {
  return words
    .replaceAll('-->', '\u2013>')
    .replace(/<(?=[/!?a-z])/gi, '\u2039')
    .replace(/\{(?=\\)/g, '(');
}

/** Longest text of a cue with its speaker's name, in characters: about three lines of a screen. Only a single word may be longer. */
const longestChars = 200;
/** Longest time of a cue, in ms; only a single word may take longer. */
const longestMs = 7_000;
/** Time, in ms, that a line without a length is shown. */
const shortestMs = 500;

/**
 * Cues in order of their beginnings. Each belongs to one utterance, so who speaks at the same time has cues of their own;
 * long utterances are cut between words.
 */
function subtitleCues(lines: readonly SubtitleLine[]): readonly SubtitleCue[] {
  return lines.flatMap(piecesOf).toSorted((a, b) => a.startMs - b.startMs || a.number - b.number);
}

/** A character takes its share of the time of its line. */
function piecesOf(line: SubtitleLine): readonly SubtitleCue[] {
  const text = visibleLine(line.text);
  const [fromMs, toMs] = wholeSpanOf(line);
  const msPerChar = (toMs - fromMs) / Math.max(1, text.length);
  const atMs = (char: number) => fromMs + Math.round(char * msPerChar);
  const mostChars = Math.min(longestChars - nameOf(line).length, longestMs / msPerChar);
  const cues: SubtitleCue[] = [];
  for (let from = 0; from < text.length; ) {
    const to = from + endOfPiece(text.slice(from), mostChars);
    const startMs = atMs(from);
    const endMs = Math.max(atMs(to), startMs + 1);
    cues.push({ ...line, startMs, endMs, text: text.slice(from, to).trim() });
    from = to;
  }
  return cues;
}

/** Whole ms, not before the session, and never backwards. */
function wholeSpanOf({ startMs, endMs }: SubtitleLine): readonly [number, number] {
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
