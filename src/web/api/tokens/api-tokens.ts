import sql from 'sql-template-tag';
import type { ChannelId } from '#src/base/ids.ts';
import {
  guildId,
  id,
  instant,
  json,
  number,
  type RowOf,
  toOptional,
} from '#src/sql/columns.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { defineTable, findRows, toReplaceClause } from '#src/sql/table.ts';
import { type ApiTokenStore, apiScopes } from '#src/web/api/tokens/token-store.ts';

/** The hash identifies a token, and signs its events. */
const apiTokens = defineTable(
  'api_tokens',
  {
    name: id,
    guildId,
    scopes: json<readonly string[]>(),
    budgetUsd: toOptional(number),
    createdAtWallMs: instant,
    revokedAtWallMs: toOptional(instant),
    channelIds: toOptional(json<readonly ChannelId[]>()),
    eventsUrl: toOptional(id),
    hash: id,
  },
  {
    key: ['name'],
    unique: ['(hash)'],
    person: [],
    server: 'delete',
    // A token is made anew.
    restored: 'none',
  },
);

/** The store of API tokens. */
export const apiTokenPart: StorePart<ApiTokenStore> = {
  tables: [apiTokens],
  open: (database) => ({
    async add(token, hash) {
      // A retry after a lost answer adds the same hash again.
      const isFree = sql`api_tokens.revoked_at_wall_ms IS NOT NULL OR api_tokens.hash = excluded.hash`;
      const conflict = sql`${toReplaceClause(apiTokens)} WHERE ${isFree}`;
      const count = await database.write((connection) =>
        connection.insert(apiTokens, [{ ...token, hash }], conflict),
      );
      return count > 0 ? 'added' : 'taken';
    },

    async find(hash) {
      const [row] = await findRows(database, apiTokens, { hash });
      return row && toApiToken(row);
    },

    async list() {
      const rows = await findRows(database, apiTokens, {});
      return rows.map(({ hash: _, ...row }) => toApiToken(row));
    },

    async listInUse() {
      const rows = await findRows(database, apiTokens, {});
      return rows.flatMap(({ hash, ...row }) =>
        row.revokedAtWallMs === undefined ? [{ ...toApiToken(row), hash }] : [],
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

/** Builds a token, without scopes of another version. */
function toApiToken(row: Omit<RowOf<typeof apiTokens.columns>, 'hash'>) {
  return { ...row, scopes: apiScopes.filter((scope) => row.scopes.includes(scope)) };
}
