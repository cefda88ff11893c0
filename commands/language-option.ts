import type { CommandCall, CommandOption } from '#src/features/command.ts';
import type { VoicesAndPreviews } from '#src/features/typed/voices-and-previews.ts';
import {
  formatLanguageLabel,
  getLanguageName,
  offeredLanguages,
} from '#src/texts/language-names.ts';
import type { OptionName, PlainTextId, TextLine } from '#src/texts/texts.ts';
import { findClosestNames } from './closest-names.ts';

export function createLanguageOption(
  name: OptionName,
  description: PlainTextId,
  others: readonly string[] = [],
): CommandOption {
  return {
    name,
    description,
    kind: 'text',
    maxChars: 50,
    suggest: async (typed) =>
      findClosestNames(typed, [
        ...others,
        ...offeredLanguages.map(formatLanguageLabel),
      ]),
  };
}

export function findUnspokenLanguage(
  tag: string,
  { caller, guildId }: CommandCall,
  voices: VoicesAndPreviews,
): TextLine | undefined {
  if (voices.canSpeak(guildId, tag)) return undefined;
  return {
    id: 'voice.language.none',
    with: { language: getLanguageName(tag, caller.locale) },
  };
}
