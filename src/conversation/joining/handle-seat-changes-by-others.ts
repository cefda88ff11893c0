import type { SeatChange } from '#src/conversation/ports/seat-changes-by-others.ts';
import type { ChannelRef } from '#src/conversation/ports/voice-link.ts';
import type { VoiceSession } from '#src/conversation/voice-session.ts';
import type { ChannelLossHandler } from './channel-loss-handler.ts';
import type { SeatMoves } from './seat-moves.ts';

/** Reactions to changes of the bot's seats by others. */
export type SeatChangeActions = {
  readonly sessionIn: (guildId: string) => VoiceSession | undefined;
  readonly losses: ChannelLossHandler;
  readonly moves: SeatMoves;
  /** The bot does not come to that channel by itself before it was empty. */
  readonly rest: (channel: ChannelRef) => void;
  readonly guildRemoved: (guildId: string) => void;
};

/** Handles a change of the bot's seat in this server by another person. */
export function handleSeatChange(
  guildId: string,
  event: SeatChange,
  actions: SeatChangeActions,
): void {
  const session = actions.sessionIn(guildId);
  session?.context.wakeup.wake();
  switch (event.kind) {
    case 'muted':
    case 'deafened':
    case 'suppressed':
      session?.restrictions.set(event.kind, event.on);
      return;
    case 'moved':
      if (session && !session.isOver) movedByHand(session, event.channelId, actions);
      return void actions.moves.follow(guildId, event.channelId);
    case 'channel-removed':
    case 'no-view':
    case 'no-connect':
      actions.losses.lost(guildId, event);
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
  { rest }: Pick<SeatChangeActions, 'rest'>,
): void {
  if (session.channel.channelId === channelId) return;
  session.followedId = undefined;
  rest(session.channel);
}
