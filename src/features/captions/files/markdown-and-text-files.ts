import type { TranscriptLine } from '#src/features/captions/transcript-line.ts';
import { harmlessUncut } from '#src/texts/plain.ts';
import { type FileHeading, headingLines } from './file-heading.ts';
import { messageLink } from './message-link.ts';
import type { FileLayout } from './split-into-file-parts.ts';

/** Markdown: a paragraph for each line, its time a link to the message that shows it. */
export function markdownFile(heading: FileHeading, lines: readonly TranscriptLine[]): FileLayout {
  const { session, nameOf, wordsOf, say } = heading;
  const timeOf = timesOf(heading, lines);
  return {
    head: (part) => {
      const [title = '', ...rest] = headingLines(heading, part, escaped);
      return `# ${title}\n\n${rest.map((each) => `- ${each}`).join('\n')}\n\n`;
    },
    entries: lines.map((line) => () => {
      const time = timeOf(line);
      const shown = line.post ? `[${time}](${messageLink(session.guildId, line.post)})` : time;
      return `${shown} **${escaped(nameOf(line.speaker))}**: ${escaped(wordsOf(line))}`;
    }),
    between: '\n\n',
    foot: '\n',
    empty: say('transcript.empty'),
  };
}

/** Plain text: one line for each. */
export function textFile(heading: FileHeading, lines: readonly TranscriptLine[]): FileLayout {
  const { nameOf, wordsOf, say } = heading;
  const timeOf = timesOf(heading, lines);
  return {
    head: (part) => `${headingLines(heading, part, unpinged).join('\n')}\n\n`,
    entries: lines.map((line) => () => {
      return `[${timeOf(line)}] ${unpinged(nameOf(line.speaker))}: ${unpinged(wordsOf(line))}`;
    }),
    between: '\n',
    foot: '\n',
    empty: say('transcript.empty'),
  };
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

/** Markdown and HTML shown instead of obeyed, wherever in a line they stand. */
function escaped(words: string): string {
  return unpinged(words)
    .replace(/[\\`*_~|[\]<>&]/g, '\\$&')
    .replace(/^(\s*)([#+-])/, '$1\\$2')
    .replace(/^(\s*\d+)([.)])/, '$1\\$2');
}
