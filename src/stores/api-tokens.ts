import { createHash, randomBytes } from 'node:crypto';
import sql from 'sql-template-tag';
import type { ChannelId, GuildId } from '#src/base/ids.ts';
import { Secret } from '#src/base/secret.ts';
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

/** Rights of a token. `audio` covers speech and recognition below `/v1/audio`. */
export const apiScopes = [
  'say',
  'ask',
  'track',
  'transcript',
  'events',
  'chat',
  'audio',
] as const;
export type ApiScope = (typeof apiScopes)[number];

/** A token of a program, for one server. */
export type ApiToken = {
  readonly name: string;
  readonly guildId: GuildId;
  readonly scopes: readonly ApiScope[];
  /** US dollars a day. Absent means as much as a person. */
  readonly budgetUsd?: number;
  /** Readable voice channels. Absent means none. */
  readonly channelIds?: readonly ChannelId[];
  readonly eventsUrl?: string;
  readonly createdAtWallMs: number;
  readonly revokedAtWallMs?: number;
};

/** A token that is not revoked. The hash signs posted events. */
export type TokenInUse = ApiToken & { readonly hash: string };

/** Keeps the tokens of programs. Reading throws BotError `store.unreadable`, and writing `store.unwritable`. */
export interface ApiTokenStore {
  /** Stores a new token. `taken`: a token in use has the name. */
  add(token: ApiToken, hash: string): Promise<'added' | 'taken'>;
  /** Finds a token by its hash, also a revoked one. */
  find(hash: string): Promise<ApiToken | undefined>;
  /** Lists all tokens, also revoked ones. */
  list(): Promise<readonly ApiToken[]>;
  /** Lists tokens that are not revoked, each with its hash. */
  listInUse(): Promise<readonly TokenInUse[]>;
  /** Revokes a token. False if none in use has the name. */
  revoke(name: string, atWallMs: number): Promise<boolean>;
}

/** Names that a token may have: short words for typing and for logs. */
export const tokenName: RegExp = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

const prefix = 'parley_';
/** 256 bits cannot be guessed, so one round of SHA-256 is enough. */
const secretBytes = 32;

/** Creates a token, which is shown once. Only its hash is kept. */
export function createSecret(): Secret {
  return new Secret(prefix + randomBytes(secretBytes).toString('base64url'));
}

/** Hashes a secret as the store keeps it. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
