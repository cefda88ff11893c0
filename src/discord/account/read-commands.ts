import { z } from 'zod';
import {
  type CommandChanges,
  type CommandScope,
  readCommandChanges,
} from '#src/discord/interactions/registration.ts';
import type { CommandEntry } from '#src/discord/interactions/slashes.ts';
import type { AccountRest } from './account-rest.ts';

/** How the commands at Discord differ from ours. Errors and abort: as `AccountRest.read`. */
export async function compareCommands(
  rest: AccountRest,
  scope: CommandScope,
  commands: readonly CommandEntry[],
  signal: AbortSignal,
): Promise<CommandChanges> {
  const asking = {
    get: (route: `/${string}`, { query }: { readonly query: URLSearchParams }) =>
      rest.read(route, z.array(z.unknown()), signal, query),
  };
  return await readCommandChanges(asking, scope, commands);
}
