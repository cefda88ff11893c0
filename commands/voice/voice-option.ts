import { findClosestNames, sortByDistance } from '#commands/closest-names.ts';
import type { CommandOption, Reply } from '#src/features/command.ts';
import { truncate } from '#src/texts/plain-text.ts';
import type { PlainTextId } from '#src/texts/texts.ts';

const maxVoiceChars = 100;

const maxShownChars = 1_000;

export function formatList(
  name: string,
  lines: readonly string[],
): { readonly shown: string; readonly more: Pick<Reply, 'files'> } {
  const all = lines.join(', ');
  const files = [{ name, text: `${lines.join('\n')}\n` }];
  const isLong = all.length > maxShownChars;
  return { shown: truncate(all, maxShownChars), more: isLong ? { files } : {} };
}

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

export function toUnknownVoiceReply(x: string, voices: readonly string[]): Reply {
  const closest = sortByDistance(x, voices).join(', ');
  return closest === ''
    ? { id: 'unknown', with: { x } }
    : { id: 'unknown.of', with: { x, list: closest } };
}
