import type { StoredTrack, TrackStore } from '#src/session/ports/stores/track-store.ts';
import type { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';
import { soundValues, trackOf } from '#src/storage/tracks.ts';
import { insertRows, serverLane } from './writing.ts';

const trackColumns = [
  'guild_id text',
  'channel_id text',
  'name text',
  'place integer',
  'percent double precision',
  'is_paused integer',
  'is_muted integer',
];
const soundColumns = [
  'guild_id text',
  'channel_id text',
  'track text',
  'place integer',
  'kind text',
  'origin text',
  'type text',
  'title text',
  'person_id text',
  'person_name text',
  'position_ms double precision',
  'is_loop integer',
];

/** Tracks in PostgreSQL with what plays and waits, one row per track and one per sound. */
export class PostgresTracks implements TrackStore {
  readonly #database: OrderedDatabase;

  constructor(database: OrderedDatabase) {
    this.#database = database;
  }

  async read(guildId: string, channelId: string): Promise<readonly StoredTrack[]> {
    const where = 'WHERE guild_id = $1 AND channel_id = $2 ORDER BY place';
    const values = [guildId, channelId];
    return await this.#database.readPast([serverLane('tracks', guildId)], async (connection) => {
      const tracks = await connection.rows(`SELECT * FROM tracks ${where}`, values);
      if (tracks.length === 0) return [];
      const sounds = await connection.rows(`SELECT * FROM track_sounds ${where}`, values);
      return tracks.map((row) => trackOf(row, sounds));
    });
  }

  async write(guildId: string, channelId: string, tracks: readonly StoredTrack[]): Promise<void> {
    const at = [guildId, channelId] as const;
    const trackRows = tracks.map(({ name, percent, isPaused, isMuted }, place) => [
      ...at,
      name,
      place,
      percent,
      isPaused ? 1 : 0,
      isMuted ? 1 : 0,
    ]);
    const soundRows = tracks.flatMap(({ name, sounds }) =>
      sounds.map((sound, place) => [...at, name, place, ...soundValues(sound)]),
    );
    await this.#database.write([serverLane('tracks', guildId)], async (connection) => {
      for (const table of ['tracks', 'track_sounds'])
        await connection.run(`DELETE FROM ${table} WHERE guild_id = $1 AND channel_id = $2`, at);
      await insertRows(connection, 'tracks', trackColumns, trackRows);
      await insertRows(connection, 'track_sounds', soundColumns, soundRows);
    });
  }
}
