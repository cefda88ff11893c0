import { z } from 'zod';
import { mostReminders } from '#src/people/reminders.ts';
import { tool } from '#src/session/ports/tool.ts';

/** Cancels one reminder or timer of the asker. */
export const cancelReminder = tool({
  name: 'cancel_reminder',
  description: 'Cancels a reminder or timer of whoever asks, if they ask for that.',
  schema: z.strictObject({
    number: z
      .number()
      .int()
      .min(1)
      .max(mostReminders)
      .optional()
      .describe('Its number. Left out: the only one.'),
  }),
  right: 'room',
  isDestructive: false,
  effect: 'change',
  doing: 'reminder.doing',
  ask: () => ({ id: 'reminder.cancel.ask' }),
  run: ({ number }, { reminders }) => reminders.cancel(number),
});
