import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import { conversationSettings, isLooser } from '#src/settings/guild-settings.ts';
import {
  type ConsentPolicySettings,
  mentionMarkOf,
  readSetting,
  type ServerSetting,
  type SettingNow,
  type SettingOutcome,
  type SettingsView,
} from '#src/settings/setting-definition.ts';

/** Time, in ms, from the announcement of a looser policy until it counts. */
const noticeMs = 30_000;
/** Time, in ms, after which a looser policy counts that could not be announced: later sessions tell of it when they begin. */
const untoldMs = 3_600_000;

/** Word that restores the operator's value. */
const standard = 'default';

/** How people type a channel, a role or a person. */
const mentionExamples = { '#': '#channel', '@&': '@role', '@': '@name' } as const;

/** Requests about the settings of servers: a change is applied in the channel where the bot sits first, then stored. */
export class SettingsRequests {
  readonly #parts;
  readonly #sessions;

  constructor(parts: SessionDependencies, sessions: VoiceSessions) {
    this.#parts = parts;
    this.#sessions = sessions;
  }

  /** Keys of all settings, in the order in which they are listed. */
  get keys(): readonly string[] {
    return this.#sessions.settings.all.map(({ key }) => key);
  }

  /** All settings as they hold in the server; of the one named by `key`, what its values are chosen from is loaded first. */
  async view(guildId: GuildId, key?: string): Promise<SettingsView> {
    const { settings } = this.#sessions;
    if (key !== undefined) await this.#named(key)?.load?.(this.#parts);
    const isRead = await settings.load(guildId);
    if (isRead) for (const session of this.#sessions.sessions(guildId)) session.govern();
    const all = settings.all.map((setting) => this.#now(guildId, setting));
    return { all, choices: settings.choices, isRead };
  }

  #now(guildId: GuildId, setting: ServerSetting): SettingNow {
    const { settings } = this.#sessions;
    const { key, operator } = setting;
    const { of } = settings.in(guildId);
    const value = of(setting);
    const hindrances = setting.hindrances?.(value, guildId, this.#parts, of) ?? [];
    const isGiven = operator !== undefined && settings.choices.defaults.given.has(operator);
    return {
      key,
      setting,
      value: setting.shown(value),
      from: settings.isSet(guildId, setting) ? 'server' : isGiven ? 'operator' : 'default',
      elsewhere: [...hindrances, ...(setting.elsewhere?.(settings.stored(guildId)) ?? [])],
    };
  }

  /** `default` restores the operator's value. `confirmed`: more people may be heard unasked. */
  async set(
    guildId: GuildId,
    typedKey: string,
    typed: string,
    confirmed?: 'confirmed',
  ): Promise<SettingOutcome> {
    const setting = this.#named(typedKey);
    if (!setting) return { kind: 'unknown', keys: this.keys };
    const { key } = setting;
    const words = typed.trim().toLowerCase() === standard ? undefined : typed.trim();
    await setting.load?.(this.#parts);
    const obstacle = words === undefined ? undefined : this.#obstacle(guildId, setting, words);
    if (obstacle) return obstacle;
    const { settings } = this.#sessions;
    await settings.load(guildId);
    const after = settings.foresee(guildId, key, words);
    const former = settings.consentNow(guildId);
    const looser = setting === conversationSettings.consent && isLooser(former, after.consent);
    const { policy } = after.consent;
    if (looser && !confirmed) return { kind: 'looser', policy, value: words ?? standard };
    // Looser rules than the former ones do not count yet where they are still to be announced. Both change in one moment.
    const isTold = looser && this.#sessions.session(guildId) !== undefined;
    const [saved] = await Promise.all([
      settings.set(guildId, key, words),
      setting === conversationSettings.consent &&
        settings.delayConsent(guildId, isTold ? former : undefined, untoldMs),
    ]);
    this.#follow(guildId, key, looser ? former : undefined);
    return { kind: 'set', value: setting.shown(settings.in(guildId).of(setting)), saved };
  }

  /** Suggested values of a key; empty for an unknown key. */
  values(key: string): readonly string[] {
    const setting = this.#named(key);
    if (!setting) return [];
    void setting.load?.(this.#parts); // for whoever types on
    return [...setting.values(this.#sessions.settings.choices), standard];
  }

  /** Values of a key as they can be typed, those of Discord's names too. */
  examples(key: string): readonly string[] {
    const setting = this.#named(key);
    const mark = setting && mentionMarkOf(setting);
    return mark ? [...this.values(key), mentionExamples[mark]] : this.values(key);
  }

  #named(key: string): ServerSetting | undefined {
    const wanted = key.trim().toLowerCase();
    return this.#sessions.settings.all.find((one) => one.key === wanted);
  }

  #obstacle(guildId: GuildId, setting: ServerSetting, words: string): SettingOutcome | undefined {
    const read = readSetting(setting, words, this.#sessions.settings.choices);
    if (read.kind !== 'ok') return read;
    const exists = setting.exists?.(read.value, guildId, this.#parts) ?? true;
    return exists ? undefined : { kind: 'bad' };
  }

  /** Applies changed settings to the sessions. People who are to be heard without having been asked read of it 30 s before. */
  #follow(guildId: GuildId, key: string, former: ConsentPolicySettings | undefined) {
    for (const session of this.#sessions.sessions(guildId)) session.govern(key);
    this.#sessions.features.changed(guildId);
    const session = this.#sessions.session(guildId);
    const { settings } = this.#sessions;
    const { policy } = settings.in(guildId).consent;
    if (!session || !former || policy === 'ask') return;
    const rulesNow = () => JSON.stringify(settings.in(guildId).consent);
    const rules = rulesNow();
    const holds = () => rulesNow() === rules;
    const count = async () => {
      if (!holds()) return;
      await settings.delayConsent(guildId, undefined, 0);
      for (const { consent } of this.#sessions.sessions(guildId)) consent.rejudge();
    };
    session.notices.post({ id: `settings.told.${policy}` }, holds, () => {
      if (holds()) void settings.delayConsent(guildId, former, noticeMs);
      this.#parts.clock.later(noticeMs, () => void count());
    });
  }
}
