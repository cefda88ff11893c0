import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { Wakeup } from '#src/base/loops/mailbox.ts';
import type { SessionConsent } from '#src/conversation/consent/session-consent.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import type { ChannelMember, VoiceLink } from '#src/ports/voice-link.ts';

const lookupIntervalMs = 2_000;

type WatchedSession = {
  readonly consent: SessionConsent;
  readonly notices: ChannelNotices;
  readonly voiceChannel: SessionChannel;
};

/** Looks up the roles of participants, one each 2 s, while a setting depends on roles. Runs until `signal` is aborted. */
export async function watchRoles(
  link: VoiceLink,
  session: WatchedSession,
  clock: Clock,
  settingsChanged: Wakeup,
  signal: AbortSignal,
): Promise<never> {
  // [Discord sends changes of members](https://docs.discord.com/developers/events/gateway#privileged-intents) only to bots with a
  // privileged intent, which this one does not have.
  signal.addEventListener('abort', () => settingsChanged.wake(), { once: true });
  for (let turn = 0; ; turn++) {
    while (!dependsOnRoles(session.voiceChannel)) {
      signal.throwIfAborted();
      await settingsChanged.wait(Number.POSITIVE_INFINITY);
    }
    await clock.sleep(lookupIntervalMs, signal);
    const people = link.listPeople();
    const person = people[turn % people.length];
    if (person) await rereadRoles(person.id, link, session, signal);
  }
}

function dependsOnRoles({ getSettings }: SessionChannel) {
  const { consent, userRoleIds } = getSettings();
  return (
    (consent.policy === 'role' && consent.roleId !== undefined) ||
    userRoleIds.length > 0
  );
}

async function rereadRoles(
  personId: PersonId,
  link: VoiceLink,
  { consent, notices, voiceChannel }: WatchedSession,
  signal: AbortSignal,
) {
  const roleIdsBefore = joinRoleIds(personId, link.listPeople());
  try {
    await link.refreshMember(personId, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof BotError)) throw error;
    if (voiceChannel.isFirst('roles-unread')) notices.reportFailure(error, 'link');
    return;
  }
  if (joinRoleIds(personId, link.listPeople()) !== roleIdsBefore)
    consent.syncConversation();
}

function joinRoleIds(personId: PersonId, people: readonly ChannelMember[]) {
  const roleIds = people.find(({ id }) => id === personId)?.roleIds ?? [];
  return roleIds.toSorted().join();
}
