import { openText } from '#src/people/confidential-text.ts';
import type { SessionContext } from '#src/session/context.ts';
import { spokenText } from '#src/session/localized-text.ts';
import type { FoundInCaptions, ToolPorts } from '#src/session/ports/tool.ts';
import { quoteOf } from '#src/session/transcripts/quote.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Finds lines that answer a question of the last of these people, for the ears of everybody there. */
export function captionSearchFor(
  askerIds: readonly string[],
  { channel, languages, parts, people, settings, transcripts }: SessionContext,
): ToolPorts['findInCaptions'] {
  const { guildId } = channel;
  const say = (line: TextLine): FoundInCaptions => {
    const text = spokenText(line, guildId, parts, languages.of(askerIds.at(-1) ?? ''));
    return { lines: 0, quote: { text: openText(text), aboutIds: [] } };
  };
  return async (question, about, signal) => {
    const here = people();
    const id = askerIds.at(-1) ?? '';
    const asker = { id, name: here.find((one) => one.id === id)?.name ?? 'Someone' };
    const present = here.filter(({ isBot }) => !isBot).map((one) => one.id);
    const everybody = [...new Set([...askerIds, ...present])];
    const request = { question, about };
    const found = await transcripts.questions.askAloud(guildId, asker, request, everybody, signal);
    switch (found.kind) {
      case 'found': {
        if (found.isUnchosen) return say({ id: 'ask.unchosen' });
        return {
          lines: found.lines.length,
          quote: quoteOf(found.lines, settings().timeZone, found.knownBy),
        };
      }
      case 'not-all':
        return say({ id: 'ask.not_all' });
      case 'none':
      case 'unknown':
        return say({ id: 'ask.unknown' });
      case 'unread':
        return say({ id: 'transcript.unread' });
    }
  };
}
