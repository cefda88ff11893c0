import { wallTimesIn } from '#src/captions/files/wall-time.ts';
import type { QuotedLine } from '#src/session/ports/captions.ts';
import type { Quote } from '#src/session/ports/tool.ts';

/** Stored lines as they are said: who, when, and what. */
export function quoteOf(lines: readonly QuotedLine[], timeZone: string): Quote {
  const { minute } = wallTimesIn(timeZone);
  const text = lines
    .map(({ name, atWallMs, text: words }) => `${name}, ${minute(atWallMs)}: ${words}`)
    .join('\n');
  return { text, aboutIds: [...new Set(lines.flatMap(({ aboutIds }) => aboutIds))] };
}
