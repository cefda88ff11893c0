import sql from 'sql-template-tag';
import type { Public } from '#src/base/public.ts';
import { id, instant, type RowOf, text } from '#src/sql/columns.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { reads, storePart, writes } from '#src/sql/store-part.ts';
import { select, table } from '#src/sql/table.ts';

const notes = table(
  'notes',
  { id, guildId: id, personId: id, text, keptAtWallMs: instant },
  {
    key: ['id'],
    indexes: { notes_by_server: ['guildId'] },
    person: { forget: 'delete', column: 'personId' },
    server: { forget: 'delete', column: 'guildId' },
  },
);

export type Note = RowOf<typeof notes.columns>;

/** Notes, a row each. */
export class NoteStore {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  /** Errors: BotError `store.unwritable`. */
  async add(note: Note): Promise<void> {
    await this.#database.write((connection) => connection.insert(notes, [note]));
  }

  /** Notes of one server, the oldest first. Errors: BotError `store.unreadable`. */
  list(guildId: string): Promise<readonly Note[]> {
    return this.#database.read((connection) =>
      select(connection, notes, sql`WHERE guild_id = ${guildId} ORDER BY kept_at_wall_ms`),
    );
  }

  /** Deletes notes from before an instant; how many. Errors: BotError `store.unwritable`. */
  expire(beforeWallMs: number): Promise<number> {
    const statement = sql`DELETE FROM notes WHERE kept_at_wall_ms < ${beforeWallMs}`;
    return this.#database.write((connection) => connection.run(statement));
  }
}

export const notePart = storePart<Public<NoteStore>>({
  tables: [notes],
  operations: { add: writes, list: reads, expire: writes },
  open: (database) => new NoteStore(database),
});
