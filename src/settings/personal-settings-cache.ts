import { dropOldest } from '#src/base/loops/mailbox.ts';
import type {
  PersonSettings,
  PersonSettingsStore,
} from '#src/people/person-settings.ts';
import { type StoreWatch, withStoreTimeout } from '#src/ports/stores.ts';

type PersonalSettingsDeps = StoreWatch & {
  readonly store: PersonSettingsStore;
};

/** `null` removes a field. */
export type PersonChange = {
  readonly [Field in keyof PersonSettings]?: PersonSettings[Field] | null;
};

type PersonChangeResult = {
  readonly settings: PersonSettings;
  /** False if the change ends with the process. */
  readonly isSaved: boolean;
};

export const maxCachedPeople = 2_000;

const emptySettings = {};

/** Caches personal settings over the store, since answers wait for no store. */
export class PersonalSettingsCache {
  readonly #deps;
  /** Keyed by server and person, most recently used last. */
  readonly #getCached = new Map<string, PersonSettings>();
  readonly #loading = new Map<string, Promise<PersonSettings | undefined>>();

  constructor(deps: PersonalSettingsDeps) {
    this.#deps = deps;
  }

  /** Empty before the first read. */
  getCached(guildId: GuildId, personId: PersonId): PersonSettings {
    return this.#getCached.get(toCacheKey(guildId, personId)) ?? emptySettings;
  }

  /** Returns undefined if the store fails, which is reported to the operator. Never throws. */
  async loadSettings(
    guildId: GuildId,
    personId: PersonId,
  ): Promise<PersonSettings | undefined> {
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

  /** Counts at once, saved or not. Never throws. */
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
    if (!before) return { settings, isSaved: false }; // The stored fields are unknown, and would be replaced.
    const saved = await withStoreTimeout(
      guildId,
      this.#deps,
      'store.unwritable',
      async () => {
        await this.#deps.store.write(guildId, personId, settings);
        return true;
      },
    );
    return { settings, isSaved: saved === true };
  }

  /** Without a person, drops everybody in the server. The store is unchanged. */
  forgetSettings(guildId: GuildId, personId?: PersonId) {
    const wanted =
      personId === undefined ? `${guildId} ` : toCacheKey(guildId, personId);
    const isMeant = (key: string) =>
      personId === undefined ? key.startsWith(wanted) : key === wanted;
    for (const all of [this.#getCached, this.#loading])
      for (const key of [...all.keys()].filter(isMeant)) all.delete(key);
  }

  async #readSettings(guildId: GuildId, personId: PersonId) {
    const key = toCacheKey(guildId, personId);
    const settings = await withStoreTimeout(
      guildId,
      this.#deps,
      'store.unreadable',
      () => this.#deps.store.read(guildId, personId),
    );
    if (!this.#loading.delete(key)) return settings; // forgotten meanwhile
    if (settings) this.#cacheSettings(key, settings);
    return settings;
  }

  #cacheSettings(key: string, settings: PersonSettings) {
    this.#getCached.delete(key);
    this.#getCached.set(key, settings);
    dropOldest(this.#getCached, maxCachedPeople);
  }
}

function toCacheKey(guildId: GuildId, personId: PersonId) {
  return `${guildId} ${personId}`;
}

function applyChange(settings: PersonSettings, change: PersonChange) {
  const fields = Object.entries({ ...settings, ...change });
  return Object.fromEntries(
    fields.filter(([, value]) => value !== null && value !== undefined),
  );
}
