import type { Clock } from '#src/base/clock.ts';
import { toSpeakable } from '#src/chat/text/speakable.ts';
import type { Owners } from '#src/conversation/session.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';

/** The bot listens first, so that it greets neither into a voice nor after something else. */
const listenBeforeGreetingMs = 500;

/** Greets aloud once, as people other than the caller have read nothing of it. */
export function greetOnArrival(
  session: GreetingDeps,
  clock: Pick<Clock, 'later'>,
  people: readonly ChannelMember[],
  callerId: PersonId,
): void {
  const { loop, notices, place, speech } = session;
  const isOther = ({ id, isBot }: ChannelMember) => !isBot && id !== callerId;
  if (!speech.canSpeak() || !place.isFirst('greeted') || !people.some(isOther)) return;
  const { language } = place.getSettings();
  const greeting = {
    language: notices.getSpokenLocale(language),
    maxWaitMs: 0,
    getText: () =>
      toSpeakable(notices.formatSpokenText({ id: getGreeting(session) }, language)),
    onEnded: () => undefined,
  };
  const { nextId } = loop.state;
  const isFirstOfAll = () => loop.state.nextId === nextId;
  clock.later(
    listenBeforeGreetingMs,
    () => void (isFirstOfAll() && speech.requests.queueNotice(greeting)),
  );
}

type GreetingDeps = Owners<'consent' | 'loop' | 'notices' | 'place' | 'speech'>;

function getGreeting({ consent, place }: Owners<'consent' | 'place'>) {
  if (consent.storedConsents.policy === 'notice') return 'join.spoken.notice';
  const isUnasked = ({ id, isBot }: ChannelMember) =>
    !isBot && consent.getStanding(id) === 'unasked';
  return place.listPeople().some(isUnasked) ? 'join.spoken' : 'join.spoken.heard';
}
