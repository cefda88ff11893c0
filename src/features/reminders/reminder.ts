/** A person's reminder for an instant. */
export type Reminder = {
  /** Never the same again. */
  readonly id: string;
  /** Number by which its person names it: 1 to `mostReminders`, the smallest that was free. */
  readonly number: number;
  readonly guildId: string;
  readonly personId: string;
  /** Voice channel where it was asked for, and is written. */
  readonly channelId: string;
  readonly channelName: string;
  /** Subject in the words of the person; empty for a timer. */
  readonly text: string;
  readonly setAtWallMs: number;
  readonly dueAtWallMs: number;
};

export type NewReminder = Omit<Reminder, 'number'>;

/** Reminders that one person may have in one server. */
export const mostReminders = 20;
/** Longest text of a reminder, in characters. */
export const maxReminderChars = 200;
/** Longest time until a reminder, in ms: a year. */
export const longestReminderMs = 366 * 86_400_000;

/** The number a new one gets; undefined where there are as many as may be. */
export function freeNumber(taken: ReadonlySet<number>): number | undefined {
  for (let number = 1; number <= mostReminders; number++) {
    if (!taken.has(number)) return number;
  }
  return undefined;
}
