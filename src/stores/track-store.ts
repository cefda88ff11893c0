import type { ChannelId, GuildId } from '#src/base/ids.ts';
import type { Owner } from '#src/people/owned.ts';
import type { SoundOrigin } from '#src/playback/tracks/track-item.ts';
import type { TrackState } from '#src/playback/tracks/track-outcomes.ts';
import { channelId, guildId, json } from '#src/sql/columns.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { defineTable, findRows, putRows, removeRows } from '#src/sql/table.ts';

/** A waiting or current sound that can be opened again. */
export type StoredSound = {
  readonly source: SoundOrigin;
  readonly title: string;
  /** Owner of the words in it. Absent in rows of older versions: the channel of the row. */
  readonly wordsOwner?: Owner;
  readonly positionMs: number;
  readonly loop: boolean;
};

/** State of a track, with its sounds in their order. */
export type StoredTrack = TrackState & {
  readonly name: string;
  readonly sounds: readonly StoredSound[];
};

/** Tracks of voice channels, for the next process. Throws BotError `store.*`. */
export interface TrackStore {
  /** Reads the tracks of a channel. Empty if none are stored. */
  read(guildId: GuildId, channelId: ChannelId): Promise<readonly StoredTrack[]>;
  /** Replaces the tracks of a channel. An empty list removes them. */
  write(
    guildId: GuildId,
    channelId: ChannelId,
    tracks: readonly StoredTrack[],
  ): Promise<void>;
}

/** One row for each channel. It names no person, so restored sounds belong to nobody. */
const tracksTable = defineTable(
  'tracks',
  { guildId, channelId, list: json<readonly StoredTrack[]>() },
  {
    key: ['guildId', 'channelId'],
    person: [],
    server: 'delete',
    restored: 'all',
  },
);

/** The store of tracks. */
export const trackPart: StorePart<TrackStore> = {
  tables: [tracksTable],
  open: (database) => ({
    async read(guildId, channelId) {
      const [row] = await findRows(database, tracksTable, { guildId, channelId });
      return row?.list ?? [];
    },

    async write(guildId, channelId, tracks) {
      if (tracks.length === 0)
        await removeRows(database, tracksTable, { guildId, channelId });
      else await putRows(database, tracksTable, [{ guildId, channelId, list: tracks }]);
    },
  }),
};
