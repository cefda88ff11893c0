import { DiscordAPIError, Routes } from 'discord.js';
import { z } from 'zod';
import { realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { type AccountLogin, AccountRest } from '#src/discord/account/account-rest.ts';
import { type CommandChanges, registerCommands } from './registration.ts';
import type { CommandEntry } from './slashes.ts';

export type RegisterOptions = AccountLogin & {
  /** Registers in this server alone instead of everywhere. */
  readonly guildId?: string;
  /** All that are wanted there; others are removed. */
  readonly commands: readonly CommandEntry[];
};

const application = z.object({ id: z.string() });
/** All requests together, waits for rate limits included. */
const timeoutMs = 30_000;

/**
 * Registers the commands without going online, and tells what changed.
 *
 * Errors: BotError `discord.bad_token`, `discord.forbidden`, `discord.unreachable`.
 */
export async function registerOnly(options: RegisterOptions): Promise<CommandChanges> {
  const { commands, guildId, ...login } = options;
  using rest = new AccountRest(login, realClock);
  const signal = AbortSignal.timeout(timeoutMs);
  const { id: applicationId } = await rest.read(Routes.currentApplication(), application, signal);
  const asking = {
    get: (route: `/${string}`, { query }: { readonly query: URLSearchParams }) =>
      rest.read(route, z.unknown(), signal, query),
    put: (route: `/${string}`, { body }: { readonly body: object }) =>
      rest.write('put', route, body, z.unknown(), signal),
  };
  try {
    return await registerCommands(asking, { applicationId, guildId }, commands);
  } catch (error) {
    throw guildId !== undefined && isAway(error) ? notThere(guildId, error) : error;
  }
}

function isAway(error: unknown): boolean {
  const cause = error instanceof BotError ? error.cause : undefined;
  return cause instanceof DiscordAPIError && cause.status === 403;
}

function notThere(guildId: string, cause: unknown): BotError {
  const message = `The bot is not in server ${guildId}: invite it first, or check the id.`;
  return new BotError('discord.forbidden', false, message, cause);
}
