import type { SessionContext } from '#src/conversation/context.ts';
import type { TextReader } from '#src/people/confidential-text.ts';

/** A person in the channel, as a reader. */
export type Listener = TextReader & { readonly name: string };

/** Everybody who hears what is said there now. */
export function listenersIn({ people, places }: SessionContext): readonly Listener[] {
  return people()
    .filter(({ isBot }) => !isBot)
    .map(({ id, name }) => ({ personId: id, name, openPlaceIds: places.openTo(id) }));
}

/** Medium of the answers to a person: aloud; in writing, if they chose that; or both, while they are deafened and hear nothing. */
export type AnswerMedium = 'aloud' | 'both' | 'written';

export function answerMediumFor(
  personId: string,
  { channel, parts, people }: SessionContext,
): AnswerMedium {
  if (parts.peopleSettings.known(channel.guildId, personId).answers === 'written') return 'written';
  return people().some(({ id, isDeaf }) => id === personId && isDeaf) ? 'both' : 'aloud';
}
