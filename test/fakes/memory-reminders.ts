import type { Public } from '#src/base/public.ts';
import {
  freeNumber,
  mostReminders,
  type NewReminder,
  type Reminder,
} from '#src/features/reminders/reminder.ts';
import type { ReminderStore } from '#src/features/reminders/reminder-store.ts';
import type { ServerShare } from '#src/people/server-share.ts';
import { checkReadable, checkWritable, type StoreTrouble } from './store-trouble.ts';

/** A book of reminders in memory. Set `trouble` to make it fail from then on. */
export class MemoryReminders implements Public<ReminderStore> {
  trouble: StoreTrouble | undefined;
  #all: readonly Reminder[] = [];

  async add(reminder: NewReminder): ReturnType<ReminderStore['add']> {
    checkWritable(this.trouble);
    const own = this.#of(reminder.guildId, reminder.personId);
    const number = freeNumber(new Set(own.map((one) => one.number)));
    if (number === undefined) return { kind: 'full', limit: mostReminders };
    this.#all = [...this.#all, { ...reminder, number }].toSorted(
      (one, other) => one.dueAtWallMs - other.dueAtWallMs,
    );
    return { kind: 'added', number };
  }

  async list(guildId: string, personId: string): Promise<readonly Reminder[]> {
    checkReadable(this.trouble);
    return this.#of(guildId, personId);
  }

  async soonest({ id, count }: ServerShare, limit: number): Promise<readonly Reminder[]> {
    checkReadable(this.trouble);
    const shardOf = (guildId: string) =>
      /^\d+$/.test(guildId) ? Number((BigInt(guildId) >> 22n) % BigInt(count)) : 0;
    return this.#all.filter(({ guildId }) => shardOf(guildId) === id).slice(0, limit);
  }

  async remove(id: string): Promise<boolean> {
    checkWritable(this.trouble);
    return this.#keep((one) => one.id !== id) > 0;
  }

  async withdraw(guildId: string, personId: string): Promise<number> {
    checkWritable(this.trouble);
    return this.forget(guildId, personId);
  }

  count(guildId: string, personId: string): number {
    return this.#of(guildId, personId).length;
  }

  forget(guildId: string, personId: string): number {
    return this.#keep((one) => one.guildId !== guildId || one.personId !== personId);
  }

  drop(guildId: string): number {
    return this.#keep((one) => one.guildId !== guildId);
  }

  #of(guildId: string, personId: string): readonly Reminder[] {
    return this.#all.filter((one) => one.guildId === guildId && one.personId === personId);
  }

  #keep(which: (one: Reminder) => boolean): number {
    const before = this.#all.length;
    this.#all = this.#all.filter(which);
    return before - this.#all.length;
  }
}
