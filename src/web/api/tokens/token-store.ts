import type { ChannelId, GuildId } from '#src/base/ids.ts';

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
