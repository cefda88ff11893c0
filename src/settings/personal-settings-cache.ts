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
  readonly #cached = new Map<string, PersonSettings>();
  readonly #loading = new Map<string, Promise<PersonSettings | undefined>>();

  constructor(deps: PersonalSettingsDeps) {
    this.#deps = deps;
  }

  /** Returns cached settings, empty before the first read. */
  getCached(guildId: GuildId, personId: PersonId): PersonSettings {
    return this.#cached.get(toCacheKey(guildId, personId)) ?? emptySettings;
  }

  /**
   * Loads settings of a person. Reports a failure and returns undefined. Never throws.
   */
  async loadSettings(
    guildId: GuildId,
    personId: PersonId,
  ): Promise<PersonSettings | undefined> {
    const key = toCacheKey(guildId, personId);
    const known = this.#cached.get(key);
    if (known) {
      this.#cacheSettings(key, known);
      return known;
    }
    const loading = this.#loading.get(key) ?? this.#readSettings(guildId, personId);
    this.#loading.set(key, loading);
    return await loading;
  }

  /** Changes settings, which count at once, saved or not. Never throws. */
  async changeSettings(
    guildId: GuildId,
    personId: PersonId,
    change: PersonChange,
  ): Promise<PersonChangeResult> {
    const before = await this.loadSettings(guildId, personId);
    const settings = applyChange(
      this.#cached.get(toCacheKey(guildId, personId)) ?? before ?? emptySettings,
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

  /** Drops cached settings of a person, or without one all of the server. */
  forgetSettings(guildId: GuildId, personId?: PersonId) {
    const wanted =
      personId === undefined ? `${guildId} ` : toCacheKey(guildId, personId);
    const isMeant = (key: string) =>
      personId === undefined ? key.startsWith(wanted) : key === wanted;
    for (const all of [this.#cached, this.#loading])
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
    this.#cached.delete(key);
    this.#cached.set(key, settings);
    dropOldest(this.#cached, maxCachedPeople);
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
