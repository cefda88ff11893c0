import { closest } from '#commands/closest-names.ts';
import type { CommandOption } from '#src/conversation/command.ts';
import { PersonaRequests } from '#src/features/personas/persona-requests.ts';
import type { PlainTextId } from '#src/texts/texts.ts';

/** Longest name of a persona, and one more so that a longer one shows. */
const maxPersonaChars = 33;

/** A persona of the server by its name; `others` are offered, too. */
export function personaOption(
  description: PlainTextId,
  others: readonly string[] = [],
): CommandOption {
  return {
    name: 'persona',
    description,
    kind: 'text',
    maxChars: maxPersonaChars,
    suggest: async (typed, { guildId }, { port }) =>
      closest(typed, [...others, ...(await port(PersonaRequests).names(guildId))]),
  };
}
