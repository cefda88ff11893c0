import type { Public } from '#src/base/public.ts';
import type { CommandCall } from '#src/features/contract/command.ts';
import type { VoicesAndPreviews } from '#src/features/typed/voices-and-previews.ts';
import { languageName } from '#src/texts/language-names.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Line about a language (BCP 47) that no voice of the server speaks; undefined where one does. */
export function unspokenLanguage(
  tag: string,
  { callerLocale, guildId }: CommandCall,
  voices: Public<VoicesAndPreviews>,
): TextLine | undefined {
  if (voices.speaks(guildId, tag)) return undefined;
  return { id: 'voice.language.none', with: { language: languageName(tag, callerLocale) } };
}
