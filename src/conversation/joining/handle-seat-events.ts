import type { SeatEvent } from '#src/conversation/ports/seat-events.ts';
import type { ChannelRef } from '#src/conversation/ports/voice-link.ts';
import type { VoiceSession } from '#src/conversation/voice-session.ts';
import type { BotRemovals } from './bot-removals.ts';
import type { SeatMoves } from './seat-moves.ts';

/** Reactions to changes of the bot's seats by others. */
export type SeatNewsActions = {
  readonly sessionIn: (guildId: string) => VoiceSession | undefined;
  readonly losses: BotRemovals;
  readonly moves: SeatMoves;
  /** The bot does not come to that channel by itself before it was empty. */
  readonly rest: (channel: ChannelRef) => void;
  readonly guildRemoved: (guildId: string) => void;
};

/** Handles a change of the bot's seat in this server by another person. */
export function followSeatNews(guildId: string, news: SeatEvent, actions: SeatNewsActions): void {
  const session = actions.sessionIn(guildId);
  session?.context.wakeup.wake();
  switch (news.kind) {
    case 'muted':
    case 'deafened':
    case 'suppressed':
      session?.restrictions.set(news.kind, news.on);
      return;
    case 'moved':
      if (session && !session.isOver) movedByHand(session, news.channelId, actions);
      return void actions.moves.follow(guildId, news.channelId);
    case 'channel-removed':
    case 'no-view':
    case 'no-connect':
      actions.losses.lost(guildId, news);
      return;
    case 'guild-removed':
      actions.guildRemoved(guildId);
      return;
  }
}

/** A person who moves the bot does not want it to return by itself. */
function movedByHand(
  session: VoiceSession,
  channelId: string,
  { rest }: Pick<SeatNewsActions, 'rest'>,
): void {
  if (session.channel.channelId === channelId) return;
  session.followedId = undefined;
  rest(session.channel);
}
