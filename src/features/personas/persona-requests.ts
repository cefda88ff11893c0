import type { ChannelId, GuildId } from '#src/base/ids.ts';
import { getRightsFacts } from '#src/conversation/tools/session-tools.ts';
import { hasRight } from '#src/people/rights.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { ServerSessions } from '#src/sessions/voice-sessions.ts';
import {
  findPersona,
  formatPersona,
  type Persona,
  toPersonaKey,
} from '#src/settings/persona.ts';
import type { SettingDeps } from '#src/settings/setting-definition.ts';
import { listBotVoices } from '#src/settings/stored-settings.ts';
import { isKnownVoice } from '#src/speech/voice-names.ts';

export type PersonaCaller = {
  readonly guildId: GuildId;
  readonly id: string;
  readonly mayManage: boolean;
};

export type PersonaSaveOutcome =
  /** `saved` is false if the persona ends with the process. */
  | { readonly kind: 'saved'; readonly saved: boolean }
  | { readonly kind: 'unknown-voice'; readonly known: readonly string[] };

export type PersonaRequests = ReturnType<typeof createPersonaRequests>;

export function createPersonaRequests(deps: SettingDeps, sessions: ServerSessions) {
  const { settings } = sessions;

  async function getPersona(guildId: GuildId, channelId: ChannelId): Promise<Persona> {
    await Promise.all([settings.loadGuild(guildId), deps.voices.loadNames()]);
    return findPersona(settings.getStoredValues(guildId), channelId);
  }

  return {
    async findCurrent(
      guildId: GuildId,
    ): Promise<
      { readonly channel: ChannelRef; readonly persona: Persona } | undefined
    > {
      const channel = sessions.findSession(guildId)?.channel;
      if (!channel) return undefined;
      return { channel, persona: await getPersona(guildId, channel.channelId) };
    },
    getPersona,
    mayChangeVoice({ guildId, id, mayManage }: PersonaCaller): boolean {
      const session = sessions.findSession(guildId);
      return session
        ? hasRight('dj', getRightsFacts(id, mayManage, session.place))
        : mayManage;
    },
    /** Saves a persona, which counts from the next answer on. */
    async savePersona(
      guildId: GuildId,
      channelId: ChannelId,
      persona: Persona,
    ): Promise<PersonaSaveOutcome> {
      await getPersona(guildId, channelId);
      const { voice } = persona;
      const known = listBotVoices(deps);
      if (voice !== undefined && !isKnownVoice(voice, known))
        return { kind: 'unknown-voice', known };
      const value = formatPersona(persona);
      const saved = await settings.setValue(guildId, toPersonaKey(channelId), value);
      for (const session of sessions.listSessions(guildId)) {
        session.applySettings();
        const isHere = session.channel.channelId === channelId;
        if (isHere) session.loop.post({ kind: 'outdated' });
      }
      return { kind: 'saved', saved };
    },
  };
}
