import type { Quote } from '#src/conversation/ports/tool-definition.ts';
import type { QuotedLine } from '#src/features/captions/caption-outcomes.ts';
import { ConfidentialText, type KnownBy } from '#src/people/confidential-text.ts';
import { wallTimesIn } from '#src/texts/wall-time.ts';

/** Stored lines as they are said: who, when, and what. `knownBy` are people who were found to be allowed to know each. */
export function quoteOf(lines: readonly QuotedLine[], timeZone: string, knownBy: KnownBy): Quote {
  const { minute } = wallTimesIn(timeZone);
  const text = lines
    .map(({ name, atWallMs, text: words }) => `${name}, ${minute(atWallMs)}: ${words}`)
    .join('\n');
  const aboutIds = [...new Set(lines.flatMap((line) => line.aboutIds))];
  return { text: new ConfidentialText(text, knownBy), aboutIds };
}
