import type { ApiToken, ApiTokenStore } from '#src/api/tokens/token-store.ts';
import { tokenOf } from '#src/storage/api-tokens.ts';
import type { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';

/** Lane of all tokens, whatever their server. */
const tokensLane = 'api tokens';

/** Tokens of programs in PostgreSQL, one row each. */
export class PostgresApiTokens implements ApiTokenStore {
  readonly #database: OrderedDatabase;

  constructor(database: OrderedDatabase) {
    this.#database = database;
  }

  /** Adds a token. One that is added twice, after a lost answer, is no other token of its name. */
  async add(token: ApiToken, hash: string): Promise<'added' | 'taken'> {
    const { name, guildId, scopes, budgetUsd, createdAtWallMs } = token;
    const sql = `INSERT INTO api_tokens AS old (name, hash, guild_id, scopes, budget_usd, created_ms)
      VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO UPDATE SET hash = excluded.hash,
        guild_id = excluded.guild_id, scopes = excluded.scopes, budget_usd = excluded.budget_usd,
        created_ms = excluded.created_ms, revoked_ms = NULL
      WHERE old.revoked_ms IS NOT NULL OR old.hash = excluded.hash`;
    const values = [name, hash, guildId, scopes.join(), budgetUsd ?? null, createdAtWallMs];
    const count = await this.#database.write([tokensLane], (connection) =>
      connection.run(sql, values),
    );
    return count > 0 ? 'added' : 'taken';
  }

  async find(hash: string): Promise<ApiToken | undefined> {
    const sql = 'SELECT * FROM api_tokens WHERE hash = $1';
    const [row] = await this.#database.read([tokensLane], (connection) =>
      connection.rows(sql, [hash]),
    );
    return row && tokenOf(row);
  }

  async list(): Promise<readonly ApiToken[]> {
    const sql = 'SELECT * FROM api_tokens ORDER BY name';
    const rows = await this.#database.read([tokensLane], (connection) => connection.rows(sql));
    return rows.map(tokenOf);
  }

  async revoke(name: string, atWallMs: number): Promise<boolean> {
    const sql = `UPDATE api_tokens SET revoked_ms = $2
      WHERE name = $1 AND (revoked_ms IS NULL OR revoked_ms = $2)`;
    const count = await this.#database.write([tokensLane], (connection) =>
      connection.run(sql, [name, atWallMs]),
    );
    return count > 0;
  }
}
