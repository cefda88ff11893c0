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

/** Time between the announcement of a looser policy and its effect. */
const announcementMs = 30_000;
/** Delay of a looser policy that is not announced yet. */
const unannouncedMs = 3_600_000;

/** Restores the value of the operator. */
const defaultWord = 'default';

const mentionExamples = { '#': '#channel', '@&': '@role', '@': '@name' } as const;

export class SettingsRequests {
  readonly #deps;
  readonly #features;
  readonly #sessions;

  constructor(deps: SettingDeps, sessions: ServerSessions, features: ShardFeatures) {
    this.#features = features;
    this.#deps = deps;
    this.#sessions = sessions;
  }

  get keys(): readonly string[] {
    return this.#sessions.settings.definitions.map(({ key }) => key);
  }

  async viewSettings(guildId: GuildId, key?: string): Promise<SettingsView> {
    const { settings } = this.#sessions;
    if (key !== undefined)
      await this.#findSetting(key)?.outside?.loadValues?.(this.#deps);
    const isLoaded = await settings.loadGuild(guildId);
    if (isLoaded)
      for (const session of this.#sessions.listSessions(guildId))
        session.applySettings();
    const all = settings.definitions.map((setting) =>
      this.#describeSetting(guildId, setting),
    );
    return { all, choices: settings.choices, isLoaded };
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
    const words = typed.trim().toLowerCase() === defaultWord ? undefined : typed.trim();
    await setting.outside?.loadValues?.(this.#deps);
    const obstacle =
      words === undefined ? undefined : this.#findObstacle(guildId, setting, words);
    if (obstacle) return obstacle;
    const { settings } = this.#sessions;
    await settings.loadGuild(guildId);
    const after = settings.previewChange(guildId, key, words);
    const former = settings.getCurrentConsent(guildId);
    const looser =
      setting === conversationSettings.consent && isLooser(former, after.consent);
    const { policy } = after.consent;
    if (looser && !confirmed)
      return { kind: 'looser', policy, value: words ?? defaultWord };
    // A looser policy does not count until it is announced. Both change in one moment.
    const isTold = looser && this.#sessions.findSession(guildId) !== undefined;
    const [isSaved] = await Promise.all([
      settings.setValue(guildId, key, words),
      setting === conversationSettings.consent &&
        settings.delayConsent(guildId, isTold ? former : undefined, unannouncedMs),
    ]);
    this.#applyToSessions(guildId, key, looser ? former : undefined);
    return {
      kind: 'set',
      value: setting.formatValue(settings.getForGuild(guildId).getValue(setting)),
      isSaved,
    };
  }

  values(key: string): readonly string[] {
    const setting = this.#findSetting(key);
    if (!setting) return [];
    // The loaded values are for the next suggestion, after further letters.
    void setting.outside?.loadValues?.(this.#deps);
    return [...setting.listValues(this.#sessions.settings.choices), defaultWord];
  }

  listExamples(key: string): readonly string[] {
    const setting = this.#findSetting(key);
    const mark = setting && findMentionMark(setting);
    return mark ? [...this.values(key), mentionExamples[mark]] : this.values(key);
  }

  #findSetting(key: string) {
    const wanted = key.trim().toLowerCase();
    return this.#sessions.settings.definitions.find((one) => one.key === wanted);
  }

  #findObstacle(
    guildId: GuildId,
    setting: ServerSetting,
    words: string,
  ): SettingOutcome | undefined {
    const read = parseSetting(setting, words, this.#sessions.settings.choices);
    if (read.kind !== 'ok') return read;
    const exists =
      setting.outside?.isKnownId?.(read.value, guildId, this.#deps) ?? true;
    return exists ? undefined : { kind: 'bad' };
  }

  /**
   * Applies a setting to sessions. A looser policy counts 30 s after its announcement.
   */
  #applyToSessions(
    guildId: GuildId,
    key: string,
    former: ConsentPolicySettings | undefined,
  ) {
    for (const session of this.#sessions.listSessions(guildId))
      session.applySettings(key);
    this.#features.onGuildChanged(guildId);
    const session = this.#sessions.findSession(guildId);
    const { settings } = this.#sessions;
    const { policy, roleId } = settings.getForGuild(guildId).consent;
    if (!session || !former || policy === 'ask') return;
    // The rules may change again before the announcement is said.
    const holds = () => {
      const now = settings.getForGuild(guildId).consent;
      return now.policy === policy && now.roleId === roleId;
    };
    const countChange = async () => {
      if (!holds()) return;
      await settings.delayConsent(guildId, undefined, 0);
      for (const { consent } of this.#sessions.listSessions(guildId))
        consent.syncConversation();
    };
    session.notices.post({ id: `settings.told.${policy}` }, holds, () => {
      if (holds()) void settings.delayConsent(guildId, former, announcementMs);
      this.#deps.clock.later(announcementMs, () => void countChange());
    });
  }
}
