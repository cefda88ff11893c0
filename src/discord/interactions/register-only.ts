import { Routes } from 'discord.js';
import { z } from 'zod';
import {
  type AccountLogin,
  type AccountRest,
  identifiedSchema,
  openAccountRest,
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
}) {
  using rest = openAccountRest(login);
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

export async function readRegisteredNames(
  rest: AccountRest,
  applicationId: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const list = await rest.read(
    Routes.applicationCommands(applicationId),
    z.array(z.object({ name: z.string() })),
    signal,
  );
  return list.map(({ name }) => name);
}
