import type { SessionContext } from '#src/conversation/session-context.ts';

/** Medium of the answers to a person: aloud; in writing, if they chose that; or both, while they are deafened and hear nothing. */
export type AnswerMedium = 'aloud' | 'both' | 'written';

export function answerMediumFor(
  personId: string,
  { channel, parts, people }: SessionContext,
): AnswerMedium {
  if (parts.peopleSettings.known(channel.guildId, personId).answers === 'written') return 'written';
  return people().some(({ id, isDeaf }) => id === personId && isDeaf) ? 'both' : 'aloud';
}
