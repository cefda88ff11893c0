import type { SessionContext } from '#src/conversation/session-context.ts';
import type { TextReader } from '#src/people/confidential-text.ts';

/** A person in the channel, as a reader. */
export type AudienceMember = TextReader & { readonly name: string };

/**
 * People in the channel now, bots left out. Deafened people count, although they hear nothing: a text is said only if everybody
 * there may know it.
 */
export function channelAudience({ people, places }: SessionContext): readonly AudienceMember[] {
  return people()
    .filter(({ isBot }) => !isBot)
    .map(({ id, name }) => ({ personId: id, name, openPlaceIds: places.openTo(id) }));
}
