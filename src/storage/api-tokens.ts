import type { ApiToken, ApiTokenStore } from '#src/api/tokens/token-store.ts';
import { apiScopes } from '#src/api/tokens/token-store.ts';
import type { Database } from './database.ts';

type TokenRow = Readonly<Record<string, unknown>>;

/** Tokens of programs in SQLite, one row each. */
export class SqliteApiTokens implements ApiTokenStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(token: ApiToken, hash: string): Promise<'added' | 'taken'> {
    const { name, guildId, scopes, budgetUsd, createdAtWallMs } = token;
    const sql = `INSERT INTO api_tokens (name, hash, guild_id, scopes, budget_usd, created_ms)
      VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET hash = excluded.hash,
        guild_id = excluded.guild_id, scopes = excluded.scopes, budget_usd = excluded.budget_usd,
        created_ms = excluded.created_ms, revoked_ms = NULL
      WHERE revoked_ms IS NOT NULL`;
    const values = [name, hash, guildId, scopes.join(), budgetUsd ?? null, createdAtWallMs];
    const { changes } = await this.#database.writeSync((sqlite) =>
      sqlite.prepare(sql).run(...values),
    );
    return changes > 0 ? 'added' : 'taken';
  }

  async find(hash: string): Promise<ApiToken | undefined> {
    const sql = 'SELECT * FROM api_tokens WHERE hash = ?';
    const row = await this.#database.readSync((sqlite) => sqlite.prepare(sql).get(hash));
    return row && tokenOf(row);
  }

  async list(): Promise<readonly ApiToken[]> {
    const sql = 'SELECT * FROM api_tokens ORDER BY name';
    return (await this.#database.readSync((sqlite) => sqlite.prepare(sql).all())).map(tokenOf);
  }

  async revoke(name: string, atWallMs: number): Promise<boolean> {
    const sql = 'UPDATE api_tokens SET revoked_ms = ? WHERE name = ? AND revoked_ms IS NULL';
    const revoked = await this.#database.writeSync((sqlite) =>
      sqlite.prepare(sql).run(atWallMs, name),
    );
    return revoked.changes > 0;
  }
}

/** A token of its row. A scope that this version does not know is left out. */
export function tokenOf(row: TokenRow): ApiToken {
  const { budget_usd, revoked_ms } = row;
  const scopes = String(row.scopes).split(',');
  return {
    name: String(row.name),
    guildId: String(row.guild_id),
    scopes: apiScopes.filter((scope) => scopes.includes(scope)),
    ...(budget_usd !== null && { budgetUsd: Number(budget_usd) }),
    createdAtWallMs: Number(row.created_ms),
    ...(revoked_ms !== null && { revokedAtWallMs: Number(revoked_ms) }),
  };
}
