import { BotError } from '#src/base/errors.ts';
import type { ConsentBook, Standing } from '#src/people/consent-book.ts';
import type { GuildBook } from '#src/session/guild-book.ts';
import type { PanelBook, PanelPlace } from '#src/session/panel.ts';
import type { SettingsBook } from '#src/session/settings-book.ts';
import type { KeptTrack, TrackBook } from '#src/session/track-book.ts';

/** What a store can suffer from: it takes no more, or it gives nothing either. */
export type Trouble = 'unreadable' | 'unwritable';

/** A consent book in memory. Set `trouble` to make it fail from then on. */
export class MemoryConsents implements ConsentBook {
  trouble: Trouble | undefined;
  readonly #standings = new Map<string, Map<string, Standing>>();

  async read(guildId: string): Promise<ReadonlyMap<string, Standing>> {
    checkReadable(this.trouble);
    return new Map(this.#standings.get(guildId));
  }

  async write(guildId: string, personId: string, standing: Standing): Promise<void> {
    checkWritable(this.trouble);
    const server = this.#standings.get(guildId) ?? new Map<string, Standing>();
    this.#standings.set(guildId, server.set(personId, standing));
  }

  async count(guildId: string, personId: string) {
    checkReadable(this.trouble);
    return { captionLines: 0, settings: this.#standings.get(guildId)?.has(personId) ? 1 : 0 };
  }

  async erase(guildId: string, personId: string): Promise<number> {
    checkWritable(this.trouble);
    return this.#standings.get(guildId)?.delete(personId) ? 1 : 0;
  }

  drop(guildId: string): number {
    const { size } = this.#standings.get(guildId) ?? new Map();
    this.#standings.delete(guildId);
    return size;
  }

  async hasCopies(): Promise<boolean> {
    checkReadable(this.trouble);
    return false;
  }
}

/** A panel book in memory. Set `trouble` to make it fail from then on. */
export class MemoryPanels implements PanelBook {
  trouble: Trouble | undefined;
  readonly #places = new Map<string, PanelPlace>();

  async read(guildId: string): Promise<PanelPlace | undefined> {
    checkReadable(this.trouble);
    return this.#places.get(guildId);
  }

  async write(guildId: string, place: PanelPlace): Promise<void> {
    checkWritable(this.trouble);
    this.#places.set(guildId, place);
  }

  drop(guildId: string): number {
    return this.#places.delete(guildId) ? 1 : 0;
  }
}

/** A book of settings in memory. Set `trouble` to make it fail from then on. */
export class MemorySettings implements SettingsBook {
  trouble: Trouble | undefined;
  readonly #servers = new Map<string, Map<string, string>>();

  async read(guildId: string): Promise<ReadonlyMap<string, string>> {
    checkReadable(this.trouble);
    return new Map(this.#servers.get(guildId));
  }

  async write(guildId: string, key: string, value: string | undefined): Promise<void> {
    checkWritable(this.trouble);
    const server = this.#servers.get(guildId) ?? new Map<string, string>();
    this.#servers.set(guildId, server);
    if (value === undefined) server.delete(key);
    else server.set(key, value);
  }

  drop(guildId: string): number {
    const { size } = this.#servers.get(guildId) ?? new Map();
    this.#servers.delete(guildId);
    return size;
  }
}

/** A book of tracks in memory. Set `trouble` to make it fail from then on. */
export class MemoryTracks implements TrackBook {
  trouble: Trouble | undefined;
  readonly #channels = new Map<string, readonly KeptTrack[]>();

  async read(guildId: string, channelId: string): Promise<readonly KeptTrack[]> {
    checkReadable(this.trouble);
    return this.#channels.get(`${guildId} ${channelId}`) ?? [];
  }

  async write(guildId: string, channelId: string, tracks: readonly KeptTrack[]): Promise<void> {
    checkWritable(this.trouble);
    this.#channels.set(`${guildId} ${channelId}`, structuredClone(tracks));
  }

  drop(guildId: string): number {
    const keys = [...this.#channels.keys()].filter((key) => key.startsWith(`${guildId} `));
    return keys.filter((key) => this.#channels.delete(key)).length;
  }
}

/** What is kept of servers in these books. Set `trouble` to make it fail from then on. */
export class MemoryGuilds implements GuildBook {
  trouble: Trouble | undefined;
  readonly #books: readonly { drop(guildId: string): number }[];
  readonly #noted = new Map<string, Set<string>>();

  constructor(...books: readonly { drop(guildId: string): number }[]) {
    this.#books = books;
  }

  async erase(guildId: string): Promise<number> {
    checkWritable(this.trouble);
    for (const guildIds of this.#noted.values()) guildIds.delete(guildId);
    return this.#books.reduce((sum, book) => sum + book.drop(guildId), 0);
  }

  async noted(botId: string): Promise<readonly string[]> {
    checkReadable(this.trouble);
    return [...(this.#noted.get(botId) ?? [])];
  }

  async note(botId: string, guildIds: readonly string[]): Promise<void> {
    checkWritable(this.trouble);
    this.#noted.set(botId, new Set([...(this.#noted.get(botId) ?? []), ...guildIds]));
  }
}

function checkReadable(trouble: Trouble | undefined): void {
  if (trouble !== 'unreadable') return;
  throw new BotError('store.unreadable', false, 'The store is damaged: restore a backup.');
}

function checkWritable(trouble: Trouble | undefined): void {
  if (!trouble) return;
  throw new BotError('store.unwritable', true, 'There is no room left: free space on the disk.');
}
