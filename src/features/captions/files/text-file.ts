import type { TranscriptLine } from '#src/features/captions/transcript-line.ts';
import { harmlessUncut } from '#src/texts/plain.ts';
import { type FileHeading, headingLines } from './file-heading.ts';

/** Plain text: one line for each. */
export function textFile(heading: FileHeading, lines: readonly TranscriptLine[]): string {
  const { nameOf, wordsOf } = heading;
  const timeOf = timesOf(heading, lines);
  const entries = lines.map(
    (line) => `[${timeOf(line)}] ${unpinged(nameOf(line.speaker))}: ${unpinged(wordsOf(line))}`,
  );
  return [...headingLines(heading, unpinged), '', ...entries, ''].join('\n');
}

/** Time of day of a line; with its date where the lines are of several days. */
function timesOf(
  { session, times }: FileHeading,
  lines: readonly TranscriptLine[],
): (line: TranscriptLine) => string {
  const wallOf = ({ startMs }: TranscriptLine) => session.startedAtWallMs + startMs;
  const days = new Set(lines.map((line) => times.day(wallOf(line))));
  return (line) => {
    const wallMs = wallOf(line);
    return days.size > 1 ? `${times.day(wallMs)} ${times.second(wallMs)}` : times.second(wallMs);
  };
}

/** A line that is copied into a chat notifies no person. */
function unpinged(words: string): string {
  return harmlessUncut(words).replace(/<(?=[@#])/g, '< ');
}
