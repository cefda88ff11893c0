import type { ChannelId, GuildId } from '#src/base/ids.ts';
import { getEnglishLanguageName } from '#src/base/language-name.ts';
import { judgeAccess } from '#src/people/rights.ts';
import type { ReplyStyle } from '#src/pipeline/pipeline.ts';
import type { AccessRequest, SpokenManner } from '#src/ports/command-ports.ts';
import {
  type GuildSettingsStore,
  type SettingChanges,
  type SettingTexts,
  tryWrite,
  withStoreTimeout,
} from '#src/ports/stores.ts';
import { formatShortenedNames } from '#src/ports/talk-guide.ts';
import { createPronouncer, type Pronounce } from '#src/speech/pronunciation.ts';
import type { SpeechVoice } from '#src/speech/speech-engine.ts';
import type { Caps } from '#src/spending/budget-authority.ts';
import type { TextLine } from '#src/texts/texts.ts';
import {
  autoJoinRestSetting,
  channelSettings,
  readPersona,
} from './channel-settings.ts';
import {
  type ConversationValues,
  conversationSettings,
  type GuildSettings,
  type StoredGuildSettings,
} from './guild-settings.ts';
import type { Persona } from './persona.ts';
import {
  type OperatorDefaults,
  parseStoredValue,
  type ServerSetting,
  type SettingChoices,
  type SettingDeps,
  type StoredSetting,
} from './setting-definition.ts';
import { listServerWords } from './stored-vocabulary-words.ts';

const unknownVoices: readonly string[] = [];

/** Lists voices as the same object until they change. Empty if unknown. */
export function listBotVoices({ pipelines, voices }: SettingDeps): readonly string[] {
  return pipelines.names.every((name) => name === 'chained')
    ? voices.getKnown()
    : unknownVoices;
}

function describeManner({ language }: Persona) {
  return language === undefined
    ? ''
    : ` Always answer in ${getEnglishLanguageName(language)}.`;
}

/** Returns a style with the voice, model and tone that a person asked for. */
export function toSpokenStyle(
  style: ReplyStyle,
  manner: SpokenManner | undefined,
  chosenVoice: SpeechVoice = manner?.voice === undefined ? {} : { name: manner.voice },
): ReplyStyle {
  if (!manner) return style;
  const { model, tone, voice } = manner;
  const { onGone, ...defaults } = style.voice;
  const spoken = {
    ...defaults,
    ...(voice === undefined ? onGone && { onGone } : chosenVoice),
    model: model ?? defaults.model,
    instructions: tone ?? defaults.instructions,
  };
  return { ...style, voice: spoken };
}

/** Settings derived from the stored values, cached until a change. */
type DerivedSettings = {
  readonly settings: GuildSettings;
  readonly vocabulary: ServerVocabularyWords;
  readonly channels: Map<ChannelId, GuildSettings>;
};

export type StoredSettingsDeps = {
  readonly caps: Caps;
  readonly defaults: OperatorDefaults;
  /** In the order in which `/settings` lists them. */
  readonly serverSettings: readonly ServerSetting[];
  readonly settingsStore: GuildSettingsStore;
};

const noTexts: SettingTexts = new Map();
const unreadSettings: StoredGuildSettings = {
  values: noTexts,
  channels: new Map(),
  isLoaded: false,
};

/** Settings of all servers over the defaults of the operator. */
export class StoredSettings {
  readonly #deps: SettingDeps;
  readonly #settingsDeps: StoredSettingsDeps;
  readonly #stored = new Map<GuildId, StoredGuildSettings>();
  readonly #loading = new Map<GuildId, Promise<void>>();
  /** Derived anew once other values are stored. */
  readonly #derived = new WeakMap<StoredGuildSettings, DerivedSettings>();

  constructor(deps: SettingDeps, settingsDeps: StoredSettingsDeps) {
    this.#deps = deps;
    this.#settingsDeps = settingsDeps;
  }

  /** Lists all settings in the order of `/settings`. */
  get definitions(): readonly ServerSetting[] {
    return this.#settingsDeps.serverSettings;
  }

  /** Returns the values that settings can have now. Voices are empty while unknown. */
  get choices(): SettingChoices {
    const { caps, defaults } = this.#settingsDeps;
    const { pipelines, voices } = this.#deps;
    return {
      pipelines,
      voices: listBotVoices(this.#deps),
      knownVoices: voices.getKnown(),
      caps,
      defaults,
    };
  }

  /** Returns a server's settings. While unread, people have to agree. */
  getForGuild(guildId: GuildId): GuildSettings {
    return this.#getDerived(guildId).settings;
  }

  /** Returns settings with the values and the persona of the voice channel. */
  getForChannel(guildId: GuildId, channelId: ChannelId | undefined): GuildSettings {
    const { channels, settings } = this.#getDerived(guildId);
    if (channelId === undefined) return settings;
    const own = channels.get(channelId) ?? this.#readChannel(guildId, channelId);
    channels.set(channelId, own);
    return own;
  }

  /** Returns the persona of a voice channel. Empty if nothing is set, or while unread. */
  getPersona(guildId: GuildId, channelId: ChannelId): Persona {
    const texts = this.#getStored(guildId).channels.get(channelId) ?? noTexts;
    return readPersona(texts, this.choices);
  }

  /** Finds why a person may not use the bot. */
  async findDenial({ caller, guildId }: AccessRequest): Promise<TextLine | undefined> {
    await this.loadGuild(guildId);
    const settings = this.getForGuild(guildId);
    const access = judgeAccess(settings, caller);
    if (access === 'open') return undefined;
    if (access === 'blocked') return { id: 'access.blocked' };
    const names = this.#deps.places.listRoleNames(guildId, settings.userRoleIds);
    return { id: 'access.role', with: { roles: formatShortenedNames(names) } };
  }

  /** Returns the settings as they were with this value. Nothing is saved. */
  previewChange(
    guildId: GuildId,
    key: string,
    value: string | undefined,
  ): GuildSettings {
    const stored = this.#getStored(guildId);
    const values = applyChanges(stored.values, new Map([[key, value]]));
    return readGuildSettings(this.definitions, { ...stored, values }, this.choices);
  }

  /** Returns how answers are written and spoken, with the persona of a channel. */
  getStyle(guildId: GuildId, channelId?: ChannelId): ReplyStyle {
    const { style } = this.#settingsDeps.defaults;
    const {
      instructions,
      persona = {},
      timeZone,
      voice,
    } = this.getForChannel(guildId, channelId);
    const { name = this.#deps.places.getBotName(guildId) } = persona;
    const isOwn =
      (persona.name ?? persona.instructions) !== undefined ||
      this.isSetByGuild(guildId, conversationSettings.instructions);
    // The instructions of the operator already name the bot, and those of a server need
    // not.
    const naming = isOwn ? ` Your name is ${name}.` : '';
    const { pronounce } = this.#getDerived(guildId).vocabulary;
    return {
      ...style,
      timeZone,
      instructions: `${instructions}${naming}${describeManner(persona)}`,
      voice: {
        ...style.voice,
        name: voice ?? style.voice.name,
        pronounce,
      },
    };
  }

  /** Tests whether a server has set a usable value of its own. */
  isSetByGuild(guildId: GuildId, setting: ServerSetting): boolean {
    const value = this.#getStored(guildId).values.get(setting.key);
    return (
      value !== undefined &&
      parseStoredValue(setting, value, this.choices).kind === 'ok'
    );
  }

  /** Tests whether the settings of a server are read. */
  isLoaded(guildId: GuildId): boolean {
    return this.#getStored(guildId).isLoaded;
  }

  /**
   * Tests whether a person sent the bot out of a channel that it joins by itself, and that was never
   * empty since.
   */
  isChannelResting(guildId: GuildId, channelId: ChannelId): boolean {
    return this.getForChannel(guildId, channelId).getValue(autoJoinRestSetting);
  }

  /** Lists the channels for which `isChannelResting` is true. */
  listRestingChannels(guildId: GuildId): readonly ChannelId[] {
    return this.listChannelTexts(guildId, autoJoinRestSetting.key)
      .map(([channelId]) => channelId)
      .filter((channelId) => this.isChannelResting(guildId, channelId));
  }

  /** Bars the bot from a channel that it may join by itself, until `endChannelRest`. Never throws. */
  async restChannel(guildId: GuildId, channelId: ChannelId): Promise<void> {
    await this.loadGuild(guildId);
    const { autoJoin, joinsEvents } = this.getForGuild(guildId);
    if (joinsEvents || autoJoin.includes(channelId))
      await this.setChannelValues(guildId, channelId, toRestChanges(true));
  }

  /** Lets automatic joins enter a channel again. Never throws. */
  async endChannelRest(guildId: GuildId, channelId: ChannelId): Promise<void> {
    await this.setChannelValues(guildId, channelId, toRestChanges(false));
  }

  /** Lists the voice channels with a value of their own, with the stored text. */
  listChannelTexts(
    guildId: GuildId,
    key: string,
  ): readonly (readonly [ChannelId, string])[] {
    return [...this.#getStored(guildId).channels].flatMap(([channelId, texts]) => {
      const text = texts.get(key);
      return text === undefined ? [] : [[channelId, text] as const];
    });
  }

  /** Returns the server's stored texts by key, empty before the first read. */
  getStoredValues(guildId: GuildId): ReadonlyMap<string, string> {
    return this.#getStored(guildId).values;
  }

  /** Lists the words of a server for recognisers, newest first. */
  listWords(guildId: GuildId): readonly string[] {
    return this.#getDerived(guildId).vocabulary.words;
  }

  /**
   * Loads a server's settings. Returns false while the store has not answered. Never
   * throws.
   */
  async loadGuild(guildId: GuildId): Promise<boolean> {
    if (!this.#getStored(guildId).isLoaded) {
      const loading = this.#loading.get(guildId) ?? this.#readGuild(guildId);
      this.#loading.set(guildId, loading);
      await loading;
      this.#loading.delete(guildId);
    }
    return this.#getStored(guildId).isLoaded;
  }

  /**
   * Saves a value at once, or the default if undefined. Returns false if unsaved. Never
   * throws.
   */
  async setValue(
    guildId: GuildId,
    key: string,
    value: string | undefined,
  ): Promise<boolean> {
    // A value of loaded settings counts at once, before it is written.
    if (!this.isLoaded(guildId)) await this.loadGuild(guildId);
    const stored = this.#getStored(guildId);
    const values = applyChanges(stored.values, new Map([[key, value]]));
    this.#stored.set(guildId, { ...stored, values });
    return await tryWrite(guildId, this.#deps, () =>
      this.#settingsDeps.settingsStore.write(guildId, key, value),
    );
  }

  /**
   * Saves values of one voice channel at once. The server's value counts in place of an undefined one. Returns false if
   * unsaved. Never throws.
   */
  async setChannelValues(
    guildId: GuildId,
    channelId: ChannelId,
    changes: SettingChanges,
  ): Promise<boolean> {
    if (!this.isLoaded(guildId)) await this.loadGuild(guildId);
    const stored = this.#getStored(guildId);
    const texts = applyChanges(stored.channels.get(channelId) ?? noTexts, changes);
    const channels = new Map([...stored.channels, [channelId, texts]]);
    this.#stored.set(guildId, { ...stored, channels });
    return await tryWrite(guildId, this.#deps, () =>
      this.#settingsDeps.settingsStore.writeChannel(guildId, channelId, changes),
    );
  }

  /** Drops the settings of a server that the bot has left. */
  forgetGuild(guildId: GuildId): void {
    this.#loading.delete(guildId);
    this.#stored.delete(guildId);
  }

  async #readGuild(guildId: GuildId) {
    const { settingsStore } = this.#settingsDeps;
    const read = await withStoreTimeout(guildId, this.#deps, 'store.unreadable', () =>
      Promise.all([settingsStore.read(guildId), settingsStore.readChannels(guildId)]),
    );
    if (!read || !this.#loading.has(guildId)) return; // forgotten meanwhile
    const [values, channels] = read;
    // Values that were typed while the store could not be read are newer.
    const typed = this.#getStored(guildId);
    const typedChannels = [...typed.channels].map(
      ([id, texts]) => [id, new Map([...(channels.get(id) ?? []), ...texts])] as const,
    );
    this.#stored.set(guildId, {
      values: new Map([...values, ...typed.values]),
      channels: new Map([...channels, ...typedChannels]),
      isLoaded: true,
    });
  }

  #readChannel(guildId: GuildId, channelId: ChannelId): GuildSettings {
    const definitions = [...this.definitions, ...channelSettings];
    const stored = this.#getStored(guildId);
    const own = readGuildSettings(definitions, stored, this.choices, channelId);
    const persona = this.getPersona(guildId, channelId);
    const ownNames = persona.name === undefined ? [] : [persona.name];
    return { ...own, persona, names: [...new Set([...own.names, ...ownNames])] };
  }

  #getDerived(guildId: GuildId) {
    const stored = this.#getStored(guildId);
    const cached = this.#derived.get(stored);
    if (cached) return cached;
    const settings = readGuildSettings(this.definitions, stored, this.choices);
    const derived: DerivedSettings = {
      settings,
      vocabulary: readServerWords(stored.values),
      channels: new Map(),
    };
    this.#derived.set(stored, derived);
    return derived;
  }

  #getStored(guildId: GuildId) {
    return this.#stored.get(guildId) ?? unreadSettings;
  }
}

/** Returns texts with changed ones, and without those that are removed. */
function applyChanges(texts: SettingTexts, changes: SettingChanges): SettingTexts {
  const changed = [...new Map<string, string | undefined>([...texts, ...changes])];
  return new Map(
    changed.flatMap(([key, text]) => (text === undefined ? [] : [[key, text]])),
  );
}

function toRestChanges(isResting: boolean): SettingChanges {
  const { formatValue, key } = autoJoinRestSetting;
  return new Map([[key, isResting ? formatValue(true) : undefined]]);
}

type ServerVocabularyWords = {
  readonly words: readonly string[];
  readonly pronounce?: Pronounce;
};

function readServerWords(
  storedValues: ReadonlyMap<string, string>,
): ServerVocabularyWords {
  const vocabulary = listServerWords(storedValues);
  const pronounced = vocabulary.flatMap(({ word, say }) =>
    say === undefined ? [] : [{ word, say }],
  );
  const pronounce = createPronouncer(pronounced);
  return { words: vocabulary.map(({ word }) => word), pronounce };
}

/**
 * Reads all settings of a server, or of one of its voice channels. The value of the channel wins over the server's, and
 * defaults replace what is not set or cannot be used.
 */
export function readGuildSettings(
  definitions: readonly StoredSetting[],
  stored: StoredGuildSettings,
  choices: SettingChoices,
  channelId?: ChannelId,
): GuildSettings {
  const channelTexts =
    channelId === undefined ? undefined : stored.channels.get(channelId);
  const values = new Map(
    definitions.map((setting) => {
      const ownTexts = setting.perChannel ? channelTexts : undefined;
      const texts = [ownTexts?.get(setting.key), stored.values.get(setting.key)];
      return [setting, readValue(setting, texts, stored.isLoaded, choices)];
    }),
  );
  const getValue = <Value>(setting: StoredSetting<Value>) =>
    values.get(setting) as Value; // this record has read it
  const fields = Object.entries(conversationSettings).map(([field, setting]) => [
    field,
    values.get(setting),
  ]);
  const { names } = choices.defaults;
  return { ...(Object.fromEntries(fields) as ConversationValues), names, getValue };
}

/** Parses the first of these texts that can be used, else returns the default. */
function readValue<Value>(
  setting: StoredSetting<Value>,
  texts: readonly (string | undefined)[],
  isLoaded: boolean,
  choices: SettingChoices,
) {
  for (const text of texts) {
    if (text === undefined) continue;
    const parsed = parseStoredValue(setting, text, choices);
    if (parsed.kind === 'ok') return parsed.value;
  }
  return setting.getDefault(choices, isLoaded);
}
