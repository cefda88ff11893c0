import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import type { SessionObjects } from '#src/features/contract/session-objects.ts';
import type { SaveOutcome } from '#src/ports/command-ports.ts';
import type { ServerSessions } from '#src/sessions/voice-sessions.ts';
import type { CaptionOptions } from '#src/settings/setting-definition.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { SessionCaptions } from './session-captions.ts';
import { listRecorders } from './transcript-recorder.ts';

export type TurnOnOutcome =
  | {
      readonly kind: 'on';
      readonly placeId: ChannelId;
      /** True for the chat of the voice channel itself. */
      readonly isHere: boolean;
      readonly saved: boolean;
    }
  | { readonly kind: 'failed'; readonly line: TextLine };

export type CaptionRequests = ReturnType<typeof createCaptionRequests>;

export function createCaptionRequests(
  sessions: ServerSessions,
  running: SessionObjects<SessionCaptions>,
) {
  return {
    /** Tells everybody in the channel, then begins captions and saves the choice. */
    async turnOn(guildId: GuildId, options: CaptionOptions): Promise<TurnOnOutcome> {
      const session = sessions.findSession(guildId);
      if (!session) return { kind: 'failed', line: { id: 'leave.nowhere' } };
      const { channelId } = session.channel;
      const captions = running.get(session);
      const line = await captions.turnOn(options);
      if (line) return { kind: 'failed', line };
      const saved = await sessions.settings.setCaptionOptions(
        guildId,
        channelId,
        options,
      );
      const { captionsChannelId: placeId = channelId } = captions.describePanel();
      return { kind: 'on', placeId, isHere: placeId === channelId, saved };
    },

    /** Ends captions, also of a session that begins or ends now. */
    async turnOff(guildId: GuildId): Promise<SaveOutcome> {
      const saved = sessions.listSessions(guildId).map(async (session) => {
        const saving = sessions.settings.setCaptionOptions(
          guildId,
          session.channel.channelId,
          undefined,
        );
        await running.get(session).turnOff();
        return await saving;
      });
      return { isSaved: (await Promise.all(saved)).every((isSaved) => isSaved) };
    },

    isOn(guildId: GuildId): boolean {
      return listRecorders(running.list(guildId)).length > 0;
    },

    /** Leaves a person out of captions, or includes the person again. */
    async setLeftOut(
      guildId: GuildId,
      personId: PersonId,
      isOut: boolean,
    ): Promise<SaveOutcome> {
      const saving = sessions.consents.getChoices(guildId).saveLeftOut(personId, isOut);
      if (isOut)
        for (const captions of running.list(guildId))
          captions.forgetPerson(personId, 'left-out');
      return { isSaved: await saving };
    },
  };
}
