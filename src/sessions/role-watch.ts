import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Wakeup } from '#src/base/loops/mailbox.ts';
import type { Owners, SessionPlace } from '#src/conversation/session.ts';
import type { ChannelMember, VoiceLink } from '#src/ports/voice-link.ts';

/** Interval in ms at which the roles of one person after the other are looked up. */
const lookupIntervalMs = 2_000;

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
  settingsChanged: Wakeup,
  signal: AbortSignal,
): Promise<never> {
  signal.addEventListener('abort', () => settingsChanged.wake(), { once: true });
  for (let turn = 0; ; turn++) {
    while (!dependsOnRoles(session.place)) {
      signal.throwIfAborted();
      await settingsChanged.wait(Number.POSITIVE_INFINITY);
    }
    await clock.sleep(lookupIntervalMs, signal);
    const people = link.listPeople();
    const person = people[turn % people.length];
    if (person) await rereadRoles(person.id, link, session, signal);
  }
}

/** The rules of a server may change at any time. */
function dependsOnRoles({ getSettings }: SessionPlace) {
  const { consent, userRoleIds } = getSettings();
  return (consent.policy === 'role' && consent.roleId !== undefined) || userRoleIds.length > 0;
}

async function rereadRoles(
  personId: PersonId,
  link: VoiceLink,
  { consent, notices, place }: WatchedSession,
  signal: AbortSignal,
) {
  const before = joinRoleIds(personId, link.listPeople());
  try {
    await link.refreshMember(personId, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof BotError)) throw error;
    if (place.isFirst('roles-unread')) notices.reportFailure(error, 'link');
    return;
  }
  if (joinRoleIds(personId, link.listPeople()) !== before) consent.refresh();
}

function joinRoleIds(personId: PersonId, people: readonly ChannelMember[]): string {
  const roleIds = people.find(({ id }) => id === personId)?.roleIds ?? [];
  return roleIds.toSorted().join();
}
