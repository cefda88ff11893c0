import { z } from 'zod';
import { readTime } from '#src/chat/text/time-phrases.ts';
import type { ServerToolPorts, ToolOutcome } from '#src/conversation/tools/tool-entry.ts';
import { outcomeOf, tool } from '#src/features/contract/tool-definition.ts';
import {
  longestReminderMs,
  maxReminderChars,
  mostReminders,
  type Reminder,
} from '#src/features/reminders/reminder-store.ts';
import { firstChars } from '#src/texts/plain.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import { dueTime } from './due-time-text.ts';

/** Longest description of a time, in characters. */
const maxTimeChars = 80;

const placeless =
  'Nothing is set: a reminder is written where it was asked for, so they have to ask with answer:text.';

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
  right: 'anyone',
  effect: 'last',
  isChange: ({ text: words }) => words === undefined,
  ask: ({ when, text: words = '' }) => ({
    id: 'tool.external.ask',
    with: { tool: 'set reminder', given: `${when}: ${words}` },
  }),
  runAnywhere: (draft, ports) => forOne(ports, (...one) => set(draft, ...one)),
});

/** Lists the reminders and timers of the asker. */
export const listReminders = tool({
  name: 'list_reminders',
  description: 'The reminders and timers of whoever asks, with their numbers and times.',
  schema: z.strictObject({}),
  right: 'anyone',
  effect: 'read',
  runAnywhere: (_call, ports) => forOne(ports, list),
});

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
  right: 'anyone',
  effect: 'last',
  async prepare({ number }, ports) {
    const effect = (await isTimer(number, ports)) ? 'change' : 'last';
    const run = (own: ServerToolPorts) => forOne(own, (...one) => cancel(number, ...one));
    const words = { tool: 'cancel reminder', given: `${number ?? 1}` };
    return { kind: 'ready', ask: { id: 'tool.external.ask', with: words }, effect, run };
  },
});

type ForOne = (personId: string, ports: ServerToolPorts) => Promise<ToolOutcome>;

/** Reminders may be changed for one asker, not for several at once. */
async function forOne(ports: ServerToolPorts, work: ForOne): Promise<ToolOutcome> {
  const [askerId, ...others] = ports.askerIds;
  if (askerId === undefined || others.length > 0) return vain({ id: 'reminder.one_asker' });
  return await work(askerId, ports);
}

async function set(
  draft: { readonly when: string; readonly text?: string },
  personId: string,
  { clock, features, place, timeZone }: ServerToolPorts,
): Promise<ToolOutcome> {
  if (!place) return { facts: { outcome: placeless }, isVain: true };
  const nowWallMs = clock.wallMs();
  const due = readTime(draft.when, { nowWallMs, timeZone });
  if (due.kind !== 'at' || due.wallMs - nowWallMs > longestReminderMs)
    return vain({ id: 'reminder.unclear' });
  const words = firstChars(visibleLine(draft.text ?? ''), maxReminderChars);
  const { guildId, channelId, name: channelName } = place;
  const added = await features.reminders.add({
    id: crypto.randomUUID(),
    guildId,
    personId,
    channelId,
    channelName,
    text: words,
    setAtWallMs: nowWallMs,
    dueAtWallMs: due.wallMs,
  });
  if (added.kind === 'full')
    return vain({ id: 'limit', with: { limit: added.limit, command: 'cancel reminder' } });
  const { number: n } = added;
  const time = dueTime(due.wallMs, { timeZone, nowWallMs, locale: 'en' });
  const shown = { n, time, text: words };
  const id = words === '' ? 'reminder.set.timer' : 'reminder.set.text';
  const { facts, line } = outcomeOf({ id, with: shown });
  return { facts: { ...facts, number: n }, line };
}

async function list(personId: string, ports: ServerToolPorts): Promise<ToolOutcome> {
  const all = await ports.features.reminders.list(ports.guildId, personId);
  if (all.length === 0) return outcomeOf({ id: 'reminder.which' });
  const facts = { reminders: all.map((one) => shown(one, ports)).join('; ') };
  return { facts, isPrivate: true };
}

async function cancel(
  number: number | undefined,
  personId: string,
  { features, guildId }: ServerToolPorts,
): Promise<ToolOutcome> {
  const meant = meantBy(number, await features.reminders.list(guildId, personId));
  const isGone = !meant || !(await features.reminders.cancel(meant.id));
  if (isGone) return vain({ id: 'reminder.which' });
  return outcomeOf({ id: 'confirm.done' });
}

/** The one of this number; left out: the only one. */
function meantBy(number: number | undefined, all: readonly Reminder[]): Reminder | undefined {
  if (number === undefined) return all.length === 1 ? all[0] : undefined;
  return all.find((one) => one.number === number);
}

/** Whether a call would cancel no more than a timer of the asker, which is set again in a word. */
async function isTimer(
  number: number | undefined,
  { askerIds: [askerId = ''], guildId, features }: ServerToolPorts,
): Promise<boolean> {
  const all = await features.reminders.list(guildId, askerId);
  return meantBy(number, all)?.text === '';
}

/** One line of a list, for a model. */
function shown(
  { number: n, dueAtWallMs, text: words }: Reminder,
  { clock, timeZone }: ServerToolPorts,
): string {
  const time = dueTime(dueAtWallMs, { timeZone, nowWallMs: clock.wallMs(), locale: 'en' });
  return `number ${n}, ${words === '' ? `a timer for ${time}` : `for ${time}: ${words}`}`;
}

/** Nothing was changed. */
function vain(line: TextLine): ToolOutcome {
  return { ...outcomeOf(line), isVain: true };
}
