import { closest, nearest } from '#commands/closest-names.ts';
import type { CommandOption, Reply } from '#src/features/contract/command.ts';
import type { PlainTextId } from '#src/texts/texts.ts';

/** Longest name of a voice. */
const maxVoiceChars = 100;

/** A voice by its name; `others` are offered, too. */
export function voiceOption(
  description: PlainTextId,
  others: readonly string[] = [],
): CommandOption {
  return {
    name: 'voice',
    description,
    kind: 'text',
    maxChars: maxVoiceChars,
    suggest: async (typed, _call, { features }) =>
      closest(typed, [...others, ...(await features.voices.names())]),
  };
}

/** Reply to a name that no voice has. */
export function unknownVoice(x: string, voices: readonly string[]): Reply {
  const closest = nearest(x, voices).join(', ');
  return closest === ''
    ? { id: 'unknown', with: { x } }
    : { id: 'unknown.of', with: { x, list: closest } };
}
