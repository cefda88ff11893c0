import type { Clock } from '#src/base/clock.ts';
import { speakable } from '#src/chat/text/speakable.ts';
import type { Owners } from '#src/conversation/session.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';

/** Time, in ms, that it listens before it greets. It does not greet into a voice or after something else. */
const listenFirstMs = 500;

/** Greets aloud and once, and says whom the bot hears: for people who did not call it and so have read nothing of it. */
export function greetOnArrival(
  session: GreetingDeps,
  clock: Pick<Clock, 'later'>,
  people: readonly ChannelMember[],
  callerId: PersonId,
): void {
  const { loop, notices, place, speech } = session;
  const isOther = ({ id, isBot }: ChannelMember) => !isBot && id !== callerId;
  if (!speech.maySpeak() || !place.isFirst('greeted') || !people.some(isOther)) return;
  const { language } = place.settings();
  const greeting = {
    language: notices.spokenLocale(language),
    longestWaitMs: 0,
    words: () => speakable(notices.spokenText({ id: greetingOf(session) }, language)),
    ended: () => undefined,
  };
  const { nextId } = loop.state;
  const isFirstOfAll = () => loop.state.nextId === nextId;
  clock.later(listenFirstMs, () => void (isFirstOfAll() && speech.requests.put(greeting)));
}

type GreetingDeps = Owners<'consent' | 'loop' | 'notices' | 'place' | 'speech'>;

function greetingOf({ consent, place }: Owners<'consent' | 'place'>) {
  if (consent.stored.policy === 'notice') return 'join.spoken.notice';
  const isUnasked = ({ id, isBot }: ChannelMember) => !isBot && consent.standing(id) === 'unasked';
  return place.people().some(isUnasked) ? 'join.spoken' : 'join.spoken.heard';
}
