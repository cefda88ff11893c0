import type { GuildId, PersonId } from '#src/base/ids.ts';
import { dropOldest } from '#src/base/loops/mailbox.ts';
import type {
  PersonSettings,
  PersonSettingsStore,
} from '#src/people/person-settings.ts';
import { type StoreWatch, tryWrite, withStoreTimeout } from '#src/ports/stores.ts';

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

export type PersonalSettingsCache = ReturnType<typeof createPersonalSettingsCache>;

/** Caches personal settings over the store, since answers wait for no store. */
export function createPersonalSettingsCache(deps: PersonalSettingsDeps) {
  /** Keyed by server and person, most recently used last. */
  const cached = new Map<string, PersonSettings>();
  const loading = new Map<string, Promise<PersonSettings | undefined>>();

  /** Reports a failure and returns undefined. Never throws. */
  async function loadSettings(
    guildId: GuildId,
    personId: PersonId,
  ): Promise<PersonSettings | undefined> {
    const key = toCacheKey(guildId, personId);
    const known = cached.get(key);
    if (known) {
      cacheSettings(key, known);
      return known;
    }
    const reading = loading.get(key) ?? readSettings(guildId, personId);
    loading.set(key, reading);
    return await reading;
  }

  async function readSettings(guildId: GuildId, personId: PersonId) {
    const key = toCacheKey(guildId, personId);
    const settings = await withStoreTimeout(guildId, deps, 'store.unreadable', () =>
      deps.store.read(guildId, personId),
    );
    if (!loading.delete(key)) return settings; // forgotten meanwhile
    if (settings) cacheSettings(key, settings);
    return settings;
  }

  function cacheSettings(key: string, settings: PersonSettings) {
    cached.delete(key);
    cached.set(key, settings);
    dropOldest(cached, maxCachedPeople);
  }

  return {
    /** Returns cached settings, empty before the first read. */
    getCached(guildId: GuildId, personId: PersonId): PersonSettings {
      return cached.get(toCacheKey(guildId, personId)) ?? emptySettings;
    },
    loadSettings,
    /** Changes settings, which count at once, saved or not. Never throws. */
    async changeSettings(
      guildId: GuildId,
      personId: PersonId,
      change: PersonChange,
    ): Promise<PersonChangeResult> {
      const before = await loadSettings(guildId, personId);
      const settings = applyChange(
        cached.get(toCacheKey(guildId, personId)) ?? before ?? emptySettings,
        change,
      );
      cacheSettings(toCacheKey(guildId, personId), settings);
      if (!before) return { settings, isSaved: false }; // The stored fields are unknown, and would be replaced.
      const isSaved = await tryWrite(guildId, deps, () =>
        deps.store.write(guildId, personId, settings),
      );
      return { settings, isSaved };
    },
    /** Drops cached settings of a person, or without one all of the server. */
    forgetSettings(guildId: GuildId, personId?: PersonId) {
      const wanted =
        personId === undefined ? `${guildId} ` : toCacheKey(guildId, personId);
      const isMeant = (key: string) =>
        personId === undefined ? key.startsWith(wanted) : key === wanted;
      for (const all of [cached, loading])
        for (const key of [...all.keys()].filter(isMeant)) all.delete(key);
    },
  };
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
