import type { CommandOption } from '#src/features/contract/command.ts';
import { languageLabel, offeredLanguages } from '#src/texts/language-names.ts';
import type { PlainTextId } from '#src/texts/texts.ts';
import { closest } from './closest-names.ts';

/** A language by its name or its BCP 47 tag; `others` are offered, too. */
export function languageOption(
  name: string,
  description: PlainTextId,
  others: readonly string[] = [],
): CommandOption {
  return {
    name,
    description,
    kind: 'text',
    maxChars: 50,
    suggest: async (typed) => closest(typed, [...others, ...offeredLanguages.map(languageLabel)]),
  };
}
