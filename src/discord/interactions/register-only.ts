import { Routes } from 'discord.js';
import { z } from 'zod';
import {
  type AccountLogin,
  AccountRest,
  identifiedSchema,
} from '#src/discord/account/account-rest.ts';
import type { CommandEntry } from './command-entries.ts';
import { toCommandBodies } from './command-registration.ts';

const timeoutMs = 30_000;

/**
 * Registers commands without going online. Throws BotError `discord.bad_token` or
 * `discord.unreachable`.
 */
export async function registerOnly({
  commands,
  ...login
}: AccountLogin & {
  /** Discord removes all others. */
  readonly commands: readonly CommandEntry[];
}): Promise<void> {
  using rest = new AccountRest(login);
  const signal = AbortSignal.timeout(timeoutMs);
  const { id } = await rest.read(Routes.currentApplication(), identifiedSchema, signal);
  await rest.send(
    'put',
    Routes.applicationCommands(id),
    toCommandBodies(commands),
    z.unknown(),
    signal,
  );
}

/** Reads the names of the commands that Discord knows of an application. Throws as `AccountRest.read` does. */
export async function readRegisteredNames(
  rest: AccountRest,
  applicationId: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const commands = await rest.read(
    Routes.applicationCommands(applicationId),
    z.array(z.object({ name: z.string() })),
    signal,
  );
  return commands.map(({ name }) => name);
}
