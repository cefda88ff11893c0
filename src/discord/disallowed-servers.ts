import {
  type Client,
  Events,
  type Guild,
  type Interaction,
  MessageFlags,
} from 'discord.js';
import type { GuildId } from '#src/base/ids.ts';
import type { Outbox } from '#src/discord/outbox/outbox.ts';
import { formatText, toLocale } from '#src/texts/texts.ts';
import type { DiscordEvent } from './discord-event.ts';
import { postToServer } from './server-message.ts';

export type DisallowedServersOptions = {
  readonly isAllowed: (guildId: GuildId) => boolean;
  readonly outbox: Pick<Outbox, 'post'>;
  readonly report: (event: DiscordEvent) => void;
};

/** Leaves servers that are not allowed, after one sentence. */
export function watchDisallowedServers(
  client: Client<true>,
  options: DisallowedServersOptions,
) {
  const leaving = new Set<string>();
  const onGuild = (guild: Guild) => void leaveGuild(guild);
  client.on(Events.GuildCreate, onGuild).on(Events.GuildAvailable, onGuild);
  leaveAll();

  function leaveAll() {
    for (const guild of client.guilds.cache.values())
      if (guild.available) void leaveGuild(guild);
  }

  async function leaveGuild(guild: Guild) {
    const { isAllowed, report } = options;
    const { id: guildId } = guild;
    if (isAllowed(guildId) || leaving.has(guildId)) return;
    leaving.add(guildId);
    await postToServer(options.outbox, guild, { id: 'server.barred' });
    try {
      await guild.leave();
      report({ kind: 'server-left', guildId });
    } catch (cause) {
      const message =
        'The bot could not leave a server that is not allowed. It tries again at the next outage of that server, or at the next start.';
      report({ kind: 'warning', message, guildId, cause });
    } finally {
      leaving.delete(guildId);
    }
  }

  return { leaveAll };
}

export function refuseInteraction(interaction: Interaction) {
  if (!interaction.isRepliable()) return;
  const content = formatText('server.barred', {}, toLocale(interaction.locale));
  interaction.reply({ content, flags: MessageFlags.Ephemeral }).catch(() => undefined);
}
