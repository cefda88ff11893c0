/** Scopes of a token; `audio`: speech and recognition, as below OpenAI's `/v1/audio`. */
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

/** A named token of one server, as it is kept: of its secret only a hash. */
export type ApiToken = {
  readonly name: string;
  readonly guildId: GuildId;
  readonly scopes: readonly ApiScope[];
  /** Most that it may spend a day, in US dollars; absent: as much as a person may. */
  readonly budgetUsd?: number;
  /** Voice channels whose words it may read; absent: none. */
  readonly channelIds?: readonly ChannelId[];
  /** Address that its events are posted to. */
  readonly eventsUrl?: string;
  readonly createdAtWallMs: number;
  readonly revokedAtWallMs?: number;
};

/** A token with its hash, which signs the events that are posted. */
export type TokenInUse = ApiToken & { readonly hash: string };

/** Tokens of programs; storage implements it. */
export interface ApiTokenStore {
  /** `taken`: a token of that name is in use. One that was revoked gives up its name. Errors: BotError `store.unwritable`. */
  add(token: ApiToken, hash: string): Promise<'added' | 'taken'>;
  /** Token whose secret has this hash, revoked or not. Errors: BotError `store.unreadable`. */
  find(hash: string): Promise<ApiToken | undefined>;
  /** All of them by name, those that were revoked as well. Errors: BotError `store.unreadable`. */
  list(): Promise<readonly ApiToken[]>;
  /** Those that were not revoked. Errors: BotError `store.unreadable`. */
  inUse(): Promise<readonly TokenInUse[]>;
  /** False: no token of that name is in use. Errors: BotError `store.unwritable`. */
  revoke(name: string, atWallMs: number): Promise<boolean>;
}
