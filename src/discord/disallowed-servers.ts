import {
  type Client,
  Events,
  type Guild,
  type Interaction,
  MessageFlags,
} from 'discord.js';
import { type GuildId, toGuildId } from '#src/base/ids.ts';
import { writeSentence } from '#src/base/logged-text.ts';
import type { Outbox } from '#src/discord/outbox/outbox.ts';
import { formatText, toLocale } from '#src/texts/texts.ts';
import type { DiscordEvent } from './discord-event.ts';
import { postToServer } from './server-message.ts';

export type DisallowedServersDeps = {
  readonly isAllowed: (guildId: GuildId) => boolean;
  readonly outbox: Pick<Outbox, 'post'>;
  readonly report: (event: DiscordEvent) => void;
};

/** Leaves servers that are not allowed, each after one sentence: those of now, and later ones. */
export class DisallowedServers {
  readonly #client;
  readonly #deps;
  readonly #leaving = new Set<GuildId>();

  constructor(client: Client<true>, deps: DisallowedServersDeps) {
    this.#client = client;
    this.#deps = deps;
    const onGuild = (guild: Guild) => void this.#leaveGuild(guild);
    client.on(Events.GuildCreate, onGuild).on(Events.GuildAvailable, onGuild);
    this.leaveAll();
  }

  /** Leaves all servers that are not allowed now. Call this when the setting has changed. */
  leaveAll(): void {
    for (const guild of this.#client.guilds.cache.values())
      if (guild.available) void this.#leaveGuild(guild);
  }

  async #leaveGuild(guild: Guild) {
    const { isAllowed, outbox, report } = this.#deps;
    const guildId = toGuildId(guild.id);
    if (isAllowed(guildId) || this.#leaving.has(guildId)) return;
    this.#leaving.add(guildId);
    await postToServer(outbox, guild, { id: 'server.barred' });
    try {
      await guild.leave();
      report({ kind: 'server-left', guildId });
    } catch (cause) {
      const message = writeSentence`The bot could not leave a server that is not allowed. It tries again at the next outage of that server, or at the next start.`;
      report({ kind: 'warning', message, guildId, cause });
    } finally {
      this.#leaving.delete(guildId);
    }
  }
}

/** Answers in a server that is not allowed, for the caller alone. Never throws. */
export function refuseInteraction(interaction: Interaction): void {
  if (!interaction.isRepliable()) return;
  const content = formatText('server.barred', {}, toLocale(interaction.locale));
  interaction.reply({ content, flags: MessageFlags.Ephemeral }).catch(() => undefined);
}
