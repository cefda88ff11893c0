import { z } from 'zod';
import { maxReminderChars } from '#src/people/reminders.ts';
import { tool } from '#src/session/ports/tool.ts';

/** Longest description of a time, in characters. */
const maxTimeChars = 80;

/** Sets a reminder, or a timer if there is no text. */
export const setReminder = tool({
  name: 'set_reminder',
  description:
    'Sets a timer, or reminds whoever asks of something at a time: only if they ask for that.',
  schema: z.strictObject({
    when: z
      .string()
      .trim()
      .min(1)
      .max(maxTimeChars)
      .describe(
        'In English, as said: "in ten minutes", "at half past six", "tomorrow at 9 pm", "on friday at 18:30"; a date as 2026-12-24T18:30.',
      ),
    text: z
      .string()
      .trim()
      .max(maxReminderChars)
      .optional()
      .describe('What they are to be reminded of, in their own words. Left out for a timer.'),
  }),
  right: 'room',
  isDestructive: false,
  effect: 'change',
  doing: 'reminder.doing',
  ask: ({ when }) => ({ id: 'reminder.set.ask', with: { when } }),
  run: (draft, { reminders }) => reminders.set(draft),
});
