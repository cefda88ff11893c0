import type { Owners } from '#src/conversation/session.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { toOpenText } from '#src/people/confidential-text.ts';
import type { FeatureSession } from '#src/ports/feature-session.ts';

/**
 * Offers written answers to deafened people by direct message, once in each server. People who said no or have chosen are left
 * alone.
 */
export function offerWrittenAnswers(
  session: Owners<'consent' | 'notices' | 'place' | 'speech'>,
  peopleSettings: SessionDependencies['peopleSettings'],
): FeatureSession {
  const { consent, notices, place, speech } = session;
  const { guildId, name } = place.channel;
  const seen = new Set<string>();

  /** Stored first, so that a person is asked once at most. Never throws. */
  async function offerToPerson(personId: PersonId) {
    const signal = consent.withdrawals.getSignal(personId);
    const own = await place.loadChoices(personId);
    if (!own || own.answers !== undefined || signal.aborted) return;
    const stored = await peopleSettings.changeSettings(guildId, personId, { answers: 'spoken' });
    if (!stored.isSaved) return;
    const line = { id: 'voice.answers.offer', with: { channel: name } } as const;
    const words = toOpenText(notices.formatWrittenText(line));
    await notices.tellPerson(personId, words, signal).catch(() => undefined);
  }

  return {
    onPresence(people) {
      if (!consent.isRead || !speech.canSpeak()) return;
      for (const { id, isBot, isDeaf } of people) {
        if (!isDeaf || isBot || seen.has(id) || consent.getStanding(id) === 'no') continue;
        seen.add(id);
        void offerToPerson(id);
      }
    },
  };
}
