import type { Client } from 'discord.js';
import { realClock, type SyncTiming } from '#src/base/clock.ts';
import type { GuildId } from '#src/base/ids.ts';
import { dropOldest } from '#src/base/loops/mailbox.ts';
import type { SoundboardSound } from '#src/ports/command-ports.ts';
import { toOneLine } from '#src/texts/plain-text.ts';

type ReadSoundboard = {
  readonly atMs: number;
  readonly sounds: Promise<readonly SoundboardSound[]>;
};

/** Suggestions ask at each key, and Discord tells of changes only for a further intent. */
const maxAgeMs = 60_000;
const maxServers = 1_000;

/** Soundboards of servers, which Discord is asked for once a minute at most. */
export class Soundboards {
  readonly #client;
  readonly #timing;
  readonly #read = new Map<GuildId, ReadSoundboard>();

  constructor(client: Client<true>, timing: Pick<SyncTiming, 'nowMs'> = realClock) {
    this.#client = client;
    this.#timing = timing;
  }

  /** Lists the sounds that Discord has ready. Empty where the bot may not read them. Never throws. */
  listSounds(guildId: GuildId): Promise<readonly SoundboardSound[]> {
    const atMs = this.#timing.nowMs();
    const last = this.#read.get(guildId);
    if (last && atMs - last.atMs < maxAgeMs) return last.sounds;
    const sounds = this.#fetchSounds(guildId).catch(() => []); // It may not, or Discord is away.
    this.#read.delete(guildId);
    this.#read.set(guildId, { atMs, sounds });
    dropOldest(this.#read, maxServers);
    return sounds;
  }

  /** Source: https://docs.discord.com/developers/resources/soundboard#list-guild-soundboard-sounds */
  async #fetchSounds(guildId: GuildId) {
    const guild = this.#client.guilds.cache.get(guildId);
    const sounds = await guild?.soundboardSounds.fetch();
    return [...(sounds?.values() ?? [])]
      .filter(({ available }) => available !== false)
      .map(({ name, url }) => ({ name: toOneLine(name), url }));
  }
}
