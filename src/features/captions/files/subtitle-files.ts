import type { TranscriptLine } from '#src/features/captions/transcript-line.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import type { FileHeading } from './file-heading.ts';
import { type SubtitleCue, subtitleCues, type TimedLine } from './subtitle-cues.ts';

/**
 * SubRip: each cue one line `Name: text`, numbered from 1. The format has no escapes: what a player would
 * take for a tag or for a time line is written with other characters.
 */
export function srtFile(heading: FileHeading, lines: readonly TranscriptLine[]): string {
  const nameOf = (line: TranscriptLine) => srtWords(heading.nameOf(line.speaker));
  const cues = subtitleCues(lines, heading.wordsOf, (line) => `${nameOf(line)}: `.length);
  return cues.map((cue, n) => srtCue(cue, n, `${nameOf(cue.line)}: `)).join('\n');
}

/** Words of a recording whose speakers have no names. */
type NamelessLine = TimedLine & { readonly text: string };

/** SubRip of a recording, without names. */
export function srtOf(lines: readonly NamelessLine[]): string {
  return namelessCues(lines)
    .map((cue, n) => srtCue(cue, n, ''))
    .join('\n');
}

/** WebVTT of a recording, without names. */
export function vttOf(lines: readonly NamelessLine[]): string {
  const cues = namelessCues(lines).map((cue) => `${spanOf(cue, '.')}\n${vttWords(cue.text)}\n`);
  return ['WEBVTT\n', ...cues].join('\n');
}

function namelessCues(lines: readonly NamelessLine[]) {
  return subtitleCues(
    lines,
    ({ text }) => visibleLine(text),
    () => 0,
  );
}

function srtCue(cue: SubtitleCue<unknown>, n: number, name: string): string {
  return `${n + 1}\n${spanOf(cue, ',')}\n${name}${srtWords(cue.text)}\n`;
}

function spanOf({ startMs, endMs }: SubtitleCue<unknown>, point: ',' | '.'): string {
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
