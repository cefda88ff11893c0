import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { CaptionTexts } from '#src/features/captions/live/caption-line.ts';
import { writtenText } from '#src/notices/localized-text.ts';
import type { PlainTextId } from '#src/texts/texts.ts';

/** Texts in captions beside the words of people: in italics, which no word of theirs can be. */
export function captionTexts(guildId: string, parts: SessionDependencies): CaptionTexts {
  const written = (id: PlainTextId) => writtenText({ id }, guildId, parts);
  return {
    notUnderstood: `*${written('transcript.not_understood')}*`,
    stopped: `*${written('transcript.stopped')}*`,
    unnamed: written('transcript.somebody'),
  };
}
