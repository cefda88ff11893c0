import { z } from 'zod';
import { parsedJson } from '#src/base/json.ts';
import { englishLanguageName } from '#src/base/language-name.ts';
import type { ReplyStyle } from '#src/pipeline/pipeline.ts';
import type { SpokenManner } from '#src/ports/command-ports.ts';
import { withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { GuildSettingsStore } from '#src/ports/stores/guild-settings-store.ts';
import type { SpeechVoice } from '#src/speech/ports.ts';
import { type Pronounce, pronounceWith } from '#src/speech/pronunciation.ts';
import type { Caps } from '#src/spending/budget-authority.ts';
import {
  conversationSettings,
  type GuildSettings,
  type StoredGuildSettings,
  settingsOf,
} from './guild-settings.ts';
import { type Persona, personaIn } from './persona.ts';
import {
  type CaptionOptions,
  type Choices,
  type ConsentPolicySettings,
  type OperatorDefaults,
  readStored,
  type ServerSetting,
  type SettingParts,
} from './setting-definition.ts';
import { wordsIn } from './stored-vocabulary-words.ts';

const unknownVoices: readonly string[] = [];

/**
 * Names of the voices that the bot may have, the same list until they change; none: not known. A model that speaks has voices of
 * its own, which cannot be listed.
 */
export function botVoices({ pipelines, voices }: SettingParts): readonly string[] {
  return pipelines.names.every((name) => name === 'chained') ? voices.known() : unknownVoices;
}

/** Settings of a server with the persona of a voice channel over them. */
function withPersona(settings: GuildSettings, persona: Persona): GuildSettings {
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
function mannerOf({ language }: Persona): string {
  return language === undefined ? '' : ` Always answer in ${englishLanguageName(language)}.`;
}

/** A reply style as whoever asked wants this answer spoken; `named` is the voice of that name. */
export function styleIn(
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
  readonly words: WordsOfServer;
  /** By voice channel. */
  readonly channels: Map<string, GuildSettings>;
};

/** Parts that only settings use. */
export type SettingSources = {
  /** Limits of the operator, below which a server may set its own. */
  readonly caps: Caps;
  readonly defaults: OperatorDefaults;
  /** All settings of servers, in the order in which they are listed. */
  readonly serverSettings: readonly ServerSetting[];
  readonly settingsStore: GuildSettingsStore;
};

const unread: StoredGuildSettings = { set: new Map(), isRead: false };

/** Settings of all servers, with the operator's defaults for the rest. */
export class StoredSettings {
  readonly #parts;
  readonly #sources;
  readonly #servers = new Map<string, StoredGuildSettings>();
  readonly #loading = new Map<string, Promise<void>>();
  readonly #known = new WeakMap<StoredGuildSettings, KnownSettings>();

  constructor(parts: SettingParts, sources: SettingSources) {
    this.#parts = parts;
    this.#sources = sources;
  }

  /** All settings, in the order in which they are listed. */
  get all(): readonly ServerSetting[] {
    return this.#sources.serverSettings;
  }

  /** Values that servers may choose from. */
  get choices(): Choices {
    const { caps, defaults } = this.#sources;
    const { pipelines, voices } = this.#parts;
    return {
      pipelines,
      voices: botVoices(this.#parts),
      knownVoices: voices.known(),
      caps,
      defaults,
    };
  }

  /** Settings as far as they are known now: until the consent policy was read, people have to agree. */
  in(guildId: GuildId): GuildSettings {
    return this.#knownIn(guildId).settings;
  }

  /** Same as `in`, with the persona of this voice channel. */
  at(guildId: GuildId, channelId: ChannelId | undefined): GuildSettings {
    const { channels, settings } = this.#knownIn(guildId);
    if (channelId === undefined) return settings;
    const persona = personaIn(this.stored(guildId), channelId);
    const known = channels.get(channelId) ?? withPersona(settings, persona);
    channels.set(channelId, known);
    return known;
  }

  /** Consent rules that count now: looser ones than those of before wait, also in the next run. */
  consentNow(guildId: GuildId): ConsentPolicySettings {
    const [, former = ''] = this.#waitingConsent(guildId);
    if (this.consentWaitMs(guildId) <= 0) return this.in(guildId).consent;
    return this.foresee(guildId, conversationSettings.consent.key, former).consent;
  }

  /** Time, in ms, until the consent rules that are set count. */
  consentWaitMs(guildId: GuildId): number {
    const [fromWallMs = 0] = this.#waitingConsent(guildId);
    return Number(fromWallMs) - this.#parts.clock.wallMs();
  }

  /** The consent rules that are set count in `waitMs`, and `former` ones until then; undefined: at once. As `set`. */
  async delayConsent(
    guildId: GuildId,
    former: ConsentPolicySettings | undefined,
    waitMs: number,
  ): Promise<void> {
    const fromWallMs = this.#parts.clock.wallMs() + waitMs;
    const words = former && conversationSettings.consent.shown(former);
    await this.set(guildId, waitingConsentKey, words && `${fromWallMs} ${words}`);
  }

  #waitingConsent(guildId: GuildId): readonly string[] {
    return this.stored(guildId).get(waitingConsentKey)?.split(/ (.*)/) ?? [];
  }

  /** Settings that would hold if a key were set so. */
  foresee(guildId: GuildId, key: string, value: string | undefined): GuildSettings {
    return settingsOf(this.all, withValue(this.#server(guildId), key, value), this.choices);
  }

  /** Style of answers there, as `at`. The operator's instructions name the bot already; those of a server need not. */
  styleIn(guildId: GuildId, channelId?: ChannelId): ReplyStyle {
    const { style } = this.#sources.defaults;
    const { instructions, persona = {}, voice } = this.at(guildId, channelId);
    const { name = this.#parts.places.botName(guildId) } = persona;
    const isOwn =
      (persona.name ?? persona.instructions) !== undefined ||
      this.isSet(guildId, conversationSettings.instructions);
    const naming = isOwn ? ` Your name is ${name}.` : '';
    const { pronounce } = this.#knownIn(guildId).words;
    return {
      ...style,
      instructions: `${instructions}${naming}${mannerOf(persona)}`,
      voice: {
        ...style.voice,
        name: voice ?? style.voice.name,
        pronounce,
      },
    };
  }

  /** Which of them the server has set itself. */
  isSet(guildId: GuildId, setting: ServerSetting): boolean {
    const words = this.#server(guildId).set.get(setting.key);
    return words !== undefined && readStored(setting, words, this.choices).kind === 'ok';
  }

  /** Options of captions that people turned on in a voice channel. */
  captionsIn(guildId: GuildId, channelId: ChannelId): CaptionOptions | undefined {
    const value = this.#server(guildId).set.get(captionsKey(channelId));
    // Former versions kept that they are off for the rest of a session.
    if (value === undefined || value === 'off') return undefined;
    return stored.safeParse(parsedJson(value)).data ?? {};
  }

  /** Stores what `captionsIn` gives; as `set`. */
  setCaptionsIn(
    guildId: GuildId,
    channelId: ChannelId,
    options: CaptionOptions | undefined,
  ): Promise<boolean> {
    return this.set(guildId, captionsKey(channelId), options && JSON.stringify(options));
  }

  /** Whether what this server has set is known. */
  isRead(guildId: GuildId): boolean {
    return this.#server(guildId).isRead;
  }

  /** True where a person sent the bot out of that channel of `auto_join`, which was never empty since. */
  isResting(guildId: GuildId, channelId: ChannelId): boolean {
    return this.#server(guildId).set.has(restKey(channelId));
  }

  /** The bot does not come to that channel by itself until `endRest`, if it is one of `auto_join`. Never throws. */
  async rest(guildId: GuildId, channelId: ChannelId): Promise<void> {
    await this.load(guildId);
    if (this.in(guildId).autoJoin.includes(channelId))
      await this.set(guildId, restKey(channelId), 'until empty');
  }

  /** Never throws. */
  async endRest(guildId: GuildId, channelId: ChannelId): Promise<void> {
    await this.set(guildId, restKey(channelId), undefined);
  }

  /** Stored values of a server, by key, as far as they are known now. */
  stored(guildId: GuildId): ReadonlyMap<string, string> {
    return this.#server(guildId).set;
  }

  /** Words that people of this server say, those added last first. */
  wordsIn(guildId: GuildId): readonly string[] {
    return this.#knownIn(guildId).words.words;
  }

  /** Asks the store until it has answered once; false when it has not. Never throws. */
  async load(guildId: GuildId): Promise<boolean> {
    if (!this.#server(guildId).isRead) {
      const loading = this.#loading.get(guildId) ?? this.#load(guildId);
      this.#loading.set(guildId, loading);
      await loading;
      this.#loading.delete(guildId);
    }
    return this.#server(guildId).isRead;
  }

  /** Holds from now on, saved or not; undefined is the operator's again. False when it could not be saved. Never throws. */
  async set(guildId: GuildId, key: string, value: string | undefined): Promise<boolean> {
    await this.load(guildId);
    this.#servers.set(guildId, withValue(this.#server(guildId), key, value));
    const saved = await withStoreTimeout(guildId, this.#parts, 'store.unwritable', async () => {
      await this.#sources.settingsStore.write(guildId, key, value);
      return true;
    });
    return saved === true;
  }

  /** Forgets the settings of the server; the store is read again when they are needed. */
  forget(guildId: GuildId): void {
    this.#loading.delete(guildId);
    this.#servers.delete(guildId);
  }

  async #load(guildId: GuildId) {
    const read = () => this.#sources.settingsStore.read(guildId);
    const set = await withStoreTimeout(guildId, this.#parts, 'store.unreadable', read);
    if (!set || !this.#loading.has(guildId)) return; // forgotten meanwhile
    const typed = this.#server(guildId).set; // while the store could not be read: newer
    this.#servers.set(guildId, { set: new Map([...set, ...typed]), isRead: true });
  }

  #knownIn(guildId: GuildId): KnownSettings {
    const server = this.#server(guildId);
    const before = this.#known.get(server);
    if (before) return before;
    const settings = settingsOf(this.all, server, this.choices);
    const words = read(server.set);
    const known = { settings, words, channels: new Map<string, GuildSettings>() };
    this.#known.set(server, known);
    return known;
  }

  #server(guildId: GuildId): StoredGuildSettings {
    return this.#servers.get(guildId) ?? unread;
  }
}

function withValue(
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
function restKey(channelId: ChannelId): string {
  return `auto_join_rest:${channelId}`;
}

/** Key under which the settings of a server hold the captions of one of its voice channels. */
function captionsKey(channelId: ChannelId): string {
  return `captions:${channelId}`;
}

const tag = z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/);
/** Options of captions; without options where they cannot be read, as captions are on all the same. */
const stored = z.object({ translateTo: tag.optional() });

/** Words of a server, those added last first, and how they are said. */
type WordsOfServer = { readonly words: readonly string[]; readonly pronounce?: Pronounce };

function read(set: ReadonlyMap<string, string>): WordsOfServer {
  const all = wordsIn(set);
  const said = all.flatMap(({ word, say }) => (say === undefined ? [] : [{ word, say }]));
  const pronounce = pronounceWith(said);
  return { words: all.map(({ word }) => word), pronounce };
}
