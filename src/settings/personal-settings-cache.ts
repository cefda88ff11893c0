import type { GuildId, PersonId } from '#src/base/ids.ts';
import { dropOldest } from '#src/base/loops/mailbox.ts';
import type {
  PersonSettings,
  PersonSettingsStore,
} from '#src/people/person-settings.ts';
import { type StoreWatch, tryWrite, withStoreTimeout } from '#src/ports/stores.ts';

type CacheKey = `${GuildId} ${PersonId}`;

type PersonalSettingsDeps = StoreWatch & {
  readonly store: PersonSettingsStore;
};

/** `null` removes a field. */
export type PersonChange = {
  readonly [Field in keyof PersonSettings]?: PersonSettings[Field] | null;
};

export type PersonChangeResult = {
  readonly settings: PersonSettings;
  /** False if the change ends with the process. */
  readonly isSaved: boolean;
};

export const maxCachedPeople = 2_000;

const emptySettings = {};

/** Caches personal settings over the store, since answers wait for no store. */
export class PersonalSettingsCache {
  readonly #deps: PersonalSettingsDeps;
  /** Keyed by server and person, most recently used last. */
  readonly #cached = new Map<CacheKey, PersonSettings>();
  readonly #loading = new Map<CacheKey, Promise<PersonSettings | undefined>>();

  constructor(deps: PersonalSettingsDeps) {
    this.#deps = deps;
  }

  /** Returns cached settings, empty before the first read. */
  getCached(guildId: GuildId, personId: PersonId): PersonSettings {
    return this.#cached.get(toCacheKey(guildId, personId)) ?? emptySettings;
  }

  /** Loads settings unless cached. Reports a failure and returns undefined. Never throws. */
  async loadSettings(
    guildId: GuildId,
    personId: PersonId,
  ): Promise<PersonSettings | undefined> {
    const key = toCacheKey(guildId, personId);
    const cached = this.#cached.get(key);
    if (cached) {
      this.#cacheSettings(key, cached);
      return cached;
    }
    const reading = this.#loading.get(key) ?? this.#readSettings(guildId, personId);
    this.#loading.set(key, reading);
    return await reading;
  }

  /** Changes settings, which count at once, saved or not. Never throws. */
  async changeSettings(
    guildId: GuildId,
    personId: PersonId,
    change: PersonChange,
  ): Promise<PersonChangeResult> {
    const { store } = this.#deps;
    const key = toCacheKey(guildId, personId);
    const loaded = await this.loadSettings(guildId, personId);
    const settings = applyChange(
      this.#cached.get(key) ?? loaded ?? emptySettings,
      change,
    );
    this.#cacheSettings(key, settings);
    if (!loaded) return { settings, isSaved: false }; // The stored fields are unknown, and would be replaced.
    const isSaved = await tryWrite(guildId, this.#deps, () =>
      store.write(guildId, personId, settings),
    );
    return { settings, isSaved };
  }

  /** Drops cached settings of a person, or without one all of the server. */
  forgetSettings(guildId: GuildId, personId?: PersonId): void {
    const isForgotten =
      personId === undefined
        ? (key: CacheKey) => key.startsWith(`${guildId} `)
        : (key: CacheKey) => key === toCacheKey(guildId, personId);
    for (const entries of [this.#cached, this.#loading])
      for (const key of [...entries.keys()].filter(isForgotten)) entries.delete(key);
  }

  async #readSettings(guildId: GuildId, personId: PersonId) {
    const { store } = this.#deps;
    const key = toCacheKey(guildId, personId);
    const settings = await withStoreTimeout(
      guildId,
      this.#deps,
      'store.unreadable',
      () => store.read(guildId, personId),
    );
    if (!this.#loading.delete(key)) return settings; // forgotten meanwhile
    if (settings) this.#cacheSettings(key, settings);
    return settings;
  }

  #cacheSettings(key: CacheKey, settings: PersonSettings) {
    this.#cached.delete(key);
    this.#cached.set(key, settings);
    dropOldest(this.#cached, maxCachedPeople);
  }
}

function toCacheKey(guildId: GuildId, personId: PersonId): CacheKey {
  return `${guildId} ${personId}`;
}

function applyChange(settings: PersonSettings, change: PersonChange): PersonSettings {
  const fields = Object.entries({ ...settings, ...change });
  return Object.fromEntries(
    fields.filter(([, value]) => value !== null && value !== undefined),
  );
}
