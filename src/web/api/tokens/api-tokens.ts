import sql from 'sql-template-tag';
import { id, instant, json, number, optional, type RowOf } from '#src/sql/columns.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { columnList, replacing, table } from '#src/sql/table.ts';
import {
  type ApiToken,
  type ApiTokenStore,
  apiScopes,
  type EventListener,
} from '#src/web/api/tokens/token-store.ts';

/** Columns of what is told of a token: its hash is compared, and signs its events. */
const tokenColumns = {
  name: id,
  guildId: id,
  scopes: json<readonly string[]>(),
  budgetUsd: optional(number),
  createdAtWallMs: instant,
  revokedAtWallMs: optional(instant),
  channelIds: optional(json<readonly string[]>()),
  eventsUrl: optional(id),
};

const apiTokens = table(
  'api_tokens',
  { ...tokenColumns, hash: id },
  {
    key: ['name'],
    unique: [['hash']],
    person: { forget: 'nothing' },
    server: { forget: 'delete', column: 'guildId' },
  },
);

const tokensOf = sql`SELECT ${columnList(tokenColumns)} FROM api_tokens`;

/** Tokens of programs, a row each. */
class SqlApiTokens implements ApiTokenStore {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  async add(token: ApiToken, hash: string): Promise<'added' | 'taken'> {
    // After a commit without an answer the same token is added again: the row with its hash is not another token.
    const isFree = sql`api_tokens.revoked_at_wall_ms IS NOT NULL OR api_tokens.hash = excluded.hash`;
    const conflict = sql`${replacing(apiTokens)} WHERE ${isFree}`;
    const count = await this.#database.write((connection) =>
      connection.insert(apiTokens, [{ ...token, hash }], { conflict }),
    );
    return count > 0 ? 'added' : 'taken';
  }

  async find(hash: string): Promise<ApiToken | undefined> {
    const [row] = await this.#database.read((connection) =>
      connection.rows(tokenColumns, sql`${tokensOf} WHERE hash = ${hash}`),
    );
    return row && tokenOf(row);
  }

  async list(): Promise<readonly ApiToken[]> {
    const rows = await this.#database.read((connection) =>
      connection.rows(tokenColumns, sql`${tokensOf} ORDER BY name`),
    );
    return rows.map(tokenOf);
  }

  async listeners(): Promise<readonly EventListener[]> {
    const columns = { ...tokenColumns, eventsUrl: id, hash: id };
    const rows = await this.#database.read((connection) =>
      connection.rows(
        columns,
        sql`SELECT ${columnList(columns)} FROM api_tokens
          WHERE events_url IS NOT NULL AND revoked_at_wall_ms IS NULL`,
      ),
    );
    return rows.map((row) => ({ ...row, ...tokenOf(row), eventsUrl: row.eventsUrl }));
  }

  async revoke(name: string, atWallMs: number): Promise<boolean> {
    const isInUse = sql`(revoked_at_wall_ms IS NULL OR revoked_at_wall_ms = ${atWallMs})`; // done twice, too
    const statement = sql`UPDATE api_tokens SET revoked_at_wall_ms = ${atWallMs} WHERE name = ${name} AND ${isInUse}`;
    const count = await this.#database.write((connection) => connection.run(statement));
    return count > 0;
  }
}

export const apiTokenPart: StorePart<ApiTokenStore> = {
  tables: [apiTokens],
  open: (database) => new SqlApiTokens(database),
};

/** A token of its row. A scope that this version does not know is left out. */
function tokenOf(row: RowOf<typeof tokenColumns>): ApiToken {
  return { ...row, scopes: apiScopes.filter((scope) => row.scopes.includes(scope)) };
}
