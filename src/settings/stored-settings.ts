import { z } from 'zod';
import type { ChannelId, GuildId } from '#src/base/ids.ts';
import { tryParseJson } from '#src/base/json.ts';
import { getEnglishLanguageName } from '#src/base/language-name.ts';
import { judgeAccess } from '#src/people/rights.ts';
import type { ReplyStyle } from '#src/pipeline/pipeline.ts';
import type { AccessRequest, SpokenManner } from '#src/ports/command-ports.ts';
import {
  type GuildSettingsStore,
  tryWrite,
  withStoreTimeout,
} from '#src/ports/stores.ts';
import { createPronouncer, type Pronounce } from '#src/speech/pronunciation.ts';
import type { SpeechVoice } from '#src/speech/speech-engine.ts';
import type { Caps } from '#src/spending/budget-authority.ts';
import type { TextLine } from '#src/texts/texts.ts';
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

/** Lists voices as the same object until they change. Empty if unknown. */
export function listBotVoices({ pipelines, voices }: SettingDeps): readonly string[] {
  return pipelines.names.every((name) => name === 'chained')
    ? voices.getKnown()
    : unknownVoices;
}

function applyPersona(settings: GuildSettings, persona: Persona) {
  const {
    instructions = settings.instructions,
    name,
    voice = settings.voice,
  } = persona;
  const { names } = settings;
  return {
    ...settings,
    persona,
    instructions,
    voice,
    names: name === undefined ? names : [...new Set([...names, name])],
  };
}

function describeManner({ language }: Persona) {
  return language === undefined
    ? ''
    : ` Always answer in ${getEnglishLanguageName(language)}.`;
}

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

/** Settings derived from the stored values, cached until a change. */
type KnownSettings = {
  readonly settings: GuildSettings;
  readonly words: ServerVocabularyWords;
  readonly channels: Map<string, GuildSettings>;
};

export type StoredSettingsDeps = {
  readonly caps: Caps;
  readonly defaults: OperatorDefaults;
  /** In the order in which `/settings` lists them. */
  readonly serverSettings: readonly ServerSetting[];
  readonly settingsStore: GuildSettingsStore;
};

const unreadSettings: StoredGuildSettings = { set: new Map(), isLoaded: false };

/** Settings of all servers over the defaults of the operator. */
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

  get definitions(): readonly ServerSetting[] {
    return this.#sources.serverSettings;
  }

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

  /** Returns a server's settings. While unread, people have to agree. */
  getForGuild(guildId: GuildId): GuildSettings {
    return this.#findKnown(guildId).settings;
  }

  /** Returns settings with the persona of the voice channel. */
  getForChannel(guildId: GuildId, channelId: ChannelId | undefined): GuildSettings {
    const { channels, settings } = this.#findKnown(guildId);
    if (channelId === undefined) return settings;
    const known =
      channels.get(channelId) ??
      applyPersona(settings, findPersona(this.getStoredValues(guildId), channelId));
    channels.set(channelId, known);
    return known;
  }

  /** Finds why a person may not use the bot. */
  async findDenial({ caller, guildId }: AccessRequest): Promise<TextLine | undefined> {
    await this.loadGuild(guildId);
    const access = judgeAccess(this.getForGuild(guildId), caller);
    if (access === 'open') return undefined;
    return { id: access === 'blocked' ? 'access.blocked' : 'access.role' };
  }

  /** Returns the consent rules that count now. Looser rules wait, also across a restart. */
  getCurrentConsent(guildId: GuildId): ConsentPolicySettings {
    const [, former = ''] = this.#findWaitingConsent(guildId);
    if (this.getConsentWaitMs(guildId) <= 0) return this.getForGuild(guildId).consent;
    return this.previewChange(guildId, conversationSettings.consent.key, former)
      .consent;
  }

  getConsentWaitMs(guildId: GuildId): number {
    const [fromWallMs = 0] = this.#findWaitingConsent(guildId);
    return Number(fromWallMs) - this.#parts.clock.wallMs();
  }

  /** Delays new consent rules by `waitMs`. The `former` rules count until then. */
  async delayConsent(
    guildId: GuildId,
    former: ConsentPolicySettings | undefined,
    waitMs: number,
  ) {
    const fromWallMs = this.#parts.clock.wallMs() + waitMs;
    const words = former && conversationSettings.consent.format(former);
    await this.setValue(guildId, waitingConsentKey, words && `${fromWallMs} ${words}`);
  }

  #findWaitingConsent(guildId: GuildId) {
    return this.getStoredValues(guildId).get(waitingConsentKey)?.split(/ (.*)/) ?? [];
  }

  previewChange(
    guildId: GuildId,
    key: string,
    value: string | undefined,
  ): GuildSettings {
    return readGuildSettings(
      this.definitions,
      setValue(this.#getGuildTasks(guildId), key, value),
      this.choices,
    );
  }

  getStyle(guildId: GuildId, channelId?: ChannelId): ReplyStyle {
    const { style } = this.#sources.defaults;
    const {
      instructions,
      persona = {},
      voice,
    } = this.getForChannel(guildId, channelId);
    const { name = this.#parts.places.getBotName(guildId) } = persona;
    const isOwn =
      (persona.name ?? persona.instructions) !== undefined ||
      this.isSetByGuild(guildId, conversationSettings.instructions);
    // The instructions of the operator already name the bot, and those of a server need
    // not.
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

  isSetByGuild(guildId: GuildId, setting: ServerSetting): boolean {
    const words = this.#getGuildTasks(guildId).set.get(setting.key);
    return (
      words !== undefined &&
      parseStoredValue(setting, words, this.choices).kind === 'ok'
    );
  }

  findCaptionOptions(
    guildId: GuildId,
    channelId: ChannelId,
  ): CaptionOptions | undefined {
    const value = this.#getGuildTasks(guildId).set.get(toCaptionsKey(channelId));
    // Former versions kept that they are off for the rest of a session.
    if (value === undefined || value === 'off') return undefined;
    return storedCaptionsSchema.safeParse(tryParseJson(value)).data ?? {};
  }

  setCaptionOptions(
    guildId: GuildId,
    channelId: ChannelId,
    options: CaptionOptions | undefined,
  ): Promise<boolean> {
    return this.setValue(
      guildId,
      toCaptionsKey(channelId),
      options && JSON.stringify(options),
    );
  }

  isLoaded(guildId: GuildId): boolean {
    return this.#getGuildTasks(guildId).isLoaded;
  }

  /**
   * Tests whether a person sent the bot out of an `auto_join` channel that was never
   * empty since.
   */
  isChannelResting(guildId: GuildId, channelId: ChannelId): boolean {
    return this.#getGuildTasks(guildId).set.has(toRestKey(channelId));
  }

  /** Bars the bot from an `auto_join` channel until `endChannelRest`. Never throws. */
  async restChannel(guildId: GuildId, channelId: ChannelId) {
    await this.loadGuild(guildId);
    if (this.getForGuild(guildId).autoJoin.includes(channelId))
      await this.setValue(guildId, toRestKey(channelId), 'until empty');
  }

  async endChannelRest(guildId: GuildId, channelId: ChannelId) {
    await this.setValue(guildId, toRestKey(channelId), undefined);
  }

  getStoredValues(guildId: GuildId): ReadonlyMap<string, string> {
    return this.#getGuildTasks(guildId).set;
  }

  listWords(guildId: GuildId): readonly string[] {
    return this.#findKnown(guildId).words.words;
  }

  /**
   * Loads a server's settings. Returns false while the store has not answered. Never
   * throws.
   */
  async loadGuild(guildId: GuildId): Promise<boolean> {
    if (!this.#getGuildTasks(guildId).isLoaded) {
      const loading = this.#loading.get(guildId) ?? this.#readGuild(guildId);
      this.#loading.set(guildId, loading);
      await loading;
      this.#loading.delete(guildId);
    }
    return this.#getGuildTasks(guildId).isLoaded;
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
    await this.loadGuild(guildId);
    this.#servers.set(guildId, setValue(this.#getGuildTasks(guildId), key, value));
    return await tryWrite(guildId, this.#parts, () =>
      this.#sources.settingsStore.write(guildId, key, value),
    );
  }

  forgetGuild(guildId: GuildId) {
    this.#loading.delete(guildId);
    this.#servers.delete(guildId);
  }

  async #readGuild(guildId: GuildId) {
    const set = await withStoreTimeout(guildId, this.#parts, 'store.unreadable', () =>
      this.#sources.settingsStore.read(guildId),
    );
    if (!set || !this.#loading.has(guildId)) return; // forgotten meanwhile
    const typed = this.#getGuildTasks(guildId).set; // while the store could not be read: newer
    this.#servers.set(guildId, { set: new Map([...set, ...typed]), isLoaded: true });
  }

  #findKnown(guildId: GuildId) {
    const server = this.#getGuildTasks(guildId);
    const before = this.#known.get(server);
    if (before) return before;
    const settings = readGuildSettings(this.definitions, server, this.choices);
    const words = readServerWords(server.set);
    const known = { settings, words, channels: new Map<string, GuildSettings>() };
    this.#known.set(server, known);
    return known;
  }

  #getGuildTasks(guildId: GuildId) {
    return this.#servers.get(guildId) ?? unreadSettings;
  }
}

function setValue(
  { set, isLoaded }: StoredGuildSettings,
  key: string,
  value: string | undefined,
) {
  const others = [...set].filter(([one]) => one !== key);
  const own = value === undefined ? [] : [[key, value] as const];
  return { set: new Map([...others, ...own]), isLoaded };
}

const waitingConsentKey = 'consent_waits';

function toRestKey(channelId: ChannelId) {
  return `auto_join_rest:${channelId}`;
}

function toCaptionsKey(channelId: ChannelId) {
  return `captions:${channelId}`;
}

const captionTag = z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/);
/** Unreadable options count as none, since captions are on all the same. */
const storedCaptionsSchema = z.object({ translateTo: captionTag.optional() });

type ServerVocabularyWords = {
  readonly words: readonly string[];
  readonly pronounce?: Pronounce;
};

function readServerWords(set: ReadonlyMap<string, string>) {
  const all = listServerWords(set);
  const said = all.flatMap(({ word, say }) =>
    say === undefined ? [] : [{ word, say }],
  );
  const pronounce = createPronouncer(said);
  return { words: all.map(({ word }) => word), pronounce };
}
