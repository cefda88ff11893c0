import { type Client, Events, type Guild, type Interaction, MessageFlags } from 'discord.js';
import { localeOf, text } from '#src/texts/texts.ts';
import type { DiscordEvent } from './events.ts';
import type { SyncTiming } from './link/timing.ts';
import { postToServer } from './server-message.ts';

export type DisallowedServersOptions = {
  readonly isAllowed: (guildId: string) => boolean;
  readonly timing: SyncTiming;
  readonly report: (event: DiscordEvent) => void;
};

/**
 * Leaves each server that the operator has not allowed, those where the bot already is and those that invite it, with one
 * sentence in a channel where it may write. Interactions from there get the same sentence.
 */
export class DisallowedServers implements Disposable {
  readonly #client: Client<true>;
  readonly #options: DisallowedServersOptions;
  readonly #announced = new Set<string>();
  readonly #leaving = new Set<string>();
  readonly #over = new AbortController();
  readonly #onGuild = (guild: Guild): void => void this.#leave(guild);

  constructor(client: Client<true>, options: DisallowedServersOptions) {
    this.#client = client;
    this.#options = options;
    client.on(Events.GuildCreate, this.#onGuild).on(Events.GuildAvailable, this.#onGuild);
    this.leaveAll();
  }

  /** Leaves those where the bot is and may not be any more. */
  leaveAll(): void {
    for (const guild of this.#client.guilds.cache.values())
      if (guild.available) this.#onGuild(guild);
  }

  /** True where the interaction comes from such a server: it is answered here. */
  refuses(interaction: Interaction): boolean {
    const { guildId } = interaction;
    if (guildId === null || this.#options.isAllowed(guildId)) return false;
    if (interaction.isRepliable()) {
      const content = text('server.barred', {}, localeOf(interaction.locale));
      interaction.reply({ content, flags: MessageFlags.Ephemeral }).catch(() => undefined);
    }
    return true;
  }

  async #leave(guild: Guild): Promise<void> {
    const { isAllowed, report } = this.#options;
    const { id: guildId } = guild;
    if (isAllowed(guildId) || this.#leaving.has(guildId) || this.#over.signal.aborted) return;
    this.#leaving.add(guildId);
    await this.#announce(guild);
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

  /** Once, as far as Discord lets it. */
  async #announce(guild: Guild): Promise<void> {
    if (this.#announced.has(guild.id)) return;
    this.#announced.add(guild.id);
    await postToServer(guild, { id: 'server.barred' }, this.#options.timing);
  }

  [Symbol.dispose](): void {
    this.#over.abort(new Error('closed'));
    this.#client.off(Events.GuildCreate, this.#onGuild);
    this.#client.off(Events.GuildAvailable, this.#onGuild);
  }
}
