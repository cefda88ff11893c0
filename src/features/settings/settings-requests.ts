import type { GuildId } from '#src/base/ids.ts';
import type { ShardFeatures } from '#src/sessions/shard-features.ts';
import type { ServerSessions } from '#src/sessions/voice-sessions.ts';
import { conversationSettings, isLooser } from '#src/settings/guild-settings.ts';
import {
  type ConsentPolicySettings,
  type CurrentSetting,
  findMentionMark,
  parseSetting,
  type ServerSetting,
  type SettingDeps,
  type SettingOutcome,
  type SettingsView,
} from '#src/settings/setting-definition.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Time between the announcement of a looser policy and its effect. */
const announcementMs = 30_000;
/** Delay of a looser policy that is not announced yet. */
const unannouncedMs = 3_600_000;

/** Restores the value of the operator. */
const defaultWord = 'default';

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
        ...(setting.listElsewhere?.(settings.getStoredValues(guildId)) ?? []),
      ],
    };
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
    const isDefault = typed.trim().toLowerCase() === defaultWord;
    const value = isDefault ? undefined : typed.trim();
    await setting.outside?.loadValues?.(this.#deps);
    const obstacle =
      value === undefined ? undefined : this.#findObstacle(guildId, setting, value);
    if (obstacle) return obstacle;
    const { settings } = this.#sessions;
    await settings.loadGuild(guildId);
    const preview = settings.previewChange(guildId, key, value);
    const formerConsent = settings.getCurrentConsent(guildId);
    const isLooserPolicy =
      setting === conversationSettings.consent &&
      isLooser(formerConsent, preview.consent);
    const { policy } = preview.consent;
    if (isLooserPolicy && !confirmed)
      return { kind: 'looser', policy, value: value ?? defaultWord };
    // A looser policy does not count until it is announced. Both change in one moment.
    const isTold = isLooserPolicy && this.#sessions.findSession(guildId) !== undefined;
    const [isSaved] = await Promise.all([
      settings.setValue(guildId, key, value),
      setting === conversationSettings.consent &&
        settings.delayConsent(
          guildId,
          isTold ? formerConsent : undefined,
          unannouncedMs,
        ),
    ]);
    this.#applyToSessions(guildId, key, isLooserPolicy ? formerConsent : undefined);
    return {
      kind: 'set',
      value: setting.formatValue(settings.getForGuild(guildId).getValue(setting)),
      isSaved,
    };
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

  #findObstacle(
    guildId: GuildId,
    setting: ServerSetting,
    value: string,
  ): SettingOutcome | undefined {
    const parsed = parseSetting(setting, value, this.#sessions.settings.choices);
    if (parsed.kind !== 'ok') return parsed;
    const exists =
      setting.outside?.isKnownId?.(parsed.value, guildId, this.#deps) ?? true;
    return exists ? undefined : { kind: 'bad' };
  }

  /**
   * Applies a setting to sessions. A looser policy counts 30 s after its announcement.
   */
  #applyToSessions(
    guildId: GuildId,
    key: string,
    formerConsent: ConsentPolicySettings | undefined,
  ) {
    for (const session of this.#sessions.listSessions(guildId))
      session.applySettings(key);
    this.#features.onGuildChanged(guildId);
    const session = this.#sessions.findSession(guildId);
    const { settings } = this.#sessions;
    const { policy, roleId } = settings.getForGuild(guildId).consent;
    if (!session || !formerConsent || policy === 'ask') return;
    // The rules may change again before the announcement is said.
    const isUnchanged = () => {
      const current = settings.getForGuild(guildId).consent;
      return current.policy === policy && current.roleId === roleId;
    };
    const countChange = async () => {
      if (!isUnchanged()) return;
      await settings.delayConsent(guildId, undefined, 0);
      for (const { consent } of this.#sessions.listSessions(guildId))
        consent.syncConversation();
    };
    const roles = roleId === undefined ? [] : [roleId];
    const [role = ''] = this.#deps.places.listRoleNames(guildId, roles);
    const announcement: TextLine =
      policy === 'notice'
        ? { id: 'settings.told.notice' }
        : { id: 'settings.told.role', with: { role } };
    session.notices.post(announcement, isUnchanged, () => {
      if (isUnchanged())
        void settings.delayConsent(guildId, formerConsent, announcementMs);
      this.#deps.clock.later(announcementMs, () => void countChange());
    });
  }
}
