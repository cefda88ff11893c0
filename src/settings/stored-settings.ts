import { z } from 'zod';
import { tryParseJson } from '#src/base/json.ts';
import { getEnglishLanguageName } from '#src/base/language-name.ts';
import type { ReplyStyle } from '#src/pipeline/pipeline.ts';
import type { SpokenManner } from '#src/ports/command-ports.ts';
import { withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { GuildSettingsStore } from '#src/ports/stores.ts';
import { createPronouncer, type Pronounce } from '#src/speech/pronunciation.ts';
import type { SpeechVoice } from '#src/speech/speech-engine.ts';
import type { Caps } from '#src/spending/budget-authority.ts';
import {
  conversationSettings,
  type GuildSettings,
  readGuildSettings,
  type StoredGuildSettings,
} from './guild-settings.ts';
import { findPersona, type Persona } from './persona.ts';
import {
  type CaptionOptions,
  type ConsentPolicySettings,
  type OperatorDefaults,
  parseStoredValue,
  type ServerSetting,
  type SettingChoices,
  type SettingDeps,
} from './setting-definition.ts';
import { listServerWords } from './stored-vocabulary-words.ts';

const unknownVoices: readonly string[] = [];

/**
 * Names of the voices that the bot may have, the same list until they change; none: not known. A model that speaks has voices of
 * its own, which cannot be listed.
 */
export function listBotVoices({ pipelines, voices }: SettingDeps): readonly string[] {
  return pipelines.names.every((name) => name === 'chained') ? voices.getKnown() : unknownVoices;
}

/** Settings of a server with the persona of a voice channel over them. */
function applyPersona(settings: GuildSettings, persona: Persona): GuildSettings {
  const { instructions = settings.instructions, name, voice = settings.voice } = persona;
  const { names } = settings;
  return {
    ...settings,
    persona,
    instructions,
    voice,
    names: name === undefined ? names : [...new Set([...names, name])],
  };
}

/** Prompt about the language of a persona. */
function describeManner({ language }: Persona): string {
  return language === undefined ? '' : ` Always answer in ${getEnglishLanguageName(language)}.`;
}

/** A reply style as whoever asked wants this answer spoken; `named` is the voice of that name. */
export function toSpokenStyle(
  style: ReplyStyle,
  manner: SpokenManner | undefined,
  named: SpeechVoice = manner?.voice === undefined ? {} : { name: manner.voice },
): ReplyStyle {
  if (!manner) return style;
  const { model, tone, voice } = manner;
  const { onGone, ...usual } = style.voice;
  const spoken = {
    ...usual,
    ...(voice === undefined ? onGone && { onGone } : named),
    model: model ?? usual.model,
    instructions: tone ?? usual.instructions,
  };
  return { ...style, voice: spoken };
}

/** Settings derived from the stored ones, cached until a change, as they are asked for all the time. */
type KnownSettings = {
  readonly settings: GuildSettings;
  readonly words: ServerVocabularyWords;
  /** By voice channel. */
  readonly channels: Map<string, GuildSettings>;
};

/** Parts that only settings use. */
export type StoredSettingsDeps = {
  /** Limits of the operator, below which a server may set its own. */
  readonly caps: Caps;
  readonly defaults: OperatorDefaults;
  /** All settings of servers, in the order in which they are listed. */
  readonly serverSettings: readonly ServerSetting[];
  readonly settingsStore: GuildSettingsStore;
};

const unreadSettings: StoredGuildSettings = { set: new Map(), isRead: false };

/** Settings of all servers, with the operator's defaults for the rest. */
export class StoredSettings {
  readonly #parts;
  readonly #sources;
  readonly #servers = new Map<string, StoredGuildSettings>();
  readonly #loading = new Map<string, Promise<void>>();
  readonly #known = new WeakMap<StoredGuildSettings, KnownSettings>();

  constructor(parts: SettingDeps, sources: StoredSettingsDeps) {
    this.#parts = parts;
    this.#sources = sources;
  }

  /** All settings, in the order in which they are listed. */
  get definitions(): readonly ServerSetting[] {
    return this.#sources.serverSettings;
  }

  /** Values that servers may choose from. */
  get choices(): SettingChoices {
    const { caps, defaults } = this.#sources;
    const { pipelines, voices } = this.#parts;
    return {
      pipelines,
      voices: listBotVoices(this.#parts),
      knownVoices: voices.getKnown(),
      caps,
      defaults,
    };
  }

  /** Settings as far as they are known now: until the consent policy was read, people have to agree. */
  getForGuild(guildId: GuildId): GuildSettings {
    return this.#findKnown(guildId).settings;
  }

  /** Same as `in`, with the persona of this voice channel. */
  getForChannel(guildId: GuildId, channelId: ChannelId | undefined): GuildSettings {
    const { channels, settings } = this.#findKnown(guildId);
    if (channelId === undefined) return settings;
    const persona = findPersona(this.getStoredValues(guildId), channelId);
    const known = channels.get(channelId) ?? applyPersona(settings, persona);
    channels.set(channelId, known);
    return known;
  }

  /** Consent rules that count now: looser ones than those of before wait, also in the next run. */
  getCurrentConsent(guildId: GuildId): ConsentPolicySettings {
    const [, former = ''] = this.#findWaitingConsent(guildId);
    if (this.getConsentWaitMs(guildId) <= 0) return this.getForGuild(guildId).consent;
    return this.previewChange(guildId, conversationSettings.consent.key, former).consent;
  }

  /** Time, in ms, until the consent rules that are set count. */
  getConsentWaitMs(guildId: GuildId): number {
    const [fromWallMs = 0] = this.#findWaitingConsent(guildId);
    return Number(fromWallMs) - this.#parts.clock.wallMs();
  }

  /** The consent rules that are set count in `waitMs`, and `former` ones until then; undefined: at once. As `set`. */
  async delayConsent(
    guildId: GuildId,
    former: ConsentPolicySettings | undefined,
    waitMs: number,
  ): Promise<void> {
    const fromWallMs = this.#parts.clock.wallMs() + waitMs;
    const words = former && conversationSettings.consent.format(former);
    await this.setValue(guildId, waitingConsentKey, words && `${fromWallMs} ${words}`);
  }

  #findWaitingConsent(guildId: GuildId): readonly string[] {
    return this.getStoredValues(guildId).get(waitingConsentKey)?.split(/ (.*)/) ?? [];
  }

  /** Settings that would hold if a key were set so. */
  previewChange(guildId: GuildId, key: string, value: string | undefined): GuildSettings {
    return readGuildSettings(
      this.definitions,
      setValue(this.#getGuildTasks(guildId), key, value),
      this.choices,
    );
  }

  /** Style of answers there, as `at`. The operator's instructions name the bot already; those of a server need not. */
  getStyle(guildId: GuildId, channelId?: ChannelId): ReplyStyle {
    const { style } = this.#sources.defaults;
    const { instructions, persona = {}, voice } = this.getForChannel(guildId, channelId);
    const { name = this.#parts.places.getBotName(guildId) } = persona;
    const isOwn =
      (persona.name ?? persona.instructions) !== undefined ||
      this.isSetByGuild(guildId, conversationSettings.instructions);
    const naming = isOwn ? ` Your name is ${name}.` : '';
    const { pronounce } = this.#findKnown(guildId).words;
    return {
      ...style,
      instructions: `${instructions}${naming}${describeManner(persona)}`,
      voice: {
        ...style.voice,
        name: voice ?? style.voice.name,
        pronounce,
      },
    };
  }

  /** Which of them the server has set itself. */
  isSetByGuild(guildId: GuildId, setting: ServerSetting): boolean {
    const words = this.#getGuildTasks(guildId).set.get(setting.key);
    return words !== undefined && parseStoredValue(setting, words, this.choices).kind === 'ok';
  }

  /** Options of captions that people turned on in a voice channel. */
  findCaptionOptions(guildId: GuildId, channelId: ChannelId): CaptionOptions | undefined {
    const value = this.#getGuildTasks(guildId).set.get(toCaptionsKey(channelId));
    // Former versions kept that they are off for the rest of a session.
    if (value === undefined || value === 'off') return undefined;
    return storedCaptionsSchema.safeParse(tryParseJson(value)).data ?? {};
  }

  /** Stores what `captionsIn` gives; as `set`. */
  setCaptionOptions(
    guildId: GuildId,
    channelId: ChannelId,
    options: CaptionOptions | undefined,
  ): Promise<boolean> {
    return this.setValue(guildId, toCaptionsKey(channelId), options && JSON.stringify(options));
  }

  /** Whether what this server has set is known. */
  isRead(guildId: GuildId): boolean {
    return this.#getGuildTasks(guildId).isRead;
  }

  /** True where a person sent the bot out of that channel of `auto_join`, which was never empty since. */
  isChannelResting(guildId: GuildId, channelId: ChannelId): boolean {
    return this.#getGuildTasks(guildId).set.has(toRestKey(channelId));
  }

  /** The bot does not come to that channel by itself until `endRest`, if it is one of `auto_join`. Never throws. */
  async restChannel(guildId: GuildId, channelId: ChannelId): Promise<void> {
    await this.loadGuild(guildId);
    if (this.getForGuild(guildId).autoJoin.includes(channelId))
      await this.setValue(guildId, toRestKey(channelId), 'until empty');
  }

  /** Never throws. */
  async endChannelRest(guildId: GuildId, channelId: ChannelId): Promise<void> {
    await this.setValue(guildId, toRestKey(channelId), undefined);
  }

  /** Stored values of a server, by key, as far as they are known now. */
  getStoredValues(guildId: GuildId): ReadonlyMap<string, string> {
    return this.#getGuildTasks(guildId).set;
  }

  /** Words that people of this server say, those added last first. */
  listWords(guildId: GuildId): readonly string[] {
    return this.#findKnown(guildId).words.words;
  }

  /** Asks the store until it has answered once; false when it has not. Never throws. */
  async loadGuild(guildId: GuildId): Promise<boolean> {
    if (!this.#getGuildTasks(guildId).isRead) {
      const loading = this.#loading.get(guildId) ?? this.#readGuild(guildId);
      this.#loading.set(guildId, loading);
      await loading;
      this.#loading.delete(guildId);
    }
    return this.#getGuildTasks(guildId).isRead;
  }

  /** Holds from now on, saved or not; undefined is the operator's again. False when it could not be saved. Never throws. */
  async setValue(guildId: GuildId, key: string, value: string | undefined): Promise<boolean> {
    await this.loadGuild(guildId);
    this.#servers.set(guildId, setValue(this.#getGuildTasks(guildId), key, value));
    const saved = await withStoreTimeout(guildId, this.#parts, 'store.unwritable', async () => {
      await this.#sources.settingsStore.write(guildId, key, value);
      return true;
    });
    return saved === true;
  }

  /** Forgets the settings of the server; the store is read again when they are needed. */
  forgetGuild(guildId: GuildId): void {
    this.#loading.delete(guildId);
    this.#servers.delete(guildId);
  }

  async #readGuild(guildId: GuildId) {
    const read = () => this.#sources.settingsStore.read(guildId);
    const set = await withStoreTimeout(guildId, this.#parts, 'store.unreadable', read);
    if (!set || !this.#loading.has(guildId)) return; // forgotten meanwhile
    const typed = this.#getGuildTasks(guildId).set; // while the store could not be read: newer
    this.#servers.set(guildId, { set: new Map([...set, ...typed]), isRead: true });
  }

  #findKnown(guildId: GuildId): KnownSettings {
    const server = this.#getGuildTasks(guildId);
    const before = this.#known.get(server);
    if (before) return before;
    const settings = readGuildSettings(this.definitions, server, this.choices);
    const words = readServerWords(server.set);
    const known = { settings, words, channels: new Map<string, GuildSettings>() };
    this.#known.set(server, known);
    return known;
  }

  #getGuildTasks(guildId: GuildId): StoredGuildSettings {
    return this.#servers.get(guildId) ?? unreadSettings;
  }
}

function setValue(
  { set, isRead }: StoredGuildSettings,
  key: string,
  value: string | undefined,
): StoredGuildSettings {
  const others = [...set].filter(([one]) => one !== key);
  const own = value === undefined ? [] : [[key, value] as const];
  return { set: new Map([...others, ...own]), isRead };
}

/** Key under which the settings of a server hold when its consent rules count, and which ones count until then. */
const waitingConsentKey = 'consent_waits';

/** Key under which the settings of a server hold that the bot was sent out of a voice channel of `auto_join`. */
function toRestKey(channelId: ChannelId): string {
  return `auto_join_rest:${channelId}`;
}

/** Key under which the settings of a server hold the captions of one of its voice channels. */
function toCaptionsKey(channelId: ChannelId): string {
  return `captions:${channelId}`;
}

const captionTag = z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/);
/** Options of captions; without options where they cannot be read, as captions are on all the same. */
const storedCaptionsSchema = z.object({ translateTo: captionTag.optional() });

/** Words of a server, those added last first, and how they are said. */
type ServerVocabularyWords = { readonly words: readonly string[]; readonly pronounce?: Pronounce };

function readServerWords(set: ReadonlyMap<string, string>): ServerVocabularyWords {
  const all = listServerWords(set);
  const said = all.flatMap(({ word, say }) => (say === undefined ? [] : [{ word, say }]));
  const pronounce = createPronouncer(said);
  return { words: all.map(({ word }) => word), pronounce };
}
