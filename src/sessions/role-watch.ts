import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Wakeup } from '#src/base/loops/mailbox.ts';
import type { Owners, SessionPlace } from '#src/conversation/session.ts';
import type { ChannelMember, VoiceLink } from '#src/ports/voice-link.ts';

/** Interval in ms at which the roles of one person after the other are looked up. */
const everyMs = 2_000;

type WatchedSession = Owners<'consent' | 'notices' | 'place'>;

/**
 * Keeps what is known of the roles of those in the channel fresh, as Discord reports no change to bots; none of it is asked
 * for where hearing does not depend on roles. What could not be read stays as it was.
 *
 * Never returns. Aborting `signal` throws `signal.reason`.
 */
export async function watchRoles(
  link: VoiceLink,
  session: WatchedSession,
  clock: Clock,
  /** Woken when the settings of the server have changed. */
  governed: Wakeup,
  signal: AbortSignal,
): Promise<never> {
  signal.addEventListener('abort', () => governed.wake(), { once: true });
  for (let turn = 0; ; turn++) {
    while (!needsRoles(session.place)) {
      signal.throwIfAborted();
      await governed.wait(Number.POSITIVE_INFINITY);
    }
    await clock.sleep(everyMs, signal);
    const people = link.people();
    const person = people[turn % people.length];
    if (person) await reread(person.id, link, session, signal);
  }
}

/** The rules of a server may change at any time. */
function needsRoles({ settings }: SessionPlace) {
  const { consent, userRoleIds } = settings();
  return (consent.policy === 'role' && consent.roleId !== undefined) || userRoleIds.length > 0;
}

async function reread(
  personId: PersonId,
  link: VoiceLink,
  { consent, notices, place }: WatchedSession,
  signal: AbortSignal,
) {
  const before = rolesOf(personId, link.people());
  try {
    await link.refresh(personId, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof BotError)) throw error;
    if (place.isFirst('roles-unread')) notices.reportFailure(error, 'link');
    return;
  }
  if (rolesOf(personId, link.people()) !== before) consent.rejudge();
}

function rolesOf(personId: PersonId, people: readonly ChannelMember[]): string {
  const roleIds = people.find(({ id }) => id === personId)?.roleIds ?? [];
  return roleIds.toSorted().join();
}
