import type { SoundOrigin } from '#src/playback/tracks/track-item.ts';
import type { TrackState } from '#src/playback/tracks/track-outcomes.ts';
import { channelId, guildId, json } from '#src/sql/columns.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { defineTable } from '#src/sql/table.ts';
import { findRows, putRows, removeRows } from '#src/sql/table-rows.ts';

/** One sound of a track. */
export type StoredSound = {
  readonly source: SoundOrigin;
  readonly title: string;
  /** Where it was; 0 for one that waits. */
  readonly positionMs: number;
  readonly loop: boolean;
};

/** Stored state of a track; the first sound is the one that plays. */
export type StoredTrack = TrackState & {
  readonly name: string;
  readonly sounds: readonly StoredSound[];
};

/** Store of the sounds that play and wait in each channel, for a process that ends. */
export interface TrackStore {
  /** Errors: BotError `store.unreadable`. */
  read(guildId: GuildId, channelId: ChannelId): Promise<readonly StoredTrack[]>;
  /** In place of all that was kept for this channel. Errors: BotError `store.unwritable`. */
  write(guildId: GuildId, channelId: ChannelId, list: readonly StoredTrack[]): Promise<void>;
}

/** A row for each channel with tracks. It names no person: what comes back belongs to nobody. */
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
      if (list.length === 0) await removeRows(database, tracksTable, { guildId, channelId });
      else await putRows(database, tracksTable, [{ guildId, channelId, list }]);
    },
  }),
};
