import type { GuildSettings } from '#src/conversation/settings/guild-settings.ts';
import { catchUp } from '#src/features/captions/caption-settings.ts';
import type { Presence } from '#src/features/captions/transcript-line.ts';
import type { Audience, Viewer } from '#src/features/captions/transcript-store-types.ts';
import type { CaptionParts } from './disk-and-memory-stores.ts';
import { allStores } from './disk-and-memory-stores.ts';

export type AudienceRules = {
  readonly guildId: string;
  readonly settings: GuildSettings;
  /** Times people sat in the channel of a session that goes on, besides those that are stored. */
  readonly unstored: readonly Presence[];
};

/**
 * These people, and which places of captions each of them may open now. Errors: BotError `store.unreadable`.
 *
 * Undefined where no person is named.
 */
export async function audienceOf(
  personIds: readonly string[],
  { guildId, settings, unstored }: AudienceRules,
  { captionChats, transcripts }: CaptionParts,
): Promise<Audience | undefined> {
  const places = await openPlaces(guildId, settings, transcripts);
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

/**
 * Everybody who manages the server, whoever that is: places that they all may open. They count as present in no session. Errors: as
 * `audienceOf`.
 */
export async function audienceOfManagers(
  { guildId, settings }: Pick<AudienceRules, 'guildId' | 'settings'>,
  { captionChats, transcripts }: CaptionParts,
): Promise<Audience> {
  const places = await openPlaces(guildId, settings, transcripts);
  const may = await Promise.all(
    places.map((placeId) => captionChats.managersMayRead(guildId, placeId)),
  );
  return [{ personId: 'managers', openPlaceIds: places.filter((_, n) => may[n]) }];
}

/** Places of captions that may be read by whom was not there: none where `catch_up` is off. */
async function openPlaces(
  guildId: string,
  settings: GuildSettings,
  transcripts: CaptionParts['transcripts'],
): Promise<readonly string[]> {
  if (!settings.of(catchUp)) return [];
  const all = await Promise.all(allStores(transcripts).map(({ reader }) => reader.places(guildId)));
  return [...new Set(all.flat())];
}
