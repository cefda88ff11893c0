import type { ChannelId, GuildId } from '#src/base/ids.ts';
import type { SoundOrigin } from '#src/playback/tracks/track-item.ts';
import type { TrackState } from '#src/playback/tracks/track-outcomes.ts';
import { channelId, guildId, json } from '#src/sql/columns.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { defineTable, findRows, putRows, removeRows } from '#src/sql/table.ts';

export type StoredSound = {
  readonly source: SoundOrigin;
  readonly title: string;
  readonly positionMs: number;
  readonly loop: boolean;
};

export type StoredTrack = TrackState & {
  readonly name: string;
  readonly sounds: readonly StoredSound[];
};

export interface TrackStore {
  read(guildId: GuildId, channelId: ChannelId): Promise<readonly StoredTrack[]>;
  write(
    guildId: GuildId,
    channelId: ChannelId,
    list: readonly StoredTrack[],
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
  },
);

export const trackPart: StorePart<TrackStore> = {
  tables: [tracksTable],
  open: (database) => ({
    async read(guildId, channelId) {
      const [row] = await findRows(database, tracksTable, { guildId, channelId });
      return row?.list ?? [];
    },

    async write(guildId, channelId, list) {
      if (list.length === 0)
        await removeRows(database, tracksTable, { guildId, channelId });
      else await putRows(database, tracksTable, [{ guildId, channelId, list }]);
    },
  }),
};
