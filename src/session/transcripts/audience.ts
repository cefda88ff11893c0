import type { Presence } from '#src/captions/transcript-line.ts';
import type { Audience, Viewer } from '#src/captions/transcript-store.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { GuildSettings } from '#src/session/settings/guild-settings.ts';
import { allStores } from './transcript-stores.ts';

/** What decides which lines somebody may know. */
export type AudienceParts = Pick<SessionDependencies, 'captionChats' | 'transcripts'>;

export type AudienceRules = {
  readonly guildId: string;
  readonly settings: Pick<GuildSettings, 'catchUp'>;
  /** Times people sat in the channel of a session that goes on, besides those that are stored. */
  readonly unstored: readonly Presence[];
};

/**
 * These people, and which places of captions each of them may open now. Errors: BotError `store.unreadable`.
 *
 * Where nobody is named there is nobody to tell anything: undefined.
 */
export async function audienceOf(
  personIds: readonly string[],
  { guildId, settings, unstored }: AudienceRules,
  { captionChats, transcripts }: AudienceParts,
): Promise<Audience | undefined> {
  const all = settings.catchUp
    ? await Promise.all(allStores(transcripts).map(({ reader }) => reader.places(guildId)))
    : [];
  const places = [...new Set(all.flat())];
  const viewers = personIds.map(async (personId): Promise<Viewer> => {
    const may = await Promise.all(
      places.map((placeId) => captionChats.mayRead(guildId, placeId, personId)),
    );
    const openPlaceIds = places.filter((_, n) => may[n]);
    return {
      personId,
      openPlaceIds,
      unstored: unstored.filter((one) => one.personId === personId),
    };
  });
  const [first, ...others] = await Promise.all(viewers);
  return first && [first, ...others];
}
