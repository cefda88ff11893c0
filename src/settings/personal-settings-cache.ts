import type { PersonSettings, PersonSettingsStore } from '#src/people/person-settings.ts';
import { type StoreWatch, withStoreTimeout } from '#src/ports/store-timeout.ts';

type PersonalSettingsDeps = StoreWatch & {
  readonly store: PersonSettingsStore;
};

/** Fields to set; `null` removes one. */
export type PersonChange = {
  readonly [Field in keyof PersonSettings]?: PersonSettings[Field] | null;
};

type PersonChangeResult = {
  readonly settings: PersonSettings;
  /** False: until the process ends. */
  readonly isSaved: boolean;
};

/** People whose settings are kept in memory; those unused for longest are read again when they are needed. */
export const maxCachedPeople = 2_000;

const emptySettings: PersonSettings = {};

/** Settings that people have chosen for themselves: in the store, and cached for answers, which wait for no store. */
export class PersonalSettingsCache {
  readonly #deps;
  /** By server and person, those used last at the end. */
  readonly #getCached = new Map<string, PersonSettings>();
  readonly #loading = new Map<string, Promise<PersonSettings | undefined>>();

  constructor(deps: PersonalSettingsDeps) {
    this.#deps = deps;
  }

  /** Settings as last read or changed; empty before that. */
  getCached(guildId: GuildId, personId: PersonId): PersonSettings {
    return this.#getCached.get(toCacheKey(guildId, personId)) ?? emptySettings;
  }

  /** Reads the settings unless they are known; undefined where that fails, which is reported to the operator. Never throws. */
  async loadSettings(guildId: GuildId, personId: PersonId): Promise<PersonSettings | undefined> {
    const key = toCacheKey(guildId, personId);
    const known = this.#getCached.get(key);
    if (known) {
      this.#cacheSettings(key, known);
      return known;
    }
    const loading = this.#loading.get(key) ?? this.#readSettings(guildId, personId);
    this.#loading.set(key, loading);
    return await loading;
  }

  /** Applies from now on, saved or not. Never throws. */
  async changeSettings(
    guildId: GuildId,
    personId: PersonId,
    change: PersonChange,
  ): Promise<PersonChangeResult> {
    const before = await this.loadSettings(guildId, personId);
    const settings = applyChange(
      this.#getCached.get(toCacheKey(guildId, personId)) ?? before ?? emptySettings,
      change,
    );
    this.#cacheSettings(toCacheKey(guildId, personId), settings);
    if (!before) return { settings, isSaved: false }; // what is stored is unknown, and would be replaced
    const saved = await withStoreTimeout(guildId, this.#deps, 'store.unwritable', async () => {
      await this.#deps.store.write(guildId, personId, settings);
      return true;
    });
    return { settings, isSaved: saved === true };
  }

  /** Drops the settings of this person, or of everybody in the server, from the cache; the store is unchanged. */
  forgetSettings(guildId: GuildId, personId?: PersonId): void {
    const wanted = personId === undefined ? `${guildId} ` : toCacheKey(guildId, personId);
    const isMeant = (key: string) =>
      personId === undefined ? key.startsWith(wanted) : key === wanted;
    for (const all of [this.#getCached, this.#loading])
      for (const key of [...all.keys()].filter(isMeant)) all.delete(key);
  }

  async #readSettings(guildId: GuildId, personId: PersonId): Promise<PersonSettings | undefined> {
    const key = toCacheKey(guildId, personId);
    const read = () => this.#deps.store.read(guildId, personId);
    const settings = await withStoreTimeout(guildId, this.#deps, 'store.unreadable', read);
    if (!this.#loading.delete(key)) return settings; // forgotten meanwhile
    if (settings) this.#cacheSettings(key, settings);
    return settings;
  }

  #cacheSettings(key: string, settings: PersonSettings) {
    this.#getCached.delete(key);
    this.#getCached.set(key, settings);
    const [oldest] = this.#getCached.keys();
    if (this.#getCached.size > maxCachedPeople && oldest !== undefined)
      this.#getCached.delete(oldest);
  }
}

function toCacheKey(guildId: GuildId, personId: PersonId): string {
  return `${guildId} ${personId}`;
}

function applyChange(settings: PersonSettings, change: PersonChange): PersonSettings {
  const fields = Object.entries({ ...settings, ...change });
  return Object.fromEntries(fields.filter(([, value]) => value !== null && value !== undefined));
}
