import { z } from 'zod';
import { tool } from '#src/session/ports/tool.ts';

/** Lists the reminders and timers of the asker. */
export const listReminders = tool({
  name: 'list_reminders',
  description: 'The reminders and timers of whoever asks, with their numbers and times.',
  schema: z.strictObject({}),
  right: 'room',
  isDestructive: false,
  effect: 'none',
  doing: 'reminder.doing',
  run: (_call, { reminders }) => reminders.list(),
});
