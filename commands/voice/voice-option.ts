import { closest } from '#commands/closest-names.ts';
import type { CommandOption } from '#src/session/ports/command.ts';
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
    suggest: async (typed, _call, { talk }) => closest(typed, [...others, ...talk.voices()]),
  };
}

/** The voice of this name as its server writes it, whatever the case; undefined where it is none of those that are known. */
export function voiceNamed(typed: string, known: readonly string[]): string | undefined {
  const words = typed.trim();
  const found = known.find((one) => one.toLowerCase() === words.toLowerCase());
  return found ?? (known.length === 0 && isVoiceName(words) ? words : undefined);
}

/** Whether a server that does not tell its voices may be asked for this one; also for mixed ones, `a(2)+b(1)`. */
function isVoiceName(words: string): boolean {
  return /^[\p{L}\p{N}][\p{L}\p{N} _.:()+/-]{0,99}$/u.test(words);
}
