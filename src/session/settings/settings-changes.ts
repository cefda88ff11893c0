import { cueLevels } from '#src/playback/reply/cue-track.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { Setting, SettingsView } from '#src/session/ports/settings.ts';
import { type SettingKey, settingKeys } from '#src/session/ports/settings.ts';
import { typedModes } from '#src/session/ports/typed-messages.ts';
import type { VoiceSessions } from '#src/session/voice-sessions.ts';
import { languageLabel, offeredLanguages } from '#src/texts/language-names.ts';
import { addressingModes } from '#src/turn/addressing/addressing-windows.ts';
import { shownCap } from './budget-settings.ts';
import { isLooser, policies, readSetting, shownValue, switches } from './guild-settings.ts';
import { never, none } from './presence-settings.ts';

/** Word that restores the operator's value. */
const standard = 'default';

/** Settings of servers: applied in the channel where the bot sits first, then stored. */
export class SessionSettings {
  readonly #pipelines: SessionDependencies['pipelines'];
  readonly #voices: SessionDependencies['voices'];
  readonly #places: Pick<SessionDependencies['places'], 'channel'>;
  readonly #sessions: VoiceSessions;
  readonly #changed: (guildId: string) => void;

  /** `changed` is called for each server that has set something. */
  constructor(
    { pipelines, places, voices }: SessionDependencies,
    sessions: VoiceSessions,
    changed: (guildId: string) => void = () => undefined,
  ) {
    this.#pipelines = pipelines;
    this.#voices = voices;
    this.#places = places;
    this.#sessions = sessions;
    this.#changed = changed;
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

  /** `default` restores the operator's value. `confirmed`: more people may be heard unasked. */
  async set(
    guildId: string,
    typedKey: string,
    typed: string,
    confirmed?: 'confirmed',
  ): Promise<Setting> {
    const key = settingKeys.find((one) => one === typedKey.trim().toLowerCase());
    if (key === undefined) return { kind: 'unknown', keys: settingKeys };
    const value = typed.trim().toLowerCase() === standard ? undefined : typed.trim();
    if (key === 'voice') await this.#voices.load();
    const obstacle = this.#obstacle(guildId, key, value);
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

  /** Allowed values of a key, as far as they can be listed; empty for an unknown key. */
  values(key: string): readonly string[] {
    const all: Readonly<Record<SettingKey, readonly string[]>> = {
      pipeline: this.#pipelines.names,
      addressing: addressingModes,
      cues: cueLevels,
      instructions: [],
      voice: this.#sessions.settings.knownVoices,
      names: [],
      dj_role: [none],
      duck_for_people: switches,
      consent: policies,
      captions_channel: [none],
      captions_days: ['0', '1', '7', '30'],
      catch_up: switches,
      recap: switches,
      memory: switches,
      auto_join: [none],
      leave_after: ['30', '60', '5m', '1h', never],
      roles: [none],
      blocked: [none],
      budget_person: [none],
      budget_day: [none],
      budget_month: [none],
      typed: typedModes,
      language: [none, ...offeredLanguages.map(languageLabel)],
      languages: [none],
      timezone: Intl.supportedValuesOf('timeZone'),
      announce: switches,
      read_channel: [none],
    };
    const known = settingKeys.find((one) => one === key.trim().toLowerCase());
    if (known === 'voice') void this.#voices.load(); // for whoever types on
    return known === undefined ? [] : [...all[known], standard];
  }

  #obstacle(guildId: string, key: SettingKey, value: string | undefined): Setting | undefined {
    if (value === undefined) return undefined;
    const read = readSetting(key, value, this.#sessions.settings.choices);
    switch (read.kind) {
      case 'ok':
        return this.#areThere(guildId, read.part.autoJoin) ? undefined : this.#bad(key);
      case 'bad':
        return this.#bad(key);
      case 'above':
        return { kind: 'above', key, cap: shownCap(read.cap) };
      case 'no-role':
        return { kind: 'no-role' };
      case 'missing':
        return { kind: 'missing', name: read.name, needs: this.#pipelines.needs(read.name) };
    }
  }

  #bad(key: SettingKey): Setting {
    return { kind: 'bad', key, allowed: this.values(key).slice(0, -1) };
  }

  #areThere(guildId: string, channelIds: readonly string[] = []): boolean {
    return channelIds.every((id) => this.#places.channel(guildId, id) !== undefined);
  }

  /** Applies changed settings to the sessions; people who are heard from now on without having been asked read of it. */
  #follow(guildId: string, looser: boolean): void {
    for (const session of this.#sessions.sessions(guildId)) session.govern();
    this.#changed(guildId);
    const session = this.#sessions.session(guildId);
    const { policy } = this.#sessions.settings.in(guildId).consent;
    if (!session || !looser || policy === 'ask') return;
    const holds = () => this.#sessions.settings.in(guildId).consent.policy === policy;
    session.context.notice({ id: `settings.told.${policy}` }, holds);
  }
}
