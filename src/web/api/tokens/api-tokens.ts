import sql from 'sql-template-tag';
import { guildId, id, instant, json, number, optional, type RowOf } from '#src/sql/columns.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { replacing, table } from '#src/sql/table.ts';
import { findRows } from '#src/sql/table-rows.ts';
import { type ApiToken, type ApiTokenStore, apiScopes } from '#src/web/api/tokens/token-store.ts';

/** Tokens. The hash of one is compared, and signs its events. */
const apiTokens = table(
  'api_tokens',
  {
    name: id,
    guildId,
    scopes: json<readonly string[]>(),
    budgetUsd: optional(number),
    createdAtWallMs: instant,
    revokedAtWallMs: optional(instant),
    channelIds: optional(json<readonly string[]>()),
    eventsUrl: optional(id),
    hash: id,
  },
  {
    key: ['name'],
    unique: ['(hash)'],
    person: [],
    server: 'delete',
  },
);

/** Tokens of programs, a row each. */
export const apiTokenPart: StorePart<ApiTokenStore> = {
  tables: [apiTokens],
  open: (database) => ({
    async add(token, hash) {
      // After a commit without an answer the same token is added again: the row with its hash is not another token.
      const isFree = sql`api_tokens.revoked_at_wall_ms IS NOT NULL OR api_tokens.hash = excluded.hash`;
      const conflict = sql`${replacing(apiTokens)} WHERE ${isFree}`;
      const count = await database.write((connection) =>
        connection.insert(apiTokens, [{ ...token, hash }], conflict),
      );
      return count > 0 ? 'added' : 'taken';
    },

    async find(hash) {
      const [row] = await findRows(database, apiTokens, { hash });
      return row && tokenOf(row);
    },

    async list() {
      const rows = await findRows(database, apiTokens, {});
      return rows.map(({ hash: _, ...row }) => tokenOf(row));
    },

    async inUse() {
      const rows = await findRows(database, apiTokens, {});
      return rows.flatMap(({ hash, ...row }) =>
        row.revokedAtWallMs === undefined ? [{ ...tokenOf(row), hash }] : [],
      );
    },

    async revoke(name, atWallMs) {
      const isInUse = sql`(revoked_at_wall_ms IS NULL OR revoked_at_wall_ms = ${atWallMs})`; // done twice, too
      const statement = sql`UPDATE api_tokens SET revoked_at_wall_ms = ${atWallMs} WHERE name = ${name} AND ${isInUse}`;
      const count = await database.write((connection) => connection.run(statement));
      return count > 0;
    },
  }),
};

/** A token of its row. A scope that this version does not know is left out. */
function tokenOf(row: Omit<RowOf<typeof apiTokens.columns>, 'hash'>): ApiToken {
  return { ...row, scopes: apiScopes.filter((scope) => row.scopes.includes(scope)) };
}
