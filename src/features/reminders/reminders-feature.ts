import type { GuildId } from '#src/base/ids.ts';
import type { Owners } from '#src/conversation/session.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import type { FeatureSession } from '#src/ports/feature-session.ts';
import { withStoreTimeout } from '#src/ports/stores.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { createReminderDelivery } from './reminder-delivery.ts';
import {
  createReminderScheduler,
  type ReminderScheduler,
} from './reminder-scheduler.ts';
import { reminderPart } from './reminder-store.ts';
import {
  cancelReminderTool,
  listRemindersTool,
  setReminderTool,
} from './reminder-tools.ts';

export type ReminderPorts = {
  readonly reminders: ReminderScheduler;
  /** Members with a lasting yes, as far as names are known. */
  readonly listAgreedPeople: (guildId: GuildId) => Promise<readonly ChannelMember[]>;
};

/**
 * Reminders, timers and messages for others.
 *
 * @example
 * import { remindersFeature } from '#src/features/reminders/reminders-feature.ts';
 *
 * remindersFeature.tools?.map(({ name }) => name); // ['set_reminder', 'list_reminders', 'cancel_reminder']
 */
export const remindersFeature: Feature<ReminderPorts> = {
  name: 'reminders',
  tools: [setReminderTool, listRemindersTool, cancelReminderTool],
  help: [
    {
      topic: 'reminders',
      buildLine: ({ talk }) =>
        talk?.mode === 'captions' ? undefined : { id: 'help.reminders' },
    },
  ],
  open: ({ store }) => ({
    openShard({ deps, sessions, shard: { id, count } }) {
      const kept = store(reminderPart);
      const due = createReminderScheduler({
        ...deps,
        store: kept,
        // Only data can cross to the thread of the store.
        shard: { id, count },
        deliver: createReminderDelivery(deps, sessions),
      });
      return {
        ports: {
          reminders: due,
          async listAgreedPeople(guildId) {
            const { answers } = await sessions.consents.loadChoices(guildId);
            return await deps.places.listMembers(guildId, answers.yes);
          },
        },
        createSession: (session) => watchArrivals(session, due),
        serve: () => due.startServing(),
        async onGuildsArrived(guildIds) {
          due.onGuildsArrived(guildIds);
          return new Set();
        },
        person: {
          forgetPerson(guildId, personId, reason) {
            due.forgetPerson(guildId, personId);
            if (reason === 'forgotten') return undefined; // their rows go with the table
            const withdraw = () => kept.removeMessages(guildId, personId);
            return () => withStoreTimeout(guildId, deps, 'store.unwritable', withdraw);
          },
        },
      };
    },
  }),
};

/** Delivers waiting reminders when people arrive, or agree in the channel. */
function watchArrivals(
  { consent, place }: Owners<'consent' | 'place'>,
  due: ReminderScheduler,
): FeatureSession {
  let here: readonly string[] = [];
  return {
    onPresence(people) {
      const agreed = people
        .map(({ id }) => id)
        .filter((id) => consent.getConsent(id) === 'always');
      const came = agreed.filter((id) => !here.includes(id));
      here = agreed;
      if (came.length > 0) due.onPeopleArrived(place.channel.guildId, came);
    },
  };
}
