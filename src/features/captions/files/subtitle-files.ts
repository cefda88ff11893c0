import { toVisibleLine } from '#src/texts/plain-text.ts';
import { toWholeMs } from '#src/texts/wall-time.ts';

/** A line of subtitles. Times are ms from the start of the session or recording. */
export type SubtitleLine = {
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
  readonly name?: string;
};

/** Formats subtitles as a SubRip file with names. */
export function formatSrt(lines: readonly SubtitleLine[]): string {
  const cues = toSubtitleCues(lines).map((cue, n) => {
    const text = cue.name === undefined ? cue.text : `${cue.name}: ${cue.text}`;
    // The format has no escapes, so characters of tags and time lines are replaced.
    return `${n + 1}\n${formatSpan(cue, ',')}\n${escapeSrtWords(text)}\n`;
  });
  return cues.join('\n');
}

/**
 * Formats subtitles as a WebVTT file without names. See https://www.w3.org/TR/webvtt1/
 */
export function formatVtt(lines: readonly SubtitleLine[]): string {
  const cues = toSubtitleCues(lines).map(
    (cue) => `${formatSpan(cue, '.')}\n${escapeVttWords(cue.text)}\n`,
  );
  return ['WEBVTT\n', ...cues].join('\n');
}

function formatSpan({ startMs, endMs }: SubtitleLine, point: ',' | '.') {
  return `${formatCueTime(startMs, point)} --> ${formatCueTime(endMs, point)}`;
}

function formatCueTime(atMs: number, point: ',' | '.') {
  const padTwoDigits = (value: number) => `${Math.floor(value)}`.padStart(2, '0');
  const [hours, minutes, seconds] = [
    atMs / 3_600_000,
    (atMs / 60_000) % 60,
    (atMs / 1_000) % 60,
  ];
  return `${padTwoDigits(hours)}:${padTwoDigits(minutes)}:${padTwoDigits(seconds)}${point}${`${atMs % 1_000}`.padStart(3, '0')}`;
}

function escapeVttWords(text: string) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function escapeSrtWords(text: string) {
  return text
    .replaceAll('-->', '\u2013>')
    .replace(/<(?=[/!?a-z])/gi, '\u2039')
    .replace(/\{(?=\\)/g, '(');
}

const minCueMs = 500;
/** Cleans subtitles and drops empty ones. Each gets a positive duration. */
function toSubtitleCues(lines: readonly SubtitleLine[]) {
  const cues = lines.map((subtitle) => {
    const [startMs, endMs] = [toWholeMs(subtitle.startMs), toWholeMs(subtitle.endMs)];
    const text = toVisibleLine(subtitle.text);
    return {
      ...subtitle,
      startMs,
      endMs: endMs > startMs ? endMs : startMs + minCueMs,
      text,
    };
  });
  return cues.filter(({ text }) => text !== '');
}
