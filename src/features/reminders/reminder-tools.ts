import { z } from 'zod';
import { readTime } from '#src/chat/text/time-phrases.ts';
import type {
  PreparedAction,
  ServerToolPorts,
  ToolOutcome,
} from '#src/conversation/tools/tool-entry.ts';
import {
  type Owned,
  outcomeOf,
  tool,
  vainOutcome,
} from '#src/features/contract/tool-definition.ts';
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
import { dueTime, longDuration } from './due-time-text.ts';
import type { ReminderPorts } from './reminders.ts';

/** What a name is told without, so that nobody's name looks like a part of a prompt: as of people who speak, letters and digits stay. */
const unplain = /[^\p{L}\p{M}\p{N}' .-]/gu;

/** Longest description of a time, and longest name, in characters. */
const [maxTimeChars, maxNameChars] = [80, 32];

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
  prepare: prepareReminder,
});

/** Lists the reminders and timers of the asker. */
export const listReminders = tool({
  name: 'list_reminders',
  description: 'The reminders and timers of whoever asks, with their numbers and times.',
  schema: z.strictObject({}),
  right: 'anyone',
  effect: 'read',
  runAnywhere: (_call, ports: ReminderToolPorts) => list(ports),
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
  async prepare({ number }, ports: ReminderToolPorts) {
    const { askerId, guildId, own } = ports;
    const all = await own.reminders.list(guildId, askerId);
    const [only] = all.length === 1 ? all : [];
    const meant = number === undefined ? only : all.find((one) => one.number === number);
    if (!meant) return { kind: 'refused', line: whichLine(all) };
    const words = { n: meant.number, time: shownTime(meant, ports) };
    return {
      kind: 'ready',
      ask: { id: 'reminder.ask.cancel', with: words },
      effect: meant.text === '' ? 'change' : 'last', // a timer is set again in a word
      async run() {
        const isGone = !(await own.reminders.cancel(meant.id));
        if (isGone) return vainOutcome({ id: 'reminder.which' });
        return outcomeOf({ id: 'reminder.cancelled', with: words });
      },
    };
  },
});

type ReminderToolPorts = Owned<ReminderPorts, ServerToolPorts>;

type Draft = {
  readonly when?: string;
  readonly arrival_of?: string;
  readonly privately?: boolean;
  readonly text?: string;
};

/** What is known to be impossible is refused before anybody is asked for a Confirm. */
async function prepareReminder(
  draft: Draft,
  ports: ReminderToolPorts,
): Promise<PreparedAction<ServerToolPorts>> {
  const { askerId: personId, clock, guildId, place } = ports;
  if (!place) return { kind: 'refused', line: { id: 'reminder.placeless' } };
  const words = firstChars(visibleLine(draft.text ?? ''), maxReminderChars);
  const due = await dueOf({ ...draft, text: words }, personId, ports);
  if ('id' in due) return { kind: 'refused', line: due };
  const { channelId, name: channelName } = place;
  const reminder = { guildId, personId, channelId, channelName, text: words, ...due };
  const isTimer = words === '';
  const run = () =>
    set({ ...reminder, id: crypto.randomUUID(), setAtWallMs: clock.wallMs() }, ports);
  return { kind: 'ready', ask: askFor(reminder, ports), effect: isTimer ? 'change' : 'last', run };
}

/** The question whether it shall be set. */
function askFor(
  reminder: Due & { readonly text: string },
  ports: ReminderToolPorts,
): TextLine<'name'> {
  const { addresseeName: to, isPrivate, text } = reminder;
  if (to === undefined)
    return { id: 'reminder.ask', with: { time: shownTime(reminder, ports), text } };
  return { id: isPrivate ? 'reminder.ask.private' : 'reminder.ask.message', with: { to, text } };
}

async function set(reminder: NewReminder, ports: ReminderToolPorts): Promise<ToolOutcome> {
  const added = await ports.own.reminders.add(reminder);
  if (added.kind === 'full')
    return vainOutcome({ id: 'limit', with: { limit: added.limit, command: 'cancel reminder' } });
  const { number: n } = added;
  const { dueAtWallMs, isPrivate, setAtWallMs, text: words } = reminder;
  const time = shownTime(reminder, ports);
  if (words === '') {
    const length = longDuration(dueAtWallMs - setAtWallMs, 'en');
    return { facts: { outcome: `Timer ${n} for ${length} is set; it ends at ${time}.` } };
  }
  const { facts, line } = outcomeOf({ id: 'reminder.set.text', with: { n, time, text: words } });
  return isPrivate ? { facts } : { facts, line };
}

type Due = Pick<
  NewReminder,
  'addresseeId' | 'addresseeName' | 'authorName' | 'dueAtWallMs' | 'isPrivate'
>;

/** When it is due, and of a message for whom; or the reason why there is no such time or person. */
async function dueOf(
  { arrival_of: called, privately, text, when = '' }: Draft,
  personId: PersonId,
  { clock, guildId, own, people, timeZone }: ReminderToolPorts,
): Promise<Due | TextLine> {
  const nowWallMs = clock.wallMs();
  if (called === undefined) {
    const due = readTime(when, { nowWallMs, timeZone });
    return due !== undefined && due - nowWallMs <= longestReminderMs
      ? { dueAtWallMs: due }
      : { id: 'reminder.unclear' };
  }
  const agreed = await own.agreedPeople(guildId);
  const author = agreed.find(({ id }) => id === personId);
  const others = agreed.filter(({ id }) => id !== personId);
  const addressee = personByName(called, others);
  if (!author || !addressee || text === '') return { id: 'reminder.no_yes', with: { to: called } };
  const isHere = people().some(({ id }) => id === addressee.id);
  return {
    addresseeId: addressee.id,
    addresseeName: firstChars(addressee.name.replace(unplain, '').trim(), maxNameChars),
    authorName: firstChars(visibleLine(author.name), maxNameChars),
    isPrivate: privately || undefined,
    dueAtWallMs: isHere ? nowWallMs : nowWallMs + longestMessageMs,
  };
}

async function list(ports: ReminderToolPorts): Promise<ToolOutcome> {
  const all = await ports.own.reminders.list(ports.guildId, ports.askerId);
  if (all.length === 0) return outcomeOf(whichLine(all));
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

function whichLine(all: readonly unknown[]): TextLine {
  return { id: all.length === 0 ? 'reminder.none' : 'reminder.which' };
}
