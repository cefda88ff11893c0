/** `audio` covers speech and recognition below `/v1/audio`. */
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

/** The hash signs posted events. */
export type TokenInUse = ApiToken & { readonly hash: string };

/** Implemented by storage. */
export interface ApiTokenStore {
  /** `taken` if a token of that name is in use. Throws BotError `store.unwritable`. */
  add(token: ApiToken, hash: string): Promise<'added' | 'taken'>;
  /** Finds revoked tokens, too. Throws BotError `store.unreadable`. */
  find(hash: string): Promise<ApiToken | undefined>;
  /** Lists revoked tokens, too. Throws BotError `store.unreadable`. */
  list(): Promise<readonly ApiToken[]>;
  /** Throws BotError `store.unreadable`. */
  inUse(): Promise<readonly TokenInUse[]>;
  /** False if no token of that name is in use. Throws BotError `store.unwritable`. */
  revoke(name: string, atWallMs: number): Promise<boolean>;
}
