import type { Reminder, ReminderStore } from '#src/people/reminders.ts';

/** What people asked to be told at some time, for tools and commands. */
export interface Reminders extends Pick<ReminderStore, 'add' | 'withdraw'> {
  /** Without those that were told just now. Errors: as `ReminderStore.list`. */
  list(guildId: string, personId: string): Promise<readonly Reminder[]>;
  /** Errors: as `ReminderStore.remove`. */
  cancel(id: string): Promise<boolean>;
  /** Nothing that is due now is told to this person there; the store is not told. */
  forget(guildId: string, personId: string): void;
}
