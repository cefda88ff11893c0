import type { Clock } from '#src/base/clock.ts';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import type { EndedConversation } from '#src/conversation/build-session.ts';
import type { SessionAnswers } from '#src/conversation/hearing/session-consent.ts';
import type { History } from '#src/conversation/machine/state.ts';
import { removeFromHistory } from '#src/conversation/machine/turn-lifecycle.ts';
import { maxReturnAgeMs } from '#src/people/join-rules.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';

/**
 * Keeps the last conversation that ended in each server, for 15 minutes in which it can go on.
 *
 * @example
 * import { realClock } from '#src/base/clock.ts';
 * import { createEndedConversations } from '#src/sessions/ended-conversations.ts';
 *
 * using ended = createEndedConversations(realClock);
 * const lounge = { guildId: '1', channelId: '2', name: 'Lounge' };
 * ended.keepConversation(lounge, { version: 1, exchanges: [] }, { agreedIds: ['3'], isPaused: false });
 * ended.find(lounge)?.answers.agreedIds; // ['3']
 */
export function createEndedConversations(clock: Pick<Clock, 'later'>) {
  const all = new Map<
    string,
    EndedConversation & {
      readonly channelId: ChannelId;
      readonly stopTimer: () => void;
    }
  >();

  function forgetServer(guildId: GuildId) {
    all.get(guildId)?.stopTimer();
    all.delete(guildId);
  }

  return {
    find({ channelId, guildId }: ChannelRef): EndedConversation | undefined {
      const kept = all.get(guildId);
      return kept?.channelId === channelId ? kept : undefined;
    },
    keepConversation(
      { channelId, guildId }: ChannelRef,
      history: History,
      { agreedIds }: SessionAnswers,
    ) {
      if (history.exchanges.length === 0 && agreedIds.length === 0) return;
      forgetServer(guildId);
      const stopTimer = clock.later(maxReturnAgeMs, () => all.delete(guildId));
      const answers = { agreedIds, isPaused: false };
      all.set(guildId, { channelId, history, answers, stopTimer });
    },
    forgetPerson(guildId: GuildId, personId: PersonId) {
      const kept = all.get(guildId);
      if (kept)
        all.set(guildId, {
          ...kept,
          history: removeFromHistory(kept.history, personId),
        });
    },
    forgetServer,
    [Symbol.dispose]() {
      for (const guildId of [...all.keys()]) forgetServer(guildId);
    },
  };
}
