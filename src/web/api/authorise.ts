import type { SoundEncoders } from '#src/audio/encode/sound-encoders.ts';
import { type GuildId, type PersonId, toProgramId } from '#src/base/ids.ts';
import type { ProgramPorts } from '#src/features/command.ts';
import type { UseLimit } from '#src/features/contract/interaction-limits.ts';
import type { ApiScope, ApiToken, ApiTokenStore } from '#src/stores/api-tokens.ts';
import { hashSecret } from '#src/stores/api-tokens.ts';
import { ApiRefusal, createRefusal } from './api-refusal.ts';
import type { ServerEvents } from './event-streams.ts';
import type { RequestRules } from './openai/admit-request.ts';
import type { ReserveBody } from './request-body.ts';
import type { ApiCall } from './route.ts';

/** The process and ports that serve a server. */
export type ServerService =
  | { readonly kind: 'here'; readonly ports: ProgramPorts }
  /** Another process of this bot serves this shard. */
  | { readonly kind: 'elsewhere'; readonly shard: number };

/** Finds who serves a server. Methods throw BotError `store.*`. */
export interface ServedServers {
  /** Finds the process and the ports that serve a server, known or not. */
  find(guildId: GuildId): Promise<ServerService>;
}

/** Objects that requests need once the bot has started. */
export type AccessDeps = {
  readonly tokens: Pick<ApiTokenStore, 'find'>;
  readonly budgets: TokenBudgets;
  readonly servers: ServedServers;
  readonly encoders: Pick<SoundEncoders, 'open'>;
  readonly events: Pick<ServerEvents, 'listen'>;
  readonly requestRules: RequestRules;
};

/** Gives access to the bot, once it has started. */
export type AccessSource = {
  /** Returns undefined until the bot has started. */
  readonly access: () => AccessDeps | undefined;
};

/** Access with the limits that each request passes. */
export type ApiDoor = AccessSource & {
  readonly takeUse: UseLimit;
  readonly reserveBody: ReserveBody;
  readonly reserveStream: ReserveBody;
};

/** Most requests of one token in a minute. */
export const requestsPerToken = 300;

/** Counts a request of a token. Throws `ApiRefusal` 429 after too many. */
async function countRequest({ guildId, name }: ApiToken, takeUse: UseLimit) {
  const waitMs = await takeUse(guildId, toProgramId(name));
  if (waitMs === 0) return;
  const retryAfterS = Math.ceil(waitMs / 1_000);
  throw new ApiRefusal({
    status: 429,
    code: 'token.rate',
    message: `The token ${name} asks more than ${requestsPerToken} times a minute: try again in ${retryAfterS} s.`,
    retryAfterS,
  });
}

const longestSecretChars = 200;

/** Authorises a request by the token in its header. Throws `ApiRefusal` or BotError `store.*`. */
export async function authoriseRequest(
  header: string | undefined,
  scope: ApiScope,
  guildId: GuildId | undefined,
  { access, takeUse }: ApiDoor,
): Promise<Pick<ApiCall<0, 0, 0>, 'ports' | 'token'>> {
  const deps = access();
  if (!deps)
    throw createRefusal(
      503,
      'bot.starting',
      'The bot is starting: try again in a moment.',
    );
  const { budgets, servers, encoders, events, requestRules } = deps;
  const token = await findToken(header, deps);
  await countRequest(token, takeUse);
  if (!token.scopes.includes(scope))
    throw createRefusal(
      403,
      'token.scope',
      `The token ${token.name} has no scope ${scope}.`,
    );
  if (guildId !== undefined && guildId !== token.guildId)
    throw createRefusal(
      403,
      'token.server',
      `The token ${token.name} is for another server.`,
    );
  budgets.noteBudget(token);
  const ports = await findPorts(token.guildId, servers);
  return { token, ports: { ...ports, encoders, events, requestRules } };
}

async function findToken(
  header: string | undefined,
  { servers, tokens }: Pick<AccessDeps, 'servers' | 'tokens'>,
) {
  const [, secret] = /^Bearer +(\S+) *$/i.exec(header ?? '') ?? [];
  if (secret === undefined)
    throw createRefusal(
      401,
      'token.missing',
      'Send a token: Authorization: Bearer parley_...',
    );
  const isShort = secret.length <= longestSecretChars;
  const token = isShort ? await tokens.find(hashSecret(secret)) : undefined;
  if (!token)
    throw createRefusal(
      401,
      'token.unknown',
      'This token is not known: npm run token -- list',
    );
  if (token.revokedAtWallMs === undefined) return token;
  const served = await servers.find(token.guildId);
  if (served.kind === 'here')
    served.ports.features.programAnswers.keptWords.forget(toTokenKey(token));
  const day = new Date(token.revokedAtWallMs).toISOString().slice(0, 10);
  throw createRefusal(
    401,
    'token.revoked',
    `The token ${token.name} was revoked on ${day}.`,
  );
}

async function findPorts(guildId: GuildId, servers: ServedServers) {
  const served = await servers.find(guildId);
  if (served.kind === 'elsewhere') {
    throw createRefusal(
      409,
      'server.elsewhere',
      `The process with shard ${served.shard} serves this server: ask that one.`,
    );
  }
  if (served.ports.places.hasGuild(guildId)) return served.ports;
  throw createRefusal(
    404,
    'server.unknown',
    'The bot is not in this server, or knows nothing of it yet.',
  );
}

/** Builds the prefix of keys for kept words. */
export function toTokenKey({ createdAtWallMs, guildId, name }: ApiToken): string {
  // A revoked token gives up its name, so the key holds its creation time.
  return `${guildId} ${name} ${createdAtWallMs} `;
}

/** Daily budgets, by payer, of the tokens that programs have used since the start of the process. */
export class TokenBudgets {
  readonly #caps = new Map<PersonId, number>();

  /** Notes the budget of a token, at each request of it. */
  noteBudget(token: ApiToken): void {
    const { budgetUsd } = token;
    const payerId = toProgramId(token.name);
    if (budgetUsd === undefined) this.#caps.delete(payerId);
    else this.#caps.set(payerId, Math.round(budgetUsd * 1e9));
  }

  /** In billionths of a dollar. Undefined: the cap of a person. */
  findCap(payerId: PersonId): number | undefined {
    return this.#caps.get(payerId);
  }
}
