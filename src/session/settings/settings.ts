import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { GuildSettingsControl, Setting, SettingsView } from '#src/session/ports/settings.ts';
import { type SettingKey, settingKeys } from '#src/session/ports/settings.ts';
import type { VoiceSessions } from '#src/session/voice-sessions.ts';
import { addressingModes } from '#src/turn/addressing/addressing-windows.ts';
import {
  cueLevels,
  isLooser,
  none,
  policies,
  readSetting,
  shownValue,
  switches,
} from './guild-settings.ts';

/** What a person types to have the operator's value again. */
const standard = 'default';

/** What servers set for themselves: first in the channel where the bot sits, then in the book. */
export class SessionSettings implements GuildSettingsControl {
  readonly #pipelines: SessionDependencies['pipelines'];
  readonly #sessions: Pick<VoiceSessions, 'settings' | 'session' | 'sessions'>;

  constructor(
    { pipelines }: Pick<SessionDependencies, 'pipelines'>,
    sessions: Pick<VoiceSessions, 'settings' | 'session' | 'sessions'>,
  ) {
    this.#pipelines = pipelines;
    this.#sessions = sessions;
  }

  async view(guildId: string): Promise<SettingsView> {
    const { settings } = this.#sessions;
    const isRead = await settings.load(guildId);
    if (isRead) for (const session of this.#sessions.sessions(guildId)) session.govern();
    const here = settings.in(guildId);
    const all = settingKeys.map((key) => ({
      key,
      value: shownValue(key, here),
      isOwn: settings.isSet(guildId, key),
    }));
    return { all, isRead };
  }

  async set(
    guildId: string,
    typedKey: string,
    typed: string,
    confirmed?: 'confirmed',
  ): Promise<Setting> {
    const key = settingKeys.find((one) => one === typedKey.trim().toLowerCase());
    if (key === undefined) return { kind: 'unknown', keys: settingKeys };
    const value = typed.trim().toLowerCase() === standard ? undefined : typed.trim();
    const obstacle = this.#obstacle(key, value);
    if (obstacle) return obstacle;
    const { settings } = this.#sessions;
    await settings.load(guildId);
    const before = settings.in(guildId);
    const after = settings.foresee(guildId, key, value);
    const looser = isLooser(before.consent, after.consent);
    const { policy } = after.consent;
    if (looser && !confirmed) return { kind: 'looser', policy, value: value ?? standard };
    const saved = await settings.set(guildId, key, value);
    this.#follow(guildId, looser);
    return { kind: 'set', key, value: shownValue(key, settings.in(guildId)), saved };
  }

  values(key: string): readonly string[] {
    const all: Readonly<Record<SettingKey, readonly string[]>> = {
      pipeline: this.#pipelines.names,
      addressing: addressingModes,
      cues: cueLevels,
      instructions: [],
      voice: this.#sessions.settings.choices.voices,
      names: [],
      dj_role: [none],
      duck_for_people: switches,
      consent: policies,
      captions_channel: [none],
      captions_days: ['0', '1', '7', '30'],
      catch_up: switches,
      recap: switches,
      memory: switches,
    };
    const known = settingKeys.find((one) => one === key.trim().toLowerCase());
    return known === undefined ? [] : [...all[known], standard];
  }

  #obstacle(key: SettingKey, value: string | undefined): Setting | undefined {
    if (value === undefined) return undefined;
    const read = readSetting(key, value, this.#sessions.settings.choices);
    switch (read.kind) {
      case 'ok':
        return undefined;
      case 'bad':
        return { kind: 'bad', key, allowed: this.values(key).slice(0, -1) };
      case 'no-role':
        return { kind: 'no-role' };
      case 'missing':
        return { kind: 'missing', name: read.name, needs: this.#pipelines.needs(read.name) };
    }
  }

  /** Applies changed settings to the sessions; people who are heard from now on without having been asked are told. */
  #follow(guildId: string, looser: boolean): void {
    for (const session of this.#sessions.sessions(guildId)) session.govern();
    const session = this.#sessions.session(guildId);
    const { policy } = this.#sessions.settings.in(guildId).consent;
    if (!session || !looser || policy === 'ask') return;
    const holds = () => this.#sessions.settings.in(guildId).consent.policy === policy;
    session.context.notice({ id: `settings.told.${policy}` }, holds);
  }
}
