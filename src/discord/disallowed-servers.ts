import {
  type Client,
  Events,
  type Guild,
  type Interaction,
  MessageFlags,
} from 'discord.js';
import type { Outbox } from '#src/discord/outbox/outbox.ts';
import { formatText, toLocale } from '#src/texts/texts.ts';
import type { DiscordEvent } from './discord-event.ts';
import { postToServer } from './server-message.ts';

export type DisallowedServersOptions = {
  readonly isAllowed: (guildId: GuildId) => boolean;
  readonly outbox: Pick<Outbox, 'post'>;
  readonly report: (event: DiscordEvent) => void;
};

/**
 * Leaves servers that are not allowed, after one sentence, which also answers
 * interactions there.
 */
export class DisallowedServers {
  readonly #client;
  readonly #options;
  readonly #leaving = new Set<string>();

  constructor(client: Client<true>, options: DisallowedServersOptions) {
    this.#client = client;
    this.#options = options;
    const leaveGuild = (guild: Guild) => void this.#leaveGuild(guild);
    client.on(Events.GuildCreate, leaveGuild).on(Events.GuildAvailable, leaveGuild);
    this.leaveAll();
  }

  leaveAll() {
    for (const guild of this.#client.guilds.cache.values())
      if (guild.available) void this.#leaveGuild(guild);
  }

  /**
   * Refuses an interaction of a server that is not allowed. Returns whether it was
   * refused.
   */
  refuseInteraction(interaction: Interaction): boolean {
    const { guildId } = interaction;
    if (guildId === null || this.#options.isAllowed(guildId)) return false;
    if (interaction.isRepliable()) {
      const content = formatText('server.barred', {}, toLocale(interaction.locale));
      interaction
        .reply({ content, flags: MessageFlags.Ephemeral })
        .catch(() => undefined);
    }
    return true;
  }

  async #leaveGuild(guild: Guild) {
    const { isAllowed, report } = this.#options;
    const { id: guildId } = guild;
    if (isAllowed(guildId) || this.#leaving.has(guildId)) return;
    this.#leaving.add(guildId);
    await postToServer(this.#options.outbox, guild, { id: 'server.barred' });
    try {
      await guild.leave();
      report({ kind: 'server-left', guildId });
    } catch (cause) {
      const message =
        'The bot could not leave a server that is not allowed. It tries again at the next outage of that server, or at the next start.';
      report({ kind: 'warning', message, guildId, cause });
    } finally {
      this.#leaving.delete(guildId);
    }
  }
}
