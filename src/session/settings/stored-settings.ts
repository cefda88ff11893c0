import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { CaptionOptions } from '#src/session/ports/captions.ts';
import type { SettingKey } from '#src/session/ports/settings.ts';
import { withStore } from '#src/session/store-access.ts';
import {
  type CaptionsKey,
  captionsKey,
  readCaptionOptions,
  storedCaptionOptions,
} from './caption-options.ts';
import { type Choices, type GuildSettings, readSetting, settingsOf } from './guild-settings.ts';

/** What one server has set, as it was typed; `isRead` once the book has told of it. */
type StoredGuildSettings = { readonly set: ReadonlyMap<string, string>; readonly isRead: boolean };

type StoredSettingsParts = Pick<
  SessionDependencies,
  | 'addressing'
  | 'clock'
  | 'consent'
  | 'djRoleId'
  | 'names'
  | 'onEvent'
  | 'pipelines'
  | 'places'
  | 'settingsStore'
  | 'style'
  | 'voices'
>;

/** Days that captions are kept where a server has not set it. */
const standardCaptionsDays = 7;

const unread: StoredGuildSettings = { set: new Map(), isRead: false };

/** What holds in each server: what it has set, else what the operator has. */
export class StoredSettings {
  readonly #parts: StoredSettingsParts;
  readonly #servers = new Map<string, StoredGuildSettings>();
  readonly #loading = new Map<string, Promise<void>>();

  constructor(parts: StoredSettingsParts) {
    this.#parts = parts;
  }

  get choices(): Choices {
    const { consent, pipelines, voices } = this.#parts;
    const role = consent.roleId !== undefined && { roleId: consent.roleId };
    return { pipelines: pipelines.names, voices, ...role };
  }

  /** As far as it is known now: as long as it was not read who may be heard, nobody is who did not agree. */
  in(guildId: string): GuildSettings {
    return this.#settings(this.#server(guildId));
  }

  /** What would hold if a key were set so. */
  foresee(guildId: string, key: SettingKey, value: string | undefined): GuildSettings {
    return this.#settings(withValue(this.#server(guildId), key, value));
  }

  /** What the operator wrote names the bot already; what a server writes need not. */
  styleIn(guildId: string): SessionDependencies['style'] {
    const { places, style } = this.#parts;
    const { instructions, names, voice } = this.in(guildId);
    const called = this.isSet(guildId, 'instructions')
      ? ` Your name is ${places.botName(guildId)}.`
      : '';
    const also = this.isSet(guildId, 'names') ? ` You are also called ${names.join(', ')}.` : '';
    return {
      ...style,
      instructions: `${instructions}${called}${also}`,
      voice: { ...style.voice, ...(voice !== undefined && { name: voice }) },
    };
  }

  /** Which of them the server has set itself. */
  isSet(guildId: string, key: SettingKey): boolean {
    const value = this.#server(guildId).set.get(key);
    return value !== undefined && readSetting(key, value, this.choices).kind === 'ok';
  }

  /** Options of captions in a voice channel; undefined where they are off. */
  captionsIn(guildId: string, channelId: string): CaptionOptions | undefined {
    const value = this.#server(guildId).set.get(captionsKey(channelId));
    return value === undefined ? undefined : readCaptionOptions(value);
  }

  /** Turns captions of a voice channel on or, with undefined, off; as `set`. */
  setCaptionsIn(
    guildId: string,
    channelId: string,
    options: CaptionOptions | undefined,
  ): Promise<boolean> {
    const value = options && storedCaptionOptions(options);
    return this.#write(guildId, captionsKey(channelId), value);
  }

  /** Asks the book until it has answered once; false when it has not. Never throws. */
  async load(guildId: string): Promise<boolean> {
    if (!this.#server(guildId).isRead) {
      const loading = this.#loading.get(guildId) ?? this.#load(guildId);
      this.#loading.set(guildId, loading);
      await loading;
      this.#loading.delete(guildId);
    }
    return this.#server(guildId).isRead;
  }

  /** Holds from now on, saved or not; undefined is the operator's again. False when it could not be saved. Never throws. */
  set(guildId: string, key: SettingKey, value: string | undefined): Promise<boolean> {
    return this.#write(guildId, key, value);
  }

  async #write(
    guildId: string,
    key: SettingKey | CaptionsKey,
    value: string | undefined,
  ): Promise<boolean> {
    await this.load(guildId);
    this.#servers.set(guildId, withValue(this.#server(guildId), key, value));
    const saved = await withStore(guildId, this.#parts, 'store.unwritable', async () => {
      await this.#parts.settingsStore.write(guildId, key, value);
      return true;
    });
    return saved === true;
  }

  /** As if the server had never set anything; the book is asked again when it is needed. */
  forget(guildId: string): void {
    this.#loading.delete(guildId);
    this.#servers.delete(guildId);
  }

  async #load(guildId: string): Promise<void> {
    const { settingsStore: settingsBook } = this.#parts;
    const read = () => settingsBook.read(guildId);
    const set = await withStore(guildId, this.#parts, 'store.unreadable', read);
    if (!set || !this.#loading.has(guildId)) return; // forgotten meanwhile
    const typed = this.#server(guildId).set; // while the book could not be read: newer
    this.#servers.set(guildId, { set: new Map([...set, ...typed]), isRead: true });
  }

  #settings({ set, isRead }: StoredGuildSettings): GuildSettings {
    const settings = settingsOf(set, this.#standard(), this.choices);
    return isRead || set.has('consent') ? settings : { ...settings, consent: { policy: 'ask' } };
  }

  #server(guildId: string): StoredGuildSettings {
    return this.#servers.get(guildId) ?? unread;
  }

  #standard(): GuildSettings {
    const { addressing, consent, djRoleId, names, pipelines, style } = this.#parts;
    const [pipeline = 'chained'] = pipelines.names;
    const { name: voice } = style.voice;
    return {
      pipeline,
      addressing,
      consent,
      djRoleId,
      names,
      cues: 'soft',
      duckForPeople: false,
      captionsDays: standardCaptionsDays,
      catchUp: true,
      recap: false,
      memory: false,
      instructions: style.instructions,
      ...(voice !== undefined && { voice }),
    };
  }
}

function withValue(
  { set, isRead }: StoredGuildSettings,
  key: SettingKey | CaptionsKey,
  value: string | undefined,
): StoredGuildSettings {
  const others = [...set].filter(([one]) => one !== key);
  const own = value === undefined ? [] : [[key, value] as const];
  return { set: new Map([...others, ...own]), isRead };
}

/** Dependencies of a session as the settings of one server change them, at the moment they are read. */
export function dependenciesIn(
  guildId: string,
  parts: SessionDependencies,
  settings: StoredSettings,
  /** False where the bot only writes captions. */
  talks: () => boolean = () => true,
): SessionDependencies {
  const here = () => settings.in(guildId);
  return {
    ...parts,
    get addressing() {
      return talks() ? here().addressing : 'off';
    },
    get consent() {
      return here().consent;
    },
    get engine() {
      return parts.pipelines.engine(here().pipeline);
    },
    get names() {
      return here().names;
    },
    get style() {
      return settings.styleIn(guildId);
    },
  };
}
