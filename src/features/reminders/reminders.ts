import type { Feature } from '#src/features/contract/feature.ts';
import { reminderPart } from '#src/features/reminders/reminder-store.ts';
import { withStoreTimeout } from '#src/ports/store-timeout.ts';
import { reminderDelivery } from './reminder-delivery.ts';
import { ReminderScheduler } from './reminder-scheduler.ts';
import { cancelReminder, listReminders, setReminder } from './reminder-tools.ts';

declare module '#src/ports/feature-ports.ts' {
  interface FeaturePorts {
    readonly reminders: ReminderScheduler;
  }
}

/** Reminders and timers: a tool sets them, and the bot tells them aloud or in writing when they are due. */
export const reminders: Feature = {
  name: 'reminders',
  tools: [setReminder, listReminders, cancelReminder],
  help: [
    {
      topic: 'reminders',
      line: ({ session }) => (session?.isSilent ? undefined : { id: 'help.reminders' }),
    },
  ],
  open: ({ store }) => ({
    shard({ parts, sessions, shard: { id, count } }) {
      const due = new ReminderScheduler({
        ...parts,
        store: store(reminderPart),
        shard: { id, count }, // what a store on another thread can be given
        deliver: reminderDelivery(parts, sessions),
      });
      return {
        ports: { reminders: due },
        serve: () => due.serve(),
        async arrived(guildIds) {
          due.arrived(guildIds);
          return new Set();
        },
        person: {
          forget: (guildId, personId) => due.forget(guildId, personId),
          withdraw: (guildId, personId) =>
            withStoreTimeout(guildId, parts, 'store.unwritable', () =>
              due.withdraw(guildId, personId),
            ),
          export: (guildId, personId) =>
            withStoreTimeout(guildId, parts, 'store.unreadable', async () => ({
              reminders: await due.list(guildId, personId),
            })),
        },
      };
    },
  }),
};
