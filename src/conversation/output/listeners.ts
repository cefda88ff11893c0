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
