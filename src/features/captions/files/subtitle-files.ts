import { visibleLine } from '#src/texts/visible-line.ts';
import { wholeMs } from '#src/texts/wall-time.ts';

/** One utterance as subtitles need it, in ms since the start of its session or recording. */
export type SubtitleLine = {
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
  /** Its speaker, where they have a name. */
  readonly name?: string;
};

/**
 * SubRip, of lines in order of speech: each cue one line `Name: text`, numbered from 1. The format has no escapes: what a player would
 * take for a tag or for a time line is written with other characters.
 */
export function srtOf(lines: readonly SubtitleLine[]): string {
  const cues = subtitleCues(lines).map((cue, n) => {
    const words = cue.name === undefined ? cue.text : `${cue.name}: ${cue.text}`;
    return `${n + 1}\n${spanOf(cue, ',')}\n${srtWords(words)}\n`;
  });
  return cues.join('\n');
}

/** WebVTT, without names. */
export function vttOf(lines: readonly SubtitleLine[]): string {
  const cues = subtitleCues(lines).map((cue) => `${spanOf(cue, '.')}\n${vttWords(cue.text)}\n`);
  return ['WEBVTT\n', ...cues].join('\n');
}

function spanOf({ startMs, endMs }: SubtitleLine, point: ',' | '.'): string {
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

/** Time, in ms, that a line without a length is shown. */
const shortestMs = 500;
/** One cue for each utterance with words, so that people who speak at the same time have cues of their own; in whole ms. */
function subtitleCues(lines: readonly SubtitleLine[]): readonly SubtitleLine[] {
  const cues = lines.map((line) => {
    const [startMs, endMs] = [wholeMs(line.startMs), wholeMs(line.endMs)];
    const text = visibleLine(line.text);
    return { ...line, startMs, endMs: endMs > startMs ? endMs : startMs + shortestMs, text };
  });
  return cues.filter(({ text }) => text !== '');
}
