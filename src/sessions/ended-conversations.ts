import type { Clock } from '#src/base/clock.ts';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import type { EndedConversation } from '#src/conversation/build-session.ts';
import type { SessionAnswers } from '#src/conversation/consent/session-consent.ts';
import type { History } from '#src/conversation/machine/state.ts';
import { removeFromHistory } from '#src/conversation/machine/turn-lifecycle.ts';
import { maxReturnAgeMs } from '#src/people/join-rules.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';

type KeptConversation = EndedConversation & {
  readonly channelId: ChannelId;
  readonly stopTimer: () => void;
};

/**
 * The last conversation that ended in each server, kept for 15 minutes in which it can go on.
 *
 * @example
 * import { realClock } from '#src/base/clock.ts';
 * import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
 * import { EndedConversations } from '#src/sessions/ended-conversations.ts';
 *
 * using ended = new EndedConversations(realClock);
 * const lounge = { guildId: toGuildId('1'), channelId: toChannelId('2'), name: 'Lounge' };
 * const answers = { agreedIds: [toPersonId('3')], isPaused: false };
 * ended.keepConversation(lounge, { version: 1, exchanges: [] }, answers);
 * ended.find(lounge)?.answers.agreedIds; // ['3']
 */
export class EndedConversations implements Disposable {
  readonly #clock;
  readonly #conversations = new Map<GuildId, KeptConversation>();

  constructor(clock: Pick<Clock, 'later'>) {
    this.#clock = clock;
  }

  /**
   * Finds the conversation that ended last in a channel. Undefined after 15 minutes, or if a later one ended in
   * another channel of the server.
   */
  find({ channelId, guildId }: ChannelRef): EndedConversation | undefined {
    const conversation = this.#conversations.get(guildId);
    return conversation?.channelId === channelId ? conversation : undefined;
  }

  /** Keeps a conversation in place of the server's former one, unless it is empty and nobody agreed. */
  keepConversation(
    { channelId, guildId }: ChannelRef,
    history: History,
    { agreedIds }: SessionAnswers,
  ): void {
    if (history.exchanges.length === 0 && agreedIds.length === 0) return;
    this.forgetServer(guildId);
    const stopTimer = this.#clock.later(maxReturnAgeMs, () =>
      this.#conversations.delete(guildId),
    );
    const answers = { agreedIds, isPaused: false };
    this.#conversations.set(guildId, { channelId, history, answers, stopTimer });
  }

  /** Removes a person's words. The consents of people stay. */
  forgetPerson(guildId: GuildId, personId: PersonId): void {
    const conversation = this.#conversations.get(guildId);
    if (!conversation) return;
    const history = removeFromHistory(conversation.history, personId);
    this.#conversations.set(guildId, { ...conversation, history });
  }

  /** Drops the conversation of a server at once. */
  forgetServer(guildId: GuildId): void {
    this.#conversations.get(guildId)?.stopTimer();
    this.#conversations.delete(guildId);
  }

  /** Drops all conversations, and stops the timers. */
  [Symbol.dispose](): void {
    for (const guildId of [...this.#conversations.keys()]) this.forgetServer(guildId);
  }
}
