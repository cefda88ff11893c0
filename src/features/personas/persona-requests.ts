import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import { getRightsFacts } from '#src/conversation/tools/session-tools.ts';
import { hasRight } from '#src/people/rights.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { ServerSessions } from '#src/sessions/voice-sessions.ts';
import { personaSettings } from '#src/settings/channel-settings.ts';
import { type Persona, personaFields } from '#src/settings/persona.ts';
import type { SettingDeps } from '#src/settings/setting-definition.ts';
import { listBotVoices } from '#src/settings/stored-settings.ts';
import { isKnownVoice } from '#src/speech/speech-engine.ts';

/** Person who reads or changes a persona. */
export type PersonaCaller = {
  readonly guildId: GuildId;
  readonly id: PersonId;
  readonly mayManage: boolean;
};

/** How a change of a persona ended. */
export type PersonaSaveOutcome =
  /** `saved` is false if the persona ends with the process. */
  | { readonly kind: 'saved'; readonly saved: boolean }
  | { readonly kind: 'unknown-voice'; readonly known: readonly string[] };

/** The persona of a voice channel. */
export type ChannelPersona = {
  readonly channel: ChannelRef;
  readonly persona: Persona;
};

/** Reads and saves the personas of voice channels. */
export class PersonaRequests {
  readonly #deps: SettingDeps;
  readonly #sessions: ServerSessions;

  constructor(deps: SettingDeps, sessions: ServerSessions) {
    this.#deps = deps;
    this.#sessions = sessions;
  }

  /** Finds the persona where the bot sits in a server. */
  async findCurrent(guildId: GuildId): Promise<ChannelPersona | undefined> {
    const channel = this.#sessions.findSession(guildId)?.channel;
    if (!channel) return undefined;
    return { channel, persona: await this.getPersona(guildId, channel.channelId) };
  }

  /** Reads the persona of a channel. Empty if nothing is set, or nothing can be read. */
  async getPersona(guildId: GuildId, channelId: ChannelId): Promise<Persona> {
    const { settings } = this.#sessions;
    await Promise.all([settings.loadGuild(guildId), this.#deps.voices.loadNames()]);
    return settings.getPersona(guildId, channelId);
  }

  /** Tests whether a person may choose the voice where the bot sits. Elsewhere managers may. */
  mayChangeVoice({ guildId, id, mayManage }: PersonaCaller): boolean {
    const session = this.#sessions.findSession(guildId);
    return session
      ? hasRight('dj', getRightsFacts(id, mayManage, session.voiceChannel))
      : mayManage;
  }

  /** Saves a persona, which counts from the next answer on. */
  async savePersona(
    guildId: GuildId,
    channelId: ChannelId,
    persona: Persona,
  ): Promise<PersonaSaveOutcome> {
    await this.getPersona(guildId, channelId);
    const { voice } = persona;
    const knownVoices = listBotVoices(this.#deps);
    if (voice !== undefined && !isKnownVoice(voice, knownVoices))
      return { kind: 'unknown-voice', known: knownVoices };
    const changes = personaFields.map(
      (field) => [personaSettings[field].key, persona[field]] as const,
    );
    const saved = await this.#sessions.settings.setChannelValues(
      guildId,
      channelId,
      new Map(changes),
    );
    for (const session of this.#sessions.listSessions(guildId)) {
      session.applySettings();
      const isHere = session.channel.channelId === channelId;
      if (isHere) session.loop.post({ kind: 'outdated' });
    }
    return { kind: 'saved', saved };
  }
}
