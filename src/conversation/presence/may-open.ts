import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';

/**
 * Whether a person may open a voice channel and so know what was said there: they sit there now, or the roles of both let them, read at
 * most 60 s ago; unknown means no. `gone`: the channel was deleted, and its words belong to people with a line in their session.
 */
export async function mayOpen(
  guildId: string,
  personId: string,
  channelId: string,
  { captionChats, places }: Pick<SessionDependencies, 'captionChats' | 'places'>,
): Promise<'yes' | 'no' | 'gone'> {
  if (places.seatOf(guildId, personId)?.channelId === channelId) return 'yes';
  return await captionChats.mayOpen(guildId, channelId, personId);
}
