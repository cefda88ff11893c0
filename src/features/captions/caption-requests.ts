import type { SessionObjects } from '#src/features/contract/session-objects.ts';
import type { SaveOutcome } from '#src/ports/command-ports.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { CaptionOptions } from '#src/settings/setting-definition.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { SessionCaptions } from './session-captions.ts';

export type CaptionsOn =
  | {
      readonly kind: 'on';
      /** Channel or thread in which they are posted. */
      readonly placeId: string;
      /** True where that is the chat of the voice channel itself. */
      readonly isHere: boolean;
      readonly saved: boolean;
    }
  | { readonly kind: 'failed'; readonly line: TextLine };

export type CaptionRequests = ReturnType<typeof captionRequests>;

/** Requests about live captions: changed in the channel where the bot sits first, then in the store. */
export function captionRequests(sessions: VoiceSessions, running: SessionObjects<SessionCaptions>) {
  return {
    /** Stays on for that channel. Announced to everybody there, aloud and in writing, before the first word is written. */
    async turnOn(guildId: string, options: CaptionOptions): Promise<CaptionsOn> {
      const session = sessions.session(guildId);
      if (!session) return { kind: 'failed', line: { id: 'leave.nowhere' } };
      const { channelId } = session.channel;
      const captions = running.get(session);
      const line = await captions.turnOn(options);
      if (line) return { kind: 'failed', line };
      const saved = await sessions.settings.setCaptionsIn(guildId, channelId, options);
      const { captionsIn: placeId = channelId } = captions.panel();
      return { kind: 'on', placeId, isHere: placeId === channelId, saved };
    },

    /** Stays off for that channel. */
    async turnOff(guildId: string): Promise<SaveOutcome> {
      const session = sessions.session(guildId);
      if (!session) return { saved: true };
      const saving = sessions.settings.setCaptionsIn(guildId, session.channel.channelId, undefined);
      await running.get(session).turnOff();
      return { saved: await saving };
    },

    isOn(guildId: string) {
      return running.find(guildId)?.recorder !== undefined;
    },

    /** `isOut`: this person is heard and answered, but not written. Applies at once, and in later sessions. */
    async leaveOut(guildId: string, personId: string, isOut: boolean): Promise<SaveOutcome> {
      const saving = sessions.consents.in(guildId).leaveOut(personId, isOut);
      for (const { recorder } of running.list(guildId)) if (isOut) recorder?.leaveOut(personId);
      return { saved: await saving };
    },
  };
}
