import sql from 'sql-template-tag';
import type {
  StoredSound,
  StoredSource,
  StoredTrack,
  TrackStore,
} from '#src/session/ports/stores/track-store.ts';
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
} from '#src/storage/sql/columns.ts';
import { laneOf, type StoreDatabase } from '#src/storage/sql/store-database.ts';
import { columnList, table } from '#src/storage/sql/table.ts';

const trackColumns = { name: text, percent: number, isPaused: flag, isMuted: flag };

export const tracks = table(
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
  source: json<StoredSource>(),
  title: text,
  personId: optional(id),
  personName: optional(text),
  positionMs: instant,
  loop: flag,
};

export const trackSounds = table(
  'track_sounds',
  { guildId: id, channelId: id, ...soundColumns, place: integer },
  {
    key: ['guildId', 'channelId', 'track', 'place'],
    person: { forget: 'delete', column: 'personId' },
    server: { forget: 'delete', column: 'guildId' },
  },
);

/** Tracks with what plays and waits, a row per track and one per sound. */
export class SqlTracks implements TrackStore {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  read(guildId: string, channelId: string): Promise<readonly StoredTrack[]> {
    const here = sql`WHERE guild_id = ${guildId} AND channel_id = ${channelId} ORDER BY place`;
    return this.#database.readPast([laneOf(tracks, guildId)], async (connection) => {
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
    await this.#database.write([laneOf(tracks, guildId)], async (connection) => {
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
