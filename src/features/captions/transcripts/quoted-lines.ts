import type { Quote } from '#src/conversation/ports/tool-definition.ts';
import type { QuotedLine } from '#src/features/captions/caption-outcomes.ts';
import { ConfidentialText } from '#src/people/confidential-text.ts';
import { wallTimesIn } from '#src/texts/wall-time.ts';

/** Stored lines as they are said: who, when, and what. All are of this channel. */
export function quoteOf(lines: readonly QuotedLine[], timeZone: string, channelId: string): Quote {
  const { minute } = wallTimesIn(timeZone);
  const text = lines
    .map(({ name, atWallMs, text: words }) => `${name}, ${minute(atWallMs)}: ${words}`)
    .join('\n');
  return { text: new ConfidentialText(text, { channelId }) };
}
