import type { CaptionTexts } from '#src/captions/live/caption-line.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import { writtenText } from '#src/session/localized-text.ts';
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
