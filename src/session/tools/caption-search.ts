import { openText } from '#src/people/confidential-text.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { SpeakerLanguages } from '#src/session/languages/speaker-languages.ts';
import { spokenText } from '#src/session/localized-text.ts';
import type { FoundInCaptions, ToolPorts } from '#src/session/ports/tool.ts';
import type { ChannelMember, ChannelRef } from '#src/session/ports/voice-link.ts';
import { quoteOf } from '#src/session/transcripts/quote.ts';
import type { TranscriptQuestions } from '#src/session/transcripts/transcript-questions.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Where a question about what was said is asked aloud. */
export type CaptionSearchContext = {
  readonly channel: ChannelRef;
  readonly parts: Pick<SessionDependencies, 'places' | 'spokenLocales' | 'timeZone'>;
  readonly languages: Pick<SpeakerLanguages, 'of'>;
  readonly people: () => readonly ChannelMember[];
  readonly transcripts: { readonly questions: Pick<TranscriptQuestions, 'askAloud'> };
};

/** Finds lines that answer a question of the last of these people, for the ears of everybody there. */
export function captionSearchFor(
  askerIds: readonly string[],
  { channel, languages, parts, people, transcripts }: CaptionSearchContext,
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
          quote: quoteOf(found.lines, parts.timeZone, found.knownBy),
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
