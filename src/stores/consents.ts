import sql from 'sql-template-tag';
import type { AdmittedErasure, PersonErasure } from '#src/base/erasures.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import type {
  ConsentChange,
  ConsentStore,
  StoredConsent,
  StoredErasure,
  StoredRows,
} from '#src/people/consent.ts';
import {
  type ColumnsOf,
  choice,
  guildId,
  instant,
  personId,
  toOptional,
} from '#src/sql/columns.ts';
import { selectPersonRows } from '#src/sql/person-rows.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import {
  defineTable,
  deleteRows,
  findRows,
  selectRows,
  type Table,
  toColumnList,
  toReplaceClause,
} from '#src/sql/table.ts';

type ConsentRow = StoredConsent & {
  readonly guildId: GuildId;
  readonly personId: PersonId;
};

export const consents: Table<ColumnsOf<ConsentRow>> = defineTable(
  'consents',
  {
    guildId,
    personId,
    kind: choice('always', 'never', 'forgotten'),
  },
  {
    key: ['guildId', 'personId'],
    person: ['personId'],
    server: 'delete',
    restored: 'none',
    kept: { condition: "kind <> 'always'" },
  },
);

/** Time for which a finished erasure is kept. Copies of what it erased are deleted before. */
export const endedErasureMs: number = 8 * 86_400_000;

type ErasureRow = StoredErasure & {
  /** Absent while the erasure goes on. */
  readonly endedWallMs?: number | undefined;
};

export const erasures: Table<ColumnsOf<ErasureRow>> = defineTable(
  'erasures',
  { guildId, personId, sinceWallMs: instant, endedWallMs: toOptional(instant) },
  {
    key: ['guildId', 'personId'],
    person: ['personId'],
    server: 'delete',
    restored: 'none',
    kept: { condition: 'true' },
  },
);

/** An erasure keeps itself, and the consent, which may be newer. */
const lasting = new Set([consents.name, erasures.name]);

export const consentPart: StorePart<ConsentStore> = {
  tables: [consents, erasures],
  open: (database, allTables) => new SqlConsentStore(database, allTables),
};

/** Consents and erasures in tables, and everything that tables hold about a person. */
class SqlConsentStore implements ConsentStore {
  readonly #database: StoreDatabase;
  readonly #allTables: readonly Table[];

  constructor(database: StoreDatabase, allTables: readonly Table[]) {
    this.#database = database;
    this.#allTables = allTables;
  }

  /** Reads the latest answers in a server. */
  async read(guildId: GuildId): Promise<ReadonlyMap<PersonId, ConsentChange>> {
    const rows = await findRows(this.#database, consents, { guildId });
    return new Map(rows.map(({ personId, kind }) => [personId, { kind }]));
  }

  /** Stores an answer, and the erasure that it begins. */
  async write(
    guildId: GuildId,
    personId: PersonId,
    { kind, erasesSinceWallMs }: ConsentChange,
  ): Promise<void> {
    // One transaction, so that a former yes never stands beside an erasure.
    await this.#database.write(async (connection) => {
      const person = { guildId, personId };
      await connection.insert(
        consents,
        [{ ...person, kind }],
        toReplaceClause(consents),
      );
      if (erasesSinceWallMs === undefined) return;
      const erasure = { ...person, sinceWallMs: erasesSinceWallMs };
      await connection.insert(erasures, [erasure], toReplaceClause(erasures));
    });
  }

  /** Lists unfinished erasures in the order of the key. */
  listErasures(): Promise<readonly StoredErasure[]> {
    const unfinished = sql`WHERE ended_wall_ms IS NULL ORDER BY guild_id, person_id`;
    return this.#database.read((connection) =>
      selectRows(connection, erasures, unfinished),
    );
  }

  /** Ends an erasure with the same beginning. It is kept until no copy can bring back what it erased. */
  async endErasure(
    { guildId, personId, sinceWallMs }: StoredErasure,
    endedWallMs: number,
  ): Promise<void> {
    const end = sql`UPDATE erasures SET ended_wall_ms = ${endedWallMs}
      WHERE guild_id = ${guildId} AND person_id = ${personId} AND since_wall_ms = ${sinceWallMs}`;
    const outdated = sql`erasures WHERE ended_wall_ms < ${endedWallMs - endedErasureMs}`;
    await this.#database.write(async (connection) => {
      await connection.run(end);
      await deleteRows(connection, [outdated]);
    });
  }

  /** Counts rows about a person, except an erasure and the word that a person was forgotten. */
  async countItems(guildId: GuildId, personId: PersonId): Promise<number> {
    const { erasures: _, ...rowsByTable } = await this.listRows(guildId, personId);
    return Object.values(rowsByTable)
      .flat()
      .filter(({ kind }) => kind !== 'forgotten').length;
  }

  /** Counts rows about a person in tables that do not outlast an erasure. */
  async countErasable(guildId: GuildId, personId: PersonId): Promise<number> {
    const rowsByTable = await this.listRows(guildId, personId);
    return Object.entries(rowsByTable)
      .filter(([name]) => !lasting.has(name))
      .reduce((sum, [, rows]) => sum + rows.length, 0);
  }

  /** Lists rows about a person by table, in one snapshot. */
  listRows(guildId: GuildId, personId: PersonId): Promise<StoredRows> {
    return this.#database.read(async (connection) => {
      const rowsByTable: Record<string, StoredRows[string]> = {};
      const selections = selectPersonRows(this.#allTables, guildId, personId);
      for (const { rows, table } of selections) {
        // An export with the bytes of files would be too long for a message.
        const listed = Object.fromEntries(
          Object.entries(table.columns).filter(([, { kind }]) => kind !== 'bytes'),
        );
        rowsByTable[table.name] = await connection.rows(
          listed,
          sql`SELECT ${toColumnList(listed)} FROM ${rows}`,
        );
      }
      return rowsByTable;
    });
  }

  /** Erases a person after earlier writes, without a trace in the file. */
  async erasePerson(erasure: AdmittedErasure<PersonErasure>): Promise<number> {
    const { guildId, personId } = erasure;
    const selections = selectPersonRows(this.#allTables, guildId, personId)
      .filter(({ table }) => !lasting.has(table.name))
      .map(({ rows }) => rows);
    // An earlier write that ended after this one would bring the person back.
    const count = await this.#database.erase(erasure, (connection) =>
      deleteRows(connection, selections),
    );
    await this.#database.overwriteErased('no byte');
    return count;
  }
}
