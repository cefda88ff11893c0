import type { SaveOutcome } from '#src/ports/command-ports.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { CaptionOptions } from '#src/settings/setting-definition.ts';
import type { CaptionsOff, CaptionsOn } from './caption-outcomes.ts';

export type CaptionRequests = ReturnType<typeof captionRequests>;

/** Requests about live captions: changed in the channel where the bot sits first, then in the store. */
export function captionRequests(sessions: VoiceSessions) {
  return {
    /** Stays on for that channel. Announced to everybody there, aloud and in writing, before the first word is written. */
    async turnOn(guildId: string, options: CaptionOptions): Promise<CaptionsOn> {
      const session = sessions.session(guildId);
      if (!session) return { kind: 'nowhere' };
      const { channelId } = session.channel;
      const turned = await session.context.features.sessions.captions.turnOn(options);
      if (turned.kind === 'failed') return turned;
      const saved = await sessions.settings.setCaptionsIn(guildId, channelId, options);
      const { placeId } = turned;
      return { kind: 'on', placeId, isHere: placeId === channelId, saved };
    },

    async turnOff(guildId: string): Promise<CaptionsOff> {
      const session = sessions.session(guildId);
      if (!session) return { kind: 'nowhere' };
      const captions = session.context.features.sessions.captions;
      const saving = sessions.settings.setCaptionsIn(guildId, session.channel.channelId, undefined);
      await captions.turnOff();
      return { kind: 'off', saved: await saving };
    },

    isOn(guildId: string): boolean {
      return sessions.session(guildId)?.context.features.sessions.captions.recorder !== undefined;
    },

    /** `isOut`: this person is heard and answered, but not written. Applies at once, and in later sessions. */
    async leaveOut(guildId: string, personId: string, isOut: boolean): Promise<SaveOutcome> {
      const saving = sessions.consents.in(guildId).leaveOut(personId, isOut);
      for (const { context } of sessions.sessions(guildId))
        if (isOut) context.features.sessions.captions.recorder?.leaveOut(personId);
      return { saved: await saving };
    },
  };
}
