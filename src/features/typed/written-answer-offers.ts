import type { SessionContext } from '#src/conversation/session-context.ts';
import { writtenText } from '#src/notices/notice.ts';
import { openText } from '#src/people/confidential-text.ts';
import type { FeatureSession } from '#src/ports/feature-session.ts';

/**
 * Offers written answers to people who sit there deafened: by direct message, once in each server. Who said no, or has chosen before, is
 * left alone; where direct messages are closed, nothing is shown.
 */
export function writtenAnswerOffers(context: SessionContext): FeatureSession {
  const { channel, gate, maySpeak, parts } = context;
  const { guildId, name } = channel;
  const seen = new Set<string>();

  /** It is stored first: a person is asked once at most. Never throws. */
  async function offer(personId: string): Promise<void> {
    const signal = gate.withdrawals.of(personId);
    const own = await parts.peopleSettings.load(guildId, personId);
    if (!own || own.answers !== undefined || signal.aborted) return;
    const stored = await parts.peopleSettings.change(guildId, personId, { answers: 'spoken' });
    if (!stored.saved) return;
    const line = { id: 'voice.answers.offer', with: { channel: name } } as const;
    const words = openText(writtenText(line, guildId, parts));
    await parts.messages.tell(personId, words, signal).catch(() => undefined);
  }

  return {
    attend(people) {
      if (!gate.isRead || !maySpeak()) return;
      for (const { id, isBot, isDeaf } of people) {
        if (!isDeaf || isBot || seen.has(id) || gate.standing(id) === 'no') continue;
        seen.add(id);
        void offer(id);
      }
    },
  };
}
