import { failureEventOf } from '#src/conversation/alerts/failure-event.ts';
import { leftPanel } from '#src/conversation/panel-view.ts';
import type { JoinOutcome } from '#src/conversation/ports/command-ports.ts';
import type { ChannelRef } from '#src/conversation/ports/voice-link.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { VoiceSession } from '#src/conversation/voice-session.ts';
import type { ChannelLossHandler } from './channel-loss-handler.ts';
import type { GuildTaskQueue } from './guild-task-queue.ts';
import { mayBeIn } from './join-obstacles.ts';

/** A session of a server, and when it has come to its end. */
export type SessionPlace = { readonly session: VoiceSession; life: Promise<void> };

/** Actions on the sessions of all servers that moves need. */
export type MovingSessions = {
  readonly parts: SessionDependencies;
  readonly queue: GuildTaskQueue;
  readonly losses: ChannelLossHandler;
  readonly isClosed: () => boolean;
  readonly placeIn: (guildId: string) => SessionPlace | undefined;
  /** Goes on in another channel with what the former session knows. */
  readonly goOn: (channel: ChannelRef, former: VoiceSession) => VoiceSession;
  readonly enter: (session: VoiceSession) => Promise<JoinOutcome>;
  readonly forgetSeat: (guildId: string) => void;
};

/** Sessions that go on in another channel: the newest place to go counts, in its server's turn. */
export class SeatMoves {
  readonly #sessions: MovingSessions;
  /** Moves whose turn has not come yet. */
  readonly #moves = new Map<string, { readonly former: VoiceSession; channelId: string }>();

  constructor(sessions: MovingSessions) {
    this.#sessions = sessions;
  }

  /** The session that is about to go on elsewhere in this server. */
  formerIn(guildId: string): VoiceSession | undefined {
    return this.#moves.get(guildId)?.former;
  }

  /** The bot goes nowhere any more. */
  cancel(guildId: string): void {
    this.#moves.delete(guildId);
  }

  /**
   * The session of this server goes on in that channel, once its link has ended and if it may be there. Resolves when it has
   * come or cannot. Never throws.
   */
  async follow(guildId: string, channelId: string): Promise<void> {
    const move = this.#moves.get(guildId);
    if (move) {
      move.channelId = channelId;
      return;
    }
    const former = this.#sessions.placeIn(guildId)?.session;
    if (!former || former.isOver || former.channel.channelId === channelId) return;
    this.#moves.set(guildId, { former, channelId });
    former.context.mix.passOn();
    former.leave('moved');
    const { parts, queue } = this.#sessions;
    await queue
      .run(guildId, () => this.#moveAlong(former))
      .catch((error) => parts.onEvent(guildId, failureEventOf(error, 'link')));
  }

  async #moveAlong(former: VoiceSession): Promise<void> {
    const { enter, forgetSeat, goOn, isClosed, losses, parts, placeIn } = this.#sessions;
    const { guildId } = former.channel;
    const place = placeIn(guildId);
    const isReplaced = place && place.session !== former;
    if (!isReplaced) await place?.life;
    const move = this.#moves.get(guildId);
    this.#moves.delete(guildId);
    if (isReplaced) return;
    const channel = move && parts.places.channel(guildId, move.channelId);
    if (isClosed() || !channel || !mayBeIn(channel, parts)) {
      former.context.mix.close();
      former.context.showFace(leftPanel());
      forgetSeat(guildId);
      return;
    }
    const session = goOn(channel, former);
    const { kind } = await enter(session);
    if (placeIn(guildId)?.session === session) losses.moved(former, session);
    else if (!this.#moves.has(guildId)) former.context.showFace(leftPanel());
    forgetSeat(guildId);
    // Who was sent away or moved on meanwhile was not refused.
    if (!placeIn(guildId) && kind !== 'left') losses.farewell(former.channel, { id: 'gave_up' });
  }
}
