import { findClosestNames, findNearestNames } from '#commands/closest-names.ts';
import type { CommandOption, Reply } from '#src/features/command.ts';
import { Owned } from '#src/people/owned.ts';
import { truncate } from '#src/texts/plain-text.ts';
import type { PlainTextId } from '#src/texts/texts.ts';

const maxVoiceChars = 100;

const maxShownChars = 1_000;

/** Formats a list for a reply. A long list is cut, and a file has all of it. */
export function formatList(
  fileName: string,
  items: readonly string[],
): { readonly text: string } & Pick<Reply, 'files'> {
  const wholeText = items.join(', ');
  const file = { name: fileName, text: `${items.join('\n')}\n` };
  const isLong = wholeText.length > maxShownChars;
  return {
    text: truncate(wholeText, maxShownChars),
    ...(isLong && { files: [new Owned(file, 'given')] }),
  };
}

/** Creates an option that suggests voices after `otherNames`. */
export function createVoiceOption(
  description: PlainTextId,
  otherNames: readonly string[] = [],
): CommandOption {
  return {
    name: 'voice',
    description,
    kind: 'text',
    maxChars: maxVoiceChars,
    suggest: async (typed, _call, { features }) =>
      findClosestNames(typed, [...otherNames, ...(await features.voices.listVoices())]),
  };
}

/** Explains that there is no such voice, with those of similar names. */
export function toUnknownVoiceReply(x: string, voices: readonly string[]): Reply {
  const closest = findNearestNames(x, voices).join(', ');
  return closest === ''
    ? { id: 'unknown', with: { x } }
    : { id: 'unknown.of', with: { x, list: closest } };
}
