import type { Owners } from '#src/conversation/session.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import { reminderPart } from '#src/features/reminders/reminder-store.ts';
import type { FeatureSession } from '#src/ports/feature-session.ts';
import { withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { reminderDelivery } from './reminder-delivery.ts';
import { ReminderScheduler } from './reminder-scheduler.ts';
import { cancelReminder, listReminders, setReminder } from './reminder-tools.ts';

export type ReminderPorts = {
  readonly reminders: ReminderScheduler;
  /** Members who said yes for always, as far as their names are known. */
  readonly agreedPeople: (guildId: GuildId) => Promise<readonly ChannelMember[]>;
};

/** Reminders, timers and messages for others: a tool sets them, and the bot tells them when they are due, or that person comes. */
export const reminders: Feature<ReminderPorts> = {
  name: 'reminders',
  tools: [setReminder, listReminders, cancelReminder],
  help: [
    {
      topic: 'reminders',
      line: ({ talk }) => (talk?.mode === 'captions' ? undefined : { id: 'help.reminders' }),
    },
  ],
  open: ({ store }) => ({
    shard({ parts, sessions, shard: { id, count } }) {
      const kept = store(reminderPart);
      const due = new ReminderScheduler({
        ...parts,
        store: kept,
        shard: { id, count }, // what a store on another thread can be given
        deliver: reminderDelivery(parts, sessions),
      });
      return {
        ports: {
          reminders: due,
          async agreedPeople(guildId) {
            const { stored } = await sessions.readConsents(guildId);
            return await parts.places.membersAmong(guildId, stored.yes);
          },
        },
        session: (session) => arrivalsIn(session, due),
        serve: () => due.serve(),
        async arrived(guildIds) {
          due.arrived(guildIds);
          return new Set();
        },
        person: {
          forgetPerson(guildId, personId, reason) {
            due.forget(guildId, personId);
            if (reason === 'forgotten') return undefined; // their rows go with the table
            const withdraw = () => kept.withdraw(guildId, personId);
            return () => withStoreTimeout(guildId, parts, 'store.unwritable', withdraw);
          },
        },
      };
    },
  }),
};

/** Tells who came, or agreed while they sat there: messages wait for them. */
function arrivalsIn(
  { consent, place }: Owners<'consent' | 'place'>,
  due: ReminderScheduler,
): FeatureSession {
  let here: readonly string[] = [];
  return {
    attend(people) {
      const agreed = people.map(({ id }) => id).filter((id) => consent.consentOf(id) === 'always');
      const came = agreed.filter((id) => !here.includes(id));
      here = agreed;
      if (came.length > 0) due.came(place.channel.guildId, came);
    },
  };
}
