import type { GuildId } from '#src/base/ids.ts';
import { describeUntellable } from '#src/ports/talk-guide.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { listUntellable } from '#src/sessions/panel-view.ts';
import type { ShardFeatures } from '#src/sessions/shard-features.ts';
import type { ServerSessions } from '#src/sessions/voice-sessions.ts';
import { conversationSettings, isLooser } from '#src/settings/guild-settings.ts';
import {
  type CurrentSetting,
  findMentionMark,
  parseSetting,
  parseStoredValue,
  type ServerSetting,
  type SettingDeps,
  type SettingOutcome,
  type SettingsView,
} from '#src/settings/setting-definition.ts';
import { Mentions, truncate } from '#src/texts/plain-text.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Restores the value of the operator. */
const defaultWord = 'default';

/** The text `settings.channel` has space for this. */
const maxShownChars = 100;

const mentionExamples = { '#': '#channel', '@&': '@role', '@': '@name' } as const;

/** Shows and changes the settings of a server, for `/settings` and its panel. */
export class SettingsRequests {
  readonly #deps: SettingDeps;
  readonly #features: ShardFeatures;
  readonly #sessions: ServerSessions;

  constructor(deps: SettingDeps, sessions: ServerSessions, features: ShardFeatures) {
    this.#features = features;
    this.#deps = deps;
    this.#sessions = sessions;
  }

  /** Keys of all settings, in the order of `/settings view`. */
  get keys(): readonly string[] {
    return this.#sessions.settings.definitions.map(({ key }) => key);
  }

  /** Keys of the settings that a voice channel can have. */
  get channelKeys(): readonly string[] {
    return this.#sessions.settings.definitions
      .filter(({ perChannel }) => perChannel)
      .map(({ key }) => key);
  }

  /**
   * Describes all settings of a server, after loading what is stored. `key` also loads
   * the outside values of that setting, such as names of voices.
   */
  async viewSettings(guildId: GuildId, key?: string): Promise<SettingsView> {
    const { settings } = this.#sessions;
    if (key !== undefined)
      await this.#findSetting(key)?.outside?.loadValues?.(this.#deps);
    const isLoaded = await settings.loadGuild(guildId);
    if (isLoaded)
      for (const session of this.#sessions.listSessions(guildId))
        session.applySettings();
    const currentSettings = settings.definitions.map((setting) =>
      this.#describeSetting(guildId, setting),
    );
    return { all: currentSettings, choices: settings.choices, isLoaded };
  }

  #describeSetting(guildId: GuildId, setting: ServerSetting): CurrentSetting {
    const { settings } = this.#sessions;
    const { key, operator } = setting;
    const { getValue } = settings.getForGuild(guildId);
    const value = getValue(setting);
    const hindrances =
      setting.outside?.listHindrances?.(value, guildId, this.#deps, getValue) ?? [];
    const isGiven =
      operator !== undefined && settings.choices.defaults.given.has(operator);
    return {
      key,
      setting,
      value: setting.formatValue(value),
      from: settings.isSetByGuild(guildId, setting)
        ? 'server'
        : isGiven
          ? 'operator'
          : 'default',
      elsewhere: [
        ...hindrances,
        ...this.#listUntellableLines(guildId, setting),
        ...this.#listChannelLines(guildId, setting),
      ],
    };
  }

  /** Says to managers whom the policy does not hear, as nothing could tell these people. */
  #listUntellableLines(guildId: GuildId, setting: ServerSetting) {
    if (setting !== conversationSettings.consent) return [];
    const session = this.#sessions.findSession(guildId);
    return describeUntellable(session ? listUntellable(session) : []);
  }

  /** Lists the voice channels in which a setting has another value. */
  #listChannelLines(guildId: GuildId, setting: ServerSetting): readonly TextLine[] {
    if (!setting.perChannel) return [];
    const mark = findMentionMark(setting);
    const command = '/settings set';
    const own = this.#sessions.settings.listChannelTexts(guildId, setting.key);
    return own.map(([channelId, text]) => {
      // The stored text may hold a secret, which the value as it is shown does not.
      const parsed = parseStoredValue(setting, text, this.#sessions.settings.choices);
      const shown = parsed.kind === 'ok' ? setting.formatValue(parsed.value) : '?';
      const isId = mark !== undefined && /^\d/.test(shown);
      const value = isId ? new Mentions(shown, mark) : truncate(shown, maxShownChars);
      const channel = new Mentions(channelId, '#');
      return { id: 'settings.channel', with: { channel, value, command } };
    });
  }

  /** Changes a setting. `confirmed` allows more people to be heard unasked. */
  async setSetting(
    guildId: GuildId,
    typedKey: string,
    typed: string,
    confirmed?: 'confirmed',
  ): Promise<SettingOutcome> {
    const setting = this.#findSetting(typedKey);
    if (!setting) return { kind: 'unknown', keys: this.keys };
    const { key } = setting;
    const value = toStoredText(typed);
    const obstacle = await this.#findObstacle(guildId, setting, value);
    if (obstacle) return obstacle;
    const { settings } = this.#sessions;
    await settings.loadGuild(guildId);
    const preview = settings.previewChange(guildId, key, value);
    const { consent: formerConsent } = settings.getForGuild(guildId);
    const isLooserPolicy =
      setting === conversationSettings.consent &&
      isLooser(formerConsent, preview.consent);
    const { policy } = preview.consent;
    if (isLooserPolicy && !confirmed)
      return { kind: 'looser', policy, value: value ?? defaultWord };
    const saving = settings.setValue(guildId, key, value);
    for (const session of this.#sessions.listSessions(guildId))
      session.applySettings(key);
    if (setting === conversationSettings.consent)
      this.#sessions.consents.endFormerRules(guildId);
    this.#features.onGuildChanged(guildId);
    const isSaved = await saving;
    return {
      kind: 'set',
      value: setting.formatValue(settings.getForGuild(guildId).getValue(setting)),
      isSaved,
    };
  }

  /** Changes a setting for one voice channel, in which the value wins over the server's. */
  async setChannelSetting(
    { channelId, guildId }: ChannelRef,
    typedKey: string,
    typed: string,
  ): Promise<SettingOutcome> {
    const setting = this.#findSetting(typedKey);
    if (!setting) return { kind: 'unknown', keys: this.keys };
    if (!setting.perChannel) return { kind: 'server-only', keys: this.channelKeys };
    const { key } = setting;
    const value = toStoredText(typed);
    const obstacle = await this.#findObstacle(guildId, setting, value);
    if (obstacle) return obstacle;
    const { settings } = this.#sessions;
    await settings.loadGuild(guildId);
    const changes = new Map([[key, value]]);
    const saving = settings.setChannelValues(guildId, channelId, changes);
    for (const session of this.#sessions.listSessions(guildId))
      if (session.channel.channelId === channelId) session.applySettings(key, true);
    this.#features.onGuildChanged(guildId);
    const isSaved = await saving;
    const { getValue } = settings.getForChannel(guildId, channelId);
    return { kind: 'set', value: setting.formatValue(getValue(setting)), isSaved };
  }

  /** Lists the values that a setting may take, as suggestions. Empty for an unknown key. */
  listValues(key: string): readonly string[] {
    const setting = this.#findSetting(key);
    if (!setting) return [];
    // The loaded values are for the next suggestion, after further letters.
    void setting.outside?.loadValues?.(this.#deps);
    return [...setting.listValues(this.#sessions.settings.choices), defaultWord];
  }

  /** Lists values as `listValues` does, with an example of a mention if the setting takes one. */
  listExamples(key: string): readonly string[] {
    const setting = this.#findSetting(key);
    const mark = setting && findMentionMark(setting);
    return mark
      ? [...this.listValues(key), mentionExamples[mark]]
      : this.listValues(key);
  }

  #findSetting(key: string) {
    const lowerKey = key.trim().toLowerCase();
    return this.#sessions.settings.definitions.find(
      (setting) => setting.key === lowerKey,
    );
  }

  async #findObstacle(
    guildId: GuildId,
    setting: ServerSetting,
    value: string | undefined,
  ): Promise<SettingOutcome | undefined> {
    await setting.outside?.loadValues?.(this.#deps);
    if (value === undefined) return undefined;
    const parsed = parseSetting(setting, value, this.#sessions.settings.choices);
    if (parsed.kind !== 'ok') return parsed;
    const exists =
      setting.outside?.isKnownId?.(parsed.value, guildId, this.#deps) ?? true;
    return exists ? undefined : { kind: 'bad' };
  }
}

/** Undefined restores the value of the server or the operator. */
function toStoredText(typed: string) {
  const text = typed.trim();
  return text.toLowerCase() === defaultWord ? undefined : text;
}
