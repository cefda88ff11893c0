import { z } from 'zod';
import { readTime } from '#src/chat/text/time-phrases.ts';
import type { ServerToolPorts, ToolOutcome } from '#src/conversation/tools/tool-entry.ts';
import { outcomeOf, tool } from '#src/features/contract/tool-definition.ts';
import { personByName } from '#src/features/memories/person-by-name.ts';
import {
  longestMessageMs,
  longestReminderMs,
  maxReminderChars,
  mostReminders,
  type NewReminder,
} from '#src/features/reminders/reminder-store.ts';
import { firstChars } from '#src/texts/plain.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import { dueTime } from './due-time-text.ts';

/** Longest description of a time, and longest name, in characters. */
const [maxTimeChars, maxNameChars] = [80, 32];

const placeless =
  'Nothing is set: a reminder is written where it was asked for, so they have to ask with answer:text.';
const unknownPerson =
  'Nothing is set: one of the two did not say yes to you for always (/privacy allow), or no one person has that name.';

/** Sets a reminder, a timer if there is no text, or a message for another person. */
export const setReminder = tool({
  name: 'set_reminder',
  description:
    'Sets a timer, reminds whoever asks of something at a time, or tells another person something once that person comes: only if they ask for that, never for things said by others.',
  schema: z.strictObject({
    when: z
      .string()
      .trim()
      .max(maxTimeChars)
      .optional()
      .describe(
        'In English, as said: "in ten minutes", "at half past six", "tomorrow at 9 pm", "on friday at 18:30"; parts of a day by their hour, a date as 2026-12-24T18:30. Left out with `arrival_of`.',
      ),
    arrival_of: z
      .string()
      .trim()
      .min(1)
      .max(maxNameChars)
      .optional()
      .describe('Name of the other person, who is told `text` when they come.'),
    privately: z
      .boolean()
      .optional()
      .describe('True: by direct message, if they ask for that. Left out: aloud.'),
    text: z
      .string()
      .trim()
      .max(maxReminderChars)
      .optional()
      .describe(
        'What they are to be reminded of, or the other person is to be told, in their own words. Left out for a timer.',
      ),
  }),
  right: 'anyone',
  effect: 'last',
  isChange: ({ arrival_of, text: words }) => arrival_of === undefined && words === undefined,
  ask: ({ arrival_of, when = arrival_of, text: words = '' }) => ({
    id: 'tool.external.ask',
    with: { tool: 'set reminder', given: `${when}: ${words}` },
  }),
  runAnywhere: set,
});

/** Lists the reminders and timers of the asker. */
export const listReminders = tool({
  name: 'list_reminders',
  description: 'The reminders and timers of whoever asks, with their numbers and times.',
  schema: z.strictObject({}),
  right: 'anyone',
  effect: 'read',
  runAnywhere: (_call, ports) => list(ports),
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
    const { askerId, features, guildId } = ports;
    const all = await features.reminders.list(guildId, askerId);
    const [only] = all.length === 1 ? all : [];
    const meant = number === undefined ? only : all.find((one) => one.number === number);
    if (!meant) return { kind: 'refused', line: { id: 'reminder.which' } };
    const given = `${meant.number}: ${meant.text}`;
    return {
      kind: 'ready',
      ask: { id: 'tool.external.ask', with: { tool: 'cancel reminder', given } },
      effect: meant.text === '' ? 'change' : 'last', // a timer is set again in a word
      async run() {
        const isGone = !(await features.reminders.cancel(meant.id));
        return isGone ? vain({ id: 'reminder.which' }) : outcomeOf({ id: 'confirm.done' });
      },
    };
  },
});

type Draft = {
  readonly when?: string;
  readonly arrival_of?: string;
  readonly privately?: boolean;
  readonly text?: string;
};

async function set(draft: Draft, ports: ServerToolPorts): Promise<ToolOutcome> {
  const { askerId: personId, clock, features, place } = ports;
  if (!place) return { facts: { outcome: placeless }, isVain: true };
  const words = firstChars(visibleLine(draft.text ?? ''), maxReminderChars);
  const due = await dueOf({ ...draft, text: words }, personId, ports);
  if ('facts' in due) return due;
  const { guildId, channelId, name: channelName } = place;
  const added = await features.reminders.add({
    id: crypto.randomUUID(),
    guildId,
    personId,
    channelId,
    channelName,
    text: words,
    setAtWallMs: clock.wallMs(),
    ...due,
  });
  if (added.kind === 'full')
    return vain({ id: 'limit', with: { limit: added.limit, command: 'cancel reminder' } });
  const { number: n } = added;
  const time = shownTime(due, ports);
  if (words === '') return { facts: { outcome: `Timer ${n} is set; it ends at ${time}.` } };
  const { facts, line } = outcomeOf({ id: 'reminder.set.text', with: { n, time, text: words } });
  return due.isPrivate ? { facts } : { facts, line };
}

type Due = Pick<
  NewReminder,
  'addresseeId' | 'addresseeName' | 'authorName' | 'dueAtWallMs' | 'isPrivate'
>;

/** When it is due, and of a message for whom; or why there is no such time or person. */
async function dueOf(
  { arrival_of: called, privately, text, when = '' }: Draft,
  personId: string,
  { clock, features, guildId, people, timeZone }: ServerToolPorts,
): Promise<Due | ToolOutcome> {
  const nowWallMs = clock.wallMs();
  if (called === undefined) {
    const due = readTime(when, { nowWallMs, timeZone });
    return due !== undefined && due - nowWallMs <= longestReminderMs
      ? { dueAtWallMs: due }
      : vain({ id: 'reminder.unclear' });
  }
  const agreed = await features.agreedPeople(guildId);
  const author = agreed.find(({ id }) => id === personId);
  const others = agreed.filter(({ id }) => id !== personId);
  const addressee = personByName(called, others);
  if (!author || !addressee || text === '')
    return { facts: { outcome: unknownPerson }, line: { id: 'memory.no_yes' }, isVain: true };
  const isHere = people().some(({ id }) => id === addressee.id);
  return {
    addresseeId: addressee.id,
    addresseeName: firstChars(visibleLine(addressee.name), maxNameChars),
    authorName: firstChars(visibleLine(author.name), maxNameChars),
    isPrivate: privately || undefined,
    dueAtWallMs: isHere ? nowWallMs : nowWallMs + longestMessageMs,
  };
}

async function list(ports: ServerToolPorts): Promise<ToolOutcome> {
  const all = await ports.features.reminders.list(ports.guildId, ports.askerId);
  if (all.length === 0) return outcomeOf({ id: 'reminder.which' });
  const shown = all.map((one) => {
    const time = shownTime(one, ports);
    const what = one.text === '' ? `a timer for ${time}` : `for ${time}: ${one.text}`;
    return `number ${one.number}, ${what}`;
  });
  return { facts: { reminders: shown.join('; ') }, isPrivate: true };
}

/** Its instant, or the addressee at whose arrival it is told, for a model. */
function shownTime(
  { addresseeName, dueAtWallMs }: Due,
  { clock, timeZone }: ServerToolPorts,
): string {
  const shown = { timeZone, nowWallMs: clock.wallMs(), locale: 'en' } as const;
  return addresseeName ?? dueTime(dueAtWallMs, shown);
}

/** Nothing was changed. */
function vain(line: TextLine): ToolOutcome {
  return { ...outcomeOf(line), isVain: true };
}
