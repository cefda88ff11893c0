import { z } from 'zod';
import { parseTimePhrase } from '#src/chat/text/time-phrases.ts';
import type {
  PreparedAction,
  ServerToolPorts,
  ToolOutcome,
} from '#src/conversation/tools/tool-entry.ts';
import {
  defineTool,
  toOutcome,
  toUnchangedOutcome,
} from '#src/features/contract/tool-definition.ts';
import { findPersonByName } from '#src/features/memories/person-by-name.ts';
import {
  maxMessageMs,
  maxReminderChars,
  maxReminderMs,
  maxReminders,
  type NewReminder,
} from '#src/features/reminders/reminder-store.ts';
import { takeFirstChars } from '#src/texts/plain-text.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { toVisibleLine } from '#src/texts/visible-line.ts';
import { formatDueTime, formatLongDuration } from './due-time-text.ts';
import type { ReminderPorts } from './reminders-feature.ts';

const unplainCharacters = /[^\p{L}\p{M}\p{N}' .-]/gu;

const [maxTimeChars, maxNameChars] = [80, 32];

/** Without a text it is a timer, and with another name a message. */
export const setReminderTool = defineTool({
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

export const listRemindersTool = defineTool({
  name: 'list_reminders',
  description:
    'The reminders and timers of whoever asks, with their numbers and times.',
  schema: z.strictObject({}),
  right: 'anyone',
  effect: 'read',
  runAnywhere: listForModel,
});

export const cancelReminderTool = defineTool({
  name: 'cancel_reminder',
  description: 'Cancels a reminder or timer of whoever asks, if they ask for that.',
  schema: z.strictObject({
    number: z
      .number()
      .int()
      .min(1)
      .max(maxReminders)
      .optional()
      .describe('Its number. Left out: the only one.'),
  }),
  right: 'anyone',
  effect: 'last',
  async prepare({ number }, ports, { reminders }: ReminderPorts) {
    const { askerId, guildId } = ports;
    const all = await reminders.listReminders(guildId, askerId);
    const [only] = all.length === 1 ? all : [];
    const meant =
      number === undefined ? only : all.find((one) => one.number === number);
    if (!meant) return { kind: 'refused', line: toWhichLine(all) };
    const words = { n: meant.number, time: formatShownTime(meant, ports) };
    return {
      kind: 'ready',
      question: { id: 'reminder.ask.cancel', with: words },
      effect: meant.text === '' ? 'change' : 'last', // a timer is set again in a word
      async run() {
        const isGone = !(await reminders.cancelReminder(meant.id));
        if (isGone) return toUnchangedOutcome({ id: 'reminder.which' });
        return toOutcome({ id: 'reminder.cancelled', with: words });
      },
    };
  },
});

type ReminderDraft = {
  readonly when?: string;
  readonly arrival_of?: string;
  readonly privately?: boolean;
  readonly text?: string;
};

async function prepareReminder(
  draft: ReminderDraft,
  ports: ServerToolPorts,
  own: ReminderPorts,
): Promise<PreparedAction<ServerToolPorts>> {
  const { askerId: personId, clock, guildId, place } = ports;
  if (!place) return { kind: 'refused', line: { id: 'reminder.placeless' } };
  const words = takeFirstChars(toVisibleLine(draft.text ?? ''), maxReminderChars);
  const due = await resolveDue({ ...draft, text: words }, ports, own);
  if ('id' in due) return { kind: 'refused', line: due };
  const { channelId, name: channelName } = place;
  const reminder = { guildId, personId, channelId, channelName, text: words, ...due };
  return {
    kind: 'ready',
    question: toConfirmLine(reminder, ports),
    effect: words === '' ? 'change' : 'last',
    run: () =>
      storeReminder(
        { ...reminder, id: crypto.randomUUID(), setAtWallMs: clock.wallMs() },
        ports,
        own,
      ),
  };
}

function toConfirmLine(
  reminder: DueReminderFields & { readonly text: string },
  ports: ServerToolPorts,
): TextLine<'name'> {
  const { message, text } = reminder;
  if (!message)
    return {
      id: 'reminder.ask',
      with: { time: formatShownTime(reminder, ports), text },
    };
  return {
    id: message.isPrivate ? 'reminder.ask.private' : 'reminder.ask.message',
    with: { to: message.addresseeName, text },
  };
}

async function storeReminder(
  reminder: NewReminder,
  ports: ServerToolPorts,
  { reminders }: ReminderPorts,
): Promise<ToolOutcome> {
  const added = await reminders.addReminder(reminder);
  if (added.kind === 'full')
    return toUnchangedOutcome({
      id: 'limit',
      with: { limit: added.limit, command: 'cancel reminder' },
    });
  const { number: n } = added;
  const { dueAtWallMs, message, setAtWallMs, text: words } = reminder;
  const time = formatShownTime(reminder, ports);
  if (words === '') {
    const length = formatLongDuration(dueAtWallMs - setAtWallMs, 'en');
    return {
      facts: { outcome: `Timer ${n} for ${length} is set; it ends at ${time}.` },
    };
  }
  const { facts, line } = toOutcome({
    id: 'reminder.set.text',
    with: { n, time, text: words },
  });
  return message?.isPrivate ? { facts } : { facts, line };
}

type DueReminderFields = Pick<NewReminder, 'dueAtWallMs' | 'message'>;

async function resolveDue(
  { arrival_of: called, privately, text, when = '' }: ReminderDraft,
  { askerId, clock, guildId, listPeople, getSettings }: ServerToolPorts,
  { listAgreedPeople }: ReminderPorts,
): Promise<DueReminderFields | TextLine> {
  const nowWallMs = clock.wallMs();
  if (called === undefined) {
    const due = parseTimePhrase(when, { nowWallMs, timeZone: getSettings().timeZone });
    return due !== undefined && due - nowWallMs <= maxReminderMs
      ? { dueAtWallMs: due }
      : { id: 'reminder.unclear' };
  }
  const agreed = await listAgreedPeople(guildId);
  const author = agreed.find(({ id }) => id === askerId);
  const others = agreed.filter(({ id }) => id !== askerId);
  const addressee = findPersonByName(called, others);
  if (!author || !addressee || text === '')
    return { id: 'reminder.no_yes', with: { to: called } };
  const isHere = listPeople().some(({ id }) => id === addressee.id);
  return {
    message: {
      addresseeId: addressee.id,
      addresseeName: takeFirstChars(
        addressee.name.replace(unplainCharacters, '').trim(),
        maxNameChars,
      ),
      authorName: takeFirstChars(toVisibleLine(author.name), maxNameChars),
      isPrivate: privately || undefined,
    },
    dueAtWallMs: isHere ? nowWallMs : nowWallMs + maxMessageMs,
  };
}

async function listForModel(
  _call: object,
  ports: ServerToolPorts,
  { reminders }: ReminderPorts,
) {
  const all = await reminders.listReminders(ports.guildId, ports.askerId);
  if (all.length === 0) return toOutcome(toWhichLine(all));
  const shown = all.map((one) => {
    const time = formatShownTime(one, ports);
    const what = one.text === '' ? `a timer for ${time}` : `for ${time}: ${one.text}`;
    return `number ${one.number}, ${what}`;
  });
  return { facts: { reminders: shown.join('; ') }, isPrivate: true };
}

function formatShownTime(
  { dueAtWallMs, message }: DueReminderFields,
  { clock, getSettings }: ServerToolPorts,
) {
  const { timeZone } = getSettings();
  const shown = { timeZone, nowWallMs: clock.wallMs(), locale: 'en' } as const;
  return message?.addresseeName ?? formatDueTime(dueAtWallMs, shown);
}

function toWhichLine(all: readonly unknown[]): TextLine {
  return { id: all.length === 0 ? 'reminder.none' : 'reminder.which' };
}
