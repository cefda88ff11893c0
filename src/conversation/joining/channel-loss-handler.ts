import type { GuildNoticeQueue } from '#src/conversation/alerts/guild-notice-queue.ts';
import { writeInChat } from '#src/conversation/alerts/say-or-write.ts';
import { writtenText } from '#src/conversation/languages/localized-text.ts';
import {
  type MissingRight,
  missingRight,
  type SeatChange,
} from '#src/conversation/ports/seat-changes-by-others.ts';
import type { ChannelRef } from '#src/conversation/ports/voice-link.ts';
import type { VoiceSession } from '#src/conversation/voice-session.ts';
import { openText } from '#src/people/confidential-text.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Handles seats that other people end: the session there is left, and people read why. */
export class ChannelLossHandler {
  readonly #sessionIn: (guildId: string) => VoiceSession | undefined;
  readonly #notices: GuildNoticeQueue;

  constructor(sessionIn: (guildId: string) => VoiceSession | undefined, notices: GuildNoticeQueue) {
    this.#sessionIn = sessionIn;
    this.#notices = notices;
  }

  lost(
    guildId: string,
    { kind, channelId }: Extract<SeatChange, { kind: 'channel-removed' | MissingRight }>,
  ): void {
    if (kind === 'channel-removed') this.#removed(guildId, channelId);
    else this.#barred(guildId, channelId, kind);
  }

  /** The last word of a session; not said any more where the bot has been called again. */
  farewell(channel: ChannelRef, line: TextLine, over?: VoiceSession): void {
    const holds = () => [undefined, over].includes(this.#sessionIn(channel.guildId));
    this.#notices.report({ channel, line, holds });
  }

  /** Writes into the former channel where the bot sits now, and into the new one if the conversation begins anew. */
  moved({ channel: from, context: former }: VoiceSession, session: VoiceSession): void {
    const { channelId, name } = session.channel;
    if (from.channelId === channelId) return;
    const line = { id: 'moved', with: { channel: name } } as const;
    this.#notices.report({ channel: from, line, holds: () => !session.isOver });
    const { exchanges } = former.talk.state.history;
    const isKept = session.context.talk.state.history.exchanges.length > 0;
    if (exchanges.length === 0 || isKept) return;
    const { channel, parts } = session.context;
    writeInChat(
      openText(writtenText({ id: 'seat.returned.anew' }, from.guildId, parts)),
      channel,
      parts,
    );
  }

  #removed(guildId: string, channelId: string): void {
    const session = this.#sessionIn(guildId);
    if (session && session.channel.channelId !== channelId) return;
    session?.leave('removed');
    const channel = session?.channel ?? { guildId, channelId, name: '' };
    this.farewell(channel, { id: 'channel.removed' }, session);
  }

  /** Discord lets the bot stay where it may not be any more; it does not. */
  #barred(guildId: string, channelId: string, kind: MissingRight): void {
    const session = this.#sessionIn(guildId);
    if (session?.channel.channelId !== channelId || session.isOver) return;
    session.leave('forbidden');
    this.farewell(session.channel, missingRight(kind, session.channel), session);
  }
}
