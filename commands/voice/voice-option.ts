import { findClosestNames, sortByDistance } from '#commands/closest-names.ts';
import type { CommandOption, Reply } from '#src/features/command.ts';
import { truncate } from '#src/texts/plain-text.ts';
import type { PlainTextId } from '#src/texts/texts.ts';

/** Longest name of a voice. */
const maxVoiceChars = 100;

/** Longest list that is shown in the reply itself, in characters; a file holds all of a longer one. */
const maxShownChars = 1_000;

/** A list as a reply shows it, and the file that holds all of a long one. */
export function formatList(
  name: string,
  lines: readonly string[],
): { readonly shown: string; readonly more: Pick<Reply, 'files'> } {
  const all = lines.join(', ');
  const files = [{ name, text: `${lines.join('\n')}\n` }];
  const isLong = all.length > maxShownChars;
  return { shown: truncate(all, maxShownChars), more: isLong ? { files } : {} };
}

/** A voice by its name; `others` are offered, too. */
export function createVoiceOption(
  description: PlainTextId,
  others: readonly string[] = [],
): CommandOption {
  return {
    name: 'voice',
    description,
    kind: 'text',
    maxChars: maxVoiceChars,
    suggest: async (typed, _call, { features }) =>
      findClosestNames(typed, [...others, ...(await features.voices.listVoices())]),
  };
}

/** Reply to a name that no voice has. */
export function toUnknownVoiceReply(x: string, voices: readonly string[]): Reply {
  const closest = sortByDistance(x, voices).join(', ');
  return closest === ''
    ? { id: 'unknown', with: { x } }
    : { id: 'unknown.of', with: { x, list: closest } };
}
