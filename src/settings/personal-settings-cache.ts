import type { PersonSettings, PersonSettingsStore } from '#src/people/person-settings.ts';
import { type StoreWatch, withStoreTimeout } from '#src/ports/store-timeout.ts';

type PeopleSettingsParts = StoreWatch & {
  readonly store: PersonSettingsStore;
};

/** Fields to set; `null` removes one. */
export type PersonChange = {
  readonly [Field in keyof PersonSettings]?: PersonSettings[Field] | null;
};

type ChangedPerson = {
  readonly settings: PersonSettings;
  /** False: until the process ends. */
  readonly saved: boolean;
};

/** People whose settings are kept in memory; those unused for longest are read again when they are needed. */
export const mostKnownPeople = 2_000;

const nothing: PersonSettings = {};

/** Settings that people have chosen for themselves: in the store, and cached for answers, which wait for no store. */
export class PersonalSettingsCache {
  readonly #parts;
  /** By server and person, those used last at the end. */
  readonly #known = new Map<string, PersonSettings>();
  readonly #loading = new Map<string, Promise<PersonSettings | undefined>>();

  constructor(parts: PeopleSettingsParts) {
    this.#parts = parts;
  }

  /** Settings as last read or changed; empty before that. */
  known(guildId: GuildId, personId: PersonId): PersonSettings {
    return this.#known.get(keyOf(guildId, personId)) ?? nothing;
  }

  /** Reads the settings unless they are known; undefined where that fails, which is reported to the operator. Never throws. */
  async load(guildId: GuildId, personId: PersonId): Promise<PersonSettings | undefined> {
    const key = keyOf(guildId, personId);
    const known = this.#known.get(key);
    if (known) {
      this.#keep(key, known);
      return known;
    }
    const loading = this.#loading.get(key) ?? this.#load(guildId, personId);
    this.#loading.set(key, loading);
    return await loading;
  }

  /** Applies from now on, saved or not. Never throws. */
  async change(guildId: GuildId, personId: PersonId, change: PersonChange): Promise<ChangedPerson> {
    const before = await this.load(guildId, personId);
    const settings = changed(
      this.#known.get(keyOf(guildId, personId)) ?? before ?? nothing,
      change,
    );
    this.#keep(keyOf(guildId, personId), settings);
    if (!before) return { settings, saved: false }; // what is stored is unknown, and would be replaced
    const saved = await withStoreTimeout(guildId, this.#parts, 'store.unwritable', async () => {
      await this.#parts.store.write(guildId, personId, settings);
      return true;
    });
    return { settings, saved: saved === true };
  }

  /** Drops the settings of this person, or of everybody in the server, from the cache; the store is unchanged. */
  forget(guildId: GuildId, personId?: PersonId): void {
    const wanted = personId === undefined ? `${guildId} ` : keyOf(guildId, personId);
    const isMeant = (key: string) =>
      personId === undefined ? key.startsWith(wanted) : key === wanted;
    for (const all of [this.#known, this.#loading])
      for (const key of [...all.keys()].filter(isMeant)) all.delete(key);
  }

  async #load(guildId: GuildId, personId: PersonId): Promise<PersonSettings | undefined> {
    const key = keyOf(guildId, personId);
    const read = () => this.#parts.store.read(guildId, personId);
    const settings = await withStoreTimeout(guildId, this.#parts, 'store.unreadable', read);
    if (!this.#loading.delete(key)) return settings; // forgotten meanwhile
    if (settings) this.#keep(key, settings);
    return settings;
  }

  #keep(key: string, settings: PersonSettings) {
    this.#known.delete(key);
    this.#known.set(key, settings);
    const [oldest] = this.#known.keys();
    if (this.#known.size > mostKnownPeople && oldest !== undefined) this.#known.delete(oldest);
  }
}

function keyOf(guildId: GuildId, personId: PersonId): string {
  return `${guildId} ${personId}`;
}

function changed(settings: PersonSettings, change: PersonChange): PersonSettings {
  const fields = Object.entries({ ...settings, ...change });
  return Object.fromEntries(fields.filter(([, value]) => value !== null && value !== undefined));
}
