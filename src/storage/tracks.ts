import type {
  StoredSound,
  StoredSource,
  StoredTrack,
  TrackStore,
} from '#src/session/ports/stores/track-store.ts';
import type { Database } from './database.ts';
import type { DatabaseSync } from './sqlite.ts';

type TrackRow = Readonly<Record<string, unknown>>;

/** Tracks in SQLite with what plays and waits, one row per track and one per sound. */
export class SqliteTracks implements TrackStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async read(guildId: string, channelId: string): Promise<readonly StoredTrack[]> {
    return await this.#database.readSync((sqlite) => {
      const where = 'FROM tracks WHERE guild_id = ? AND channel_id = ? ORDER BY place';
      const tracks = sqlite.prepare(`SELECT * ${where}`).all(guildId, channelId);
      const from = 'FROM track_sounds WHERE guild_id = ? AND channel_id = ? ORDER BY place';
      const sounds = sqlite.prepare(`SELECT * ${from}`).all(guildId, channelId);
      return tracks.map((row) => trackOf(row, sounds));
    });
  }

  async write(guildId: string, channelId: string, tracks: readonly StoredTrack[]): Promise<void> {
    await this.#database.writeSync((sqlite) => {
      for (const table of ['tracks', 'track_sounds']) {
        const where = 'guild_id = ? AND channel_id = ?';
        sqlite.prepare(`DELETE FROM ${table} WHERE ${where}`).run(guildId, channelId);
      }
      for (const [place, track] of tracks.entries()) {
        writeTrack(sqlite, [guildId, channelId], track, place);
      }
    });
  }
}

function writeTrack(
  sqlite: DatabaseSync,
  at: readonly [string, string],
  { name, percent, isPaused, isMuted, sounds }: StoredTrack,
  place: number,
): void {
  sqlite
    .prepare('INSERT INTO tracks VALUES (?, ?, ?, ?, ?, ?, ?)')
    .run(...at, name, place, percent, isPaused ? 1 : 0, isMuted ? 1 : 0);
  const insert = sqlite.prepare(
    'INSERT INTO track_sounds VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  for (const [n, sound] of sounds.entries()) insert.run(...at, name, n, ...soundValues(sound));
}

/** Columns of a sound behind its place. */
export function soundValues({ source, title, owner, positionMs, loop }: StoredSound) {
  const [where, type] =
    source.kind === 'link' ? [source.url, source.type ?? ''] : [source.name, ''];
  const whose = [owner?.id ?? '', owner?.name ?? ''] as const;
  return [source.kind, where, type, title, ...whose, positionMs, loop ? 1 : 0] as const;
}

export function trackOf(row: TrackRow, all: readonly TrackRow[]): StoredTrack {
  const name = String(row.name);
  const sounds = all.filter(({ track }) => track === name).map(soundOf);
  return {
    name,
    percent: Number(row.percent),
    isPaused: row.is_paused === 1,
    isMuted: row.is_muted === 1,
    sounds,
  };
}

function soundOf(row: TrackRow): StoredSound {
  const [id, name] = [String(row.person_id), String(row.person_name)];
  return {
    source: sourceOf(row),
    title: String(row.title),
    ...(id !== '' && { owner: { id, name } }),
    positionMs: Number(row.position_ms),
    loop: row.is_loop === 1,
  };
}

function sourceOf({ kind, origin: where, type }: TrackRow): StoredSource {
  if (kind === 'library') return { kind, name: String(where) };
  return { kind: 'link', url: String(where), ...(type !== '' && { type: String(type) }) };
}
