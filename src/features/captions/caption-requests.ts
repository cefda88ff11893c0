import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import type { SaveOutcome } from '#src/ports/command-ports.ts';
import type { SessionObjects } from '#src/ports/feature-session.ts';
import type { ServerSessions } from '#src/sessions/voice-sessions.ts';
import type { TextLine } from '#src/texts/texts.ts';
import {
  type CaptionOptions,
  removeChannelCaptions,
  saveChannelCaptions,
} from './caption-settings.ts';
import type { SessionCaptions } from './session-captions.ts';
import { listRecorders } from './transcript-recorder.ts';

/** How a request to turn captions on ended. */
export type TurnOnOutcome =
  | {
      readonly kind: 'on';
      readonly placeId: ChannelId;
      /** True for the chat of the voice channel itself. */
      readonly isHere: boolean;
      readonly saved: boolean;
    }
  /** Captions begin, with their notice, once the reason in the line is over. */
  | { readonly kind: 'waiting'; readonly line: TextLine; readonly saved: boolean }
  | { readonly kind: 'failed'; readonly line: TextLine };

/** Turns captions of a server on and off, for commands, buttons and tools. Never throws. */
export class CaptionRequests {
  readonly #sessions: ServerSessions;
  readonly #captions: SessionObjects<SessionCaptions>;

  constructor(sessions: ServerSessions, captions: SessionObjects<SessionCaptions>) {
    this.#sessions = sessions;
    this.#captions = captions;
  }

  /** Tells everybody in the channel, then begins captions and saves the choice. */
  async turnOn(guildId: GuildId, options: CaptionOptions): Promise<TurnOnOutcome> {
    const session = this.#sessions.findSession(guildId);
    if (!session) return { kind: 'failed', line: { id: 'leave.nowhere' } };
    const { channelId } = session.channel;
    const captions = this.#captions.get(session);
    const objection = await captions.turnOn(options);
    if (objection) return { kind: 'failed', line: objection };
    const saved = await saveChannelCaptions(
      guildId,
      channelId,
      options,
      this.#sessions,
    );
    const gap = captions.findGap();
    if (gap) return { kind: 'waiting', line: gap, saved };
    const { captionsChannelId: placeId = channelId } = captions.describePanel();
    return { kind: 'on', placeId, isHere: placeId === channelId, saved };
  }

  /** Ends captions, also of a session that begins or ends now. */
  async turnOff(guildId: GuildId): Promise<SaveOutcome> {
    const saves = this.#sessions.listSessions(guildId).map(async (session) => {
      const { channelId } = session.channel;
      const saving = removeChannelCaptions(guildId, channelId, this.#sessions);
      await this.#captions.get(session).turnOff();
      return await saving;
    });
    return { isSaved: (await Promise.all(saves)).every((isSaved) => isSaved) };
  }

  /** Finds why captions that are on are not written now. Undefined if they are, and without a session. */
  findGap(guildId: GuildId): TextLine | undefined {
    const session = this.#sessions.findSession(guildId);
    return session && this.#captions.get(session).findGap();
  }

  /** Tests whether lines are recorded in the server now. */
  isOn(guildId: GuildId): boolean {
    return listRecorders(this.#captions.list(guildId)).length > 0;
  }

  /** Leaves a person out of captions, or includes the person again. */
  async setLeftOut(
    guildId: GuildId,
    personId: PersonId,
    isOut: boolean,
  ): Promise<SaveOutcome> {
    const choices = this.#sessions.consents.getChoices(guildId);
    const saving = choices.saveLeftOut(personId, isOut);
    if (isOut)
      for (const { features } of this.#sessions.listSessions(guildId))
        features.forgetPerson(personId, 'left-out');
    return { isSaved: await saving };
  }
}
