import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { rightsFactsOf } from '#src/conversation/tools/session-tools.ts';
import { holds } from '#src/people/rights.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import { type Persona, personaIn, personaKey, storedPersona } from '#src/settings/persona.ts';
import { botVoices } from '#src/settings/stored-settings.ts';
import { isVoiceAmong } from '#src/speech/voice-names.ts';

export type PersonaCaller = {
  readonly guildId: GuildId;
  readonly id: string;
  readonly mayManage: boolean;
};

export type PersonaSaving =
  /** `saved` is false where it holds until the process ends. */
  | { readonly kind: 'saved'; readonly saved: boolean }
  /** `known`: names there are. */
  | { readonly kind: 'unknown-voice'; readonly known: readonly string[] };

/** Requests about the persona of the bot in each voice channel. */
export class PersonaRequests {
  readonly #parts;
  readonly #sessions;

  constructor(parts: SessionDependencies, sessions: VoiceSessions) {
    this.#parts = parts;
    this.#sessions = sessions;
  }

  /** Persona in the voice channel of the bot; undefined where it sits in none. */
  async here(
    guildId: GuildId,
  ): Promise<{ readonly channel: ChannelRef; readonly persona: Persona } | undefined> {
    const channel = this.#sessions.session(guildId)?.channel;
    if (!channel) return undefined;
    return { channel, persona: await this.at(guildId, channel.channelId) };
  }

  async at(guildId: GuildId, channelId: ChannelId): Promise<Persona> {
    const { settings } = this.#sessions;
    await Promise.all([settings.load(guildId), this.#parts.voices.load()]);
    return personaIn(settings.stored(guildId), channelId);
  }

  /** Whether a person may change the voice in the voice channel of the bot. */
  mayChoose({ guildId, id, mayManage }: PersonaCaller): boolean {
    const session = this.#sessions.session(guildId);
    return session ? holds('dj', rightsFactsOf(id, mayManage, session.place)) : mayManage;
  }

  /** Stores the persona of a voice channel. It counts from the next answer on: an answer that has begun ends as it began. */
  async save(guildId: GuildId, channelId: ChannelId, persona: Persona): Promise<PersonaSaving> {
    await this.at(guildId, channelId);
    const { voice } = persona;
    const known = botVoices(this.#parts);
    if (voice !== undefined && !isVoiceAmong(voice, known)) return { kind: 'unknown-voice', known };
    const value = storedPersona(persona);
    const saved = await this.#sessions.settings.set(guildId, personaKey(channelId), value);
    const sessions = this.#sessions.sessions(guildId);
    for (const session of sessions) {
      session.govern();
      const isHere = session.channel.channelId === channelId;
      if (isHere) session.loop.post({ kind: 'outdated' });
    }
    return { kind: 'saved', saved };
  }
}
