import sql from 'sql-template-tag';
import type { Public } from '#src/base/public.ts';
import type { SoundOrigin } from '#src/playback/tracks/track-item.ts';
import {
  flag,
  id,
  instant,
  integer,
  json,
  number,
  optional,
  type RowOf,
  text,
} from '#src/sql/columns.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { reads, storePart, writes } from '#src/sql/store-part.ts';
import { columnList, table } from '#src/sql/table.ts';

/** One sound of a track. */
export type StoredSound = {
  readonly source: SoundOrigin;
  readonly title: string;
  readonly owner?: { readonly id: string; readonly name: string };
  /** Where it was; 0 for one that waits. */
  readonly positionMs: number;
  readonly loop: boolean;
};

/** Stored state of a track; the first sound is the one that plays. */
export type StoredTrack = {
  readonly name: string;
  readonly percent: number;
  readonly isPaused: boolean;
  readonly isMuted: boolean;
  readonly sounds: readonly StoredSound[];
};

const trackColumns = { name: text, percent: number, isPaused: flag, isMuted: flag };

const tracks = table(
  'tracks',
  { guildId: id, channelId: id, ...trackColumns, place: integer },
  {
    key: ['guildId', 'channelId', 'name'],
    person: { forget: 'nothing' },
    server: { forget: 'delete', column: 'guildId' },
  },
);

const soundColumns = {
  track: text,
  source: json<SoundOrigin>(),
  title: text,
  personId: optional(id),
  personName: optional(text),
  positionMs: instant,
  loop: flag,
};

const trackSounds = table(
  'track_sounds',
  { guildId: id, channelId: id, ...soundColumns, place: integer },
  {
    key: ['guildId', 'channelId', 'track', 'place'],
    person: { forget: 'delete', column: 'personId' },
    server: { forget: 'delete', column: 'guildId' },
  },
);

/** Store of the sounds that play and wait in each channel, for a process that ends: a row per track and one per sound. */
export class TrackStore {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  /** Errors: BotError `store.unreadable`. */
  read(guildId: string, channelId: string): Promise<readonly StoredTrack[]> {
    const here = sql`WHERE guild_id = ${guildId} AND channel_id = ${channelId} ORDER BY place`;
    return this.#database.read(async (connection) => {
      const found = await connection.rows(
        trackColumns,
        sql`SELECT ${columnList(trackColumns)} FROM tracks ${here}`,
      );
      const sounds = await connection.rows(
        soundColumns,
        sql`SELECT ${columnList(soundColumns)} FROM track_sounds ${here}`,
      );
      const byTrack = Map.groupBy(sounds, ({ track }) => track);
      return found.map((track) => ({
        ...track,
        sounds: (byTrack.get(track.name) ?? []).map(soundOf),
      }));
    });
  }

  /** In place of all that was kept for this channel. Errors: BotError `store.unwritable`. */
  async write(guildId: string, channelId: string, list: readonly StoredTrack[]): Promise<void> {
    const at = { guildId, channelId };
    const sounds = list.flatMap((track) =>
      track.sounds.map(({ owner, ...sound }, place) => ({
        ...at,
        ...sound,
        track: track.name,
        place,
        personId: owner?.id,
        personName: owner?.name,
      })),
    );
    const here = sql`WHERE guild_id = ${guildId} AND channel_id = ${channelId}`;
    await this.#database.write(async (connection) => {
      await connection.run(sql`DELETE FROM tracks ${here}`);
      await connection.run(sql`DELETE FROM track_sounds ${here}`);
      await connection.insert(
        tracks,
        list.map((track, place) => ({ ...at, ...track, place })),
      );
      await connection.insert(trackSounds, sounds);
    });
  }
}

export const trackPart = storePart<Public<TrackStore>>({
  tables: [tracks, trackSounds],
  operations: { read: reads, write: writes },
  open: (database) => new TrackStore(database),
});

function soundOf({
  source,
  title,
  personId,
  personName,
  positionMs,
  loop,
}: RowOf<typeof soundColumns>): StoredSound {
  const isOwned = personId !== undefined && personName !== undefined;
  return {
    source,
    title,
    ...(isOwned && { owner: { id: personId, name: personName } }),
    positionMs,
    loop,
  };
}
