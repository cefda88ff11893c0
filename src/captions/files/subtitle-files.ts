import type { TranscriptLine } from '#src/captions/transcript-line.ts';
import { type FileHeading, headingLines } from './file-heading.ts';
import type { FileDraft } from './file-parts.ts';
import { type SubtitleCue, subtitleCues } from './subtitle-cues.ts';

/**
 * SubRip: each cue one line `Name: text`, numbered from 1 in each part. The format has no escapes: what a player would
 * take for a tag or for a time line is written with other characters.
 */
export function srtFile(heading: FileHeading, lines: readonly TranscriptLine[]): FileDraft {
  const nameOf = (line: TranscriptLine) => srtWords(heading.nameOf(line.speaker));
  const cues = cuesIn(heading, lines);
  return {
    head: () => '',
    entries: cues.map((cue) => (place) => {
      const time = `${cueTime(cue.startMs, ',')} --> ${cueTime(cue.endMs, ',')}`;
      return `${place}\n${time}\n${nameOf(cue.line)}: ${srtWords(cue.text)}\n`;
    }),
    between: '\n',
    foot: '',
    empty: '',
  };
}

/** WebVTT: the speaker as a voice tag, the number of the line, and of its piece, as identifier. */
export function vttFile(heading: FileHeading, lines: readonly TranscriptLine[]): FileDraft {
  const nameOf = (line: TranscriptLine) => heading.nameOf(line.speaker);
  const cues = cuesIn(heading, lines);
  const several = new Set(cues.filter(({ piece }) => piece > 1).map(({ line }) => line.number));
  const idOf = ({ line, piece }: SubtitleCue) =>
    several.has(line.number) ? `${line.number}-${piece}` : `${line.number}`;
  return {
    head: (part) => `WEBVTT\n\nNOTE\n${headingLines(heading, part, vttWords).join('\n')}\n\n`,
    entries: cues.map((cue) => () => {
      const time = `${cueTime(cue.startMs, '.')} --> ${cueTime(cue.endMs, '.')}`;
      return `${idOf(cue)}\n${time}\n<v ${vttWords(nameOf(cue.line))}>${vttWords(cue.text)}\n`;
    }),
    between: '\n',
    foot: '',
    empty: '',
  };
}

/** The same cues in both formats. */
function cuesIn({ nameOf, wordsOf }: FileHeading, lines: readonly TranscriptLine[]) {
  return subtitleCues(lines, wordsOf, ({ speaker }) => nameOf(speaker).length + ': '.length);
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
    .replaceAll('-->', '–>')
    .replace(/<(?=[/!?a-z])/gi, '‹')
    .replace(/\{(?=\\)/g, '(');
}
