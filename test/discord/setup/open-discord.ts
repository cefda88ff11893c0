import {
  type Discord,
  type DiscordOptions,
  openDiscord as open,
} from '#src/discord/client.ts';
import type { CommandPorts } from '#src/features/command.ts';
import { openMemoryStores } from '#test/fakes/memory-stores.ts';
import { openAccess } from '#test/fakes/open-access.ts';

export type TestOptions = Partial<DiscordOptions> &
  Pick<DiscordOptions, 'token' | 'apiUrl'>;

/** A bot of the only shard, over stores of its own, which may be in every server and says nothing to new ones. */
export async function openDiscord(
  options: TestOptions,
  signal: AbortSignal,
): Promise<Discord> {
  const { guilds: guildStore, panels: panelStore } = openMemoryStores();
  const shard = {
    id: 0,
    count: 1,
    recommendedCount: 1,
    waitToIdentify: async () => undefined,
  };
  return await open(
    {
      isAllowed: () => true,
      shard,
      commands: [],
      messageContent: false,
      buttons: [],
      forms: [],
      pickers: [],
      panelStore,
      guildStore,
      hello: () => ({ id: 'server.new', with: { bot: 'Nova' } }),
      arrived: async () => new Set(),
      channelChanged: () => undefined,
      ports: () => ({ ...openAccess, sessions: {} }) as CommandPorts,
      onEvent: () => undefined,
      ...options,
    },
    signal,
  );
}
