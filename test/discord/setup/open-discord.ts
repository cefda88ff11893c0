import type { SandboxOptions } from '#sandbox/sandbox.ts';
import {
  type DiscordOptions,
  type DiscordPorts,
  openDiscord as open,
} from '#src/discord/client.ts';
import type { CommandPorts } from '#src/features/command.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';
import { openMemoryStores } from '#test/fakes/memory-stores.ts';
import { openSilentSandbox } from '#test/sandbox/voice/silent-voice.ts';

export type TestOptions = Partial<DiscordOptions> &
  Pick<DiscordOptions, 'token' | 'apiUrl'>;

/** A bot of the only shard, over stores of its own, which may be in every server and says nothing to new ones. */
export async function openDiscord(options: TestOptions, signal: AbortSignal) {
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
      createGreeting: () => ({ id: 'server.new', with: { bot: 'Nova' } }),
      onGuildsArrived: async () => new Set(),
      onChannelChanged: () => undefined,
      createPorts: () => ({ ...openAccess, sessions: {} }) as CommandPorts,
      onEvent: () => undefined,
      ...options,
    },
    signal,
  );
}

/** The bot in a sandbox without sound, with the ports of its Discord. */
export async function openSandboxBot(
  commands: DiscordOptions['commands'] = [],
  overrides: Partial<SandboxOptions> = {},
  buttons: DiscordOptions['buttons'] = [],
) {
  const sandbox = await openSilentSandbox(overrides);
  const { apiUrl, token, guildId } = sandbox;
  const { promise, resolve } = Promise.withResolvers<DiscordPorts>();
  const createPorts = (discordPorts: DiscordPorts) => {
    resolve(discordPorts);
    return openAccess as CommandPorts;
  };
  const options = { apiUrl, token, buttons, commands, createPorts };
  const bot = await openDiscord(options, new AbortController().signal);
  return {
    ...(await promise),
    sandbox,
    lounge: { guildId, channelId: sandbox.channelId('Lounge'), name: 'Lounge' },
    async [Symbol.asyncDispose]() {
      await bot[Symbol.asyncDispose]();
      await sandbox[Symbol.asyncDispose]();
    },
  };
}

/** A server in which everybody may use the bot. */
export const openAccess: { readonly guilds: Pick<StoredSettings, 'findDenial'> } = {
  guilds: { findDenial: async () => undefined },
};
