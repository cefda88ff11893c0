import '#src/discord/library/undici.ts';
import { DiscordAPIError, REST, Routes } from 'discord.js';
import { BotError } from '#src/base/errors.ts';
import { refused, restBase } from '#src/discord/login.ts';
import { type CommandChanges, registerCommands } from './registration.ts';
import type { CommandEntry } from './slashes.ts';

export type RegisterOptions = {
  readonly token: string;
  /** REST base without `/v10`; Discord's own when left out. */
  readonly apiUrl?: string;
  /** Registers in this server alone instead of everywhere. */
  readonly guildId?: string;
  /** All that are wanted there; others are removed. */
  readonly commands: readonly CommandEntry[];
};

/** All requests together, waits for rate limits included. */
const timeoutMs = 30_000;

/**
 * Registers the commands without going online, and tells what changed.
 *
 * Errors: BotError `discord.bad_token`, `discord.forbidden`, `discord.unreachable`.
 */
export async function registerOnly(options: RegisterOptions): Promise<CommandChanges> {
  const { token, apiUrl, guildId, commands } = options;
  const rest = new REST({ timeout: 10_000, retries: 1, ...(apiUrl && { api: restBase(apiUrl) }) });
  rest.setToken(token);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const applicationId = await ownId(rest, signal);
    const scope = { applicationId, guildId };
    const bounded = {
      get: (route: `/${string}`, request: object) => rest.get(route, { ...request, signal }),
      put: (route: `/${string}`, request: object) => rest.put(route, { ...request, signal }),
    };
    return await registerCommands(bounded, scope, commands);
  } catch (cause) {
    if (guildId !== undefined && isAway(cause)) throw notThere(guildId, cause);
    throw refused(cause, { token, timeoutMs, apiUrl });
  } finally {
    rest.clearHashSweeper();
    rest.clearHandlerSweeper();
  }
}

async function ownId(rest: REST, signal: AbortSignal): Promise<string> {
  const application = await rest.get(Routes.currentApplication(), { signal });
  if (typeof application === 'object' && application !== null && 'id' in application) {
    return `${application.id}`;
  }
  throw new BotError('discord.unreachable', false, 'The server that answered is not Discord.');
}

function isAway(cause: unknown): boolean {
  return cause instanceof DiscordAPIError && cause.status === 403;
}

function notThere(guildId: string, cause: unknown): BotError {
  const message = `The bot is not in server ${guildId}: invite it first, or check the id.`;
  return new BotError('discord.forbidden', false, message, cause);
}
