import { z } from 'zod';
import { parseTimePhrase } from '#src/chat/text/time-phrases.ts';
import type { ChangeAct, LastingAct } from '#src/conversation/machine/wish.ts';
import type {
  ChangeOutcome,
  ServerToolPorts,
  ToolOutcome,
} from '#src/conversation/tools/tool-entry.ts';
import {
  defineTool,
  type FeatureTool,
  type PreparedCall,
  toOutcome,
  toUnchangedOutcome,
} from '#src/features/contract/tool-definition.ts';
import { findPersonByName } from '#src/features/memories/person-by-name.ts';
import {
  type AddedReminder,
  maxMessageMs,
  maxReminderChars,
  maxReminderMs,
  maxReminders,
  type NewReminder,
  type Reminder,
} from '#src/stores/reminder-store.ts';
import { takeFirstChars, toVisibleLine } from '#src/texts/plain-text.ts';
import type { AnyLine, TextLine } from '#src/texts/texts.ts';
import { formatDueTime, formatLongDuration } from '#src/texts/wall-time.ts';
import type { ReminderPorts } from './reminders-feature.ts';

const unplainCharacters = /[^\p{L}\p{M}\p{N}' .-]/gu;

const lastingAct: LastingAct = {
  writes: 'row',
  noticedBy: 'asker',
  undoneBy: 'asker',
};

/** A timer holds no words, and anybody in the room may cancel it or set it again. */
function createTimerAct(undo: string): ChangeAct {
  return { writes: 'row', noticedBy: 'everybody', undoneBy: 'room', undo };
}

const [maxTimeChars, maxNameChars] = [80, 32];
/** A timer of at least so many ms has its end told. */
const minEndTimeMs = 600_000;
/** Longer times are told in minutes, and then by their end. */
const [maxToldSeconds, maxToldMinutes] = [60, 100];

/** Sets a reminder, a timer if there is no text, or a message if another person is named. */
export const setReminderTool: FeatureTool<ReminderPorts> = defineTool({
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
  act: lastingAct,
  prepare: prepareReminder,
});

/** Tells the model the reminders of the asker. */
export const listRemindersTool: FeatureTool<ReminderPorts> = defineTool({
  name: 'list_reminders',
  description:
    'The reminders and timers of whoever asks, with their numbers and times.',
  schema: z.strictObject({}),
  right: 'anyone',
  act: { writes: 'nothing' },
  runAnywhere: listForModel,
});

/** Cancels a reminder of the asker. A reminder with a text is cancelled after Confirm. */
export const cancelReminderTool: FeatureTool<ReminderPorts> = defineTool({
  name: 'cancel_reminder',
  description:
    'Cancels a reminder or timer of whoever asks, or a timer of somebody else here, if they ask for that.',
  schema: z.strictObject({
    of: z
      .string()
      .trim()
      .min(1)
      .max(maxNameChars)
      .optional()
      .describe('Name of the other person whose timer it is.'),
    number: z
      .number()
      .int()
      .min(1)
      .max(maxReminders)
      .optional()
      .describe('Its number. Left out: the only one.'),
  }),
  right: 'anyone',
  act: lastingAct,
  prepare: prepareCancel,
});

async function prepareCancel(
  { number, of: ownerName }: CancelCall,
  ports: ServerToolPorts,
  reminderPorts: ReminderPorts,
  signal: AbortSignal,
): Promise<PreparedCall> {
  const { reminders } = reminderPorts;
  const listed = await listCancellable(ownerName, ports, reminderPorts, signal);
  const [onlyReminder] = listed.length === 1 ? listed : [];
  const reminder =
    number === undefined
      ? onlyReminder
      : listed.find((candidate) => candidate.number === number);
  if (!reminder) return { kind: 'refused', line: toWhichLine(listed) };
  const fields = { n: reminder.number, time: formatShownTime(reminder, ports) };
  return {
    kind: 'ready',
    question: { id: 'reminder.ask.cancel', with: fields },
    act: reminder.text === '' ? createTimerAct('set_reminder') : lastingAct,
    async run() {
      const isGone = !(await reminders.cancelReminder(reminder.id));
      if (isGone) return toUnchangedOutcome({ id: 'reminder.which' });
      return toOutcome({ id: 'reminder.cancelled', with: fields });
    },
  };
}

type CancelCall = {
  readonly number?: number | undefined;
  readonly of?: string | undefined;
};

/** Lists all reminders of the asker, or the timers that somebody else in the room set for this channel. */
async function listCancellable(
  ownerName: string | undefined,
  { askerId, guildId, isAllowed, listPeople }: ServerToolPorts,
  { reminders }: ReminderPorts,
  signal: AbortSignal,
): Promise<readonly Reminder[]> {
  if (ownerName === undefined) return await reminders.listReminders(guildId, askerId);
  const owner = findPersonByName(ownerName, listPeople());
  if (!owner || !(await isAllowed('room', askerId, signal))) return [];
  const listed = await reminders.listReminders(guildId, owner.id);
  if (owner.id === askerId) return listed;
  // A timer is told where its owner sits, wherever it was set, and holds no words.
  return listed.filter(({ text }) => text === '');
}

type ReminderDraft = {
  readonly when?: string;
  readonly arrival_of?: string;
  readonly privately?: boolean;
  readonly text?: string;
};

async function prepareReminder(
  draft: ReminderDraft,
  ports: ServerToolPorts,
  reminderPorts: ReminderPorts,
): Promise<PreparedCall> {
  const { askerId: personId, clock, guildId, place } = ports;
  if (!place) return { kind: 'refused', line: { id: 'reminder.placeless' } };
  const text = takeFirstChars(toVisibleLine(draft.text ?? ''), maxReminderChars);
  const due = await resolveDue({ ...draft, text }, ports, reminderPorts);
  if ('id' in due) return { kind: 'refused', line: due };
  const { channelId, name: channelName } = place;
  const reminder = { guildId, personId, channelId, channelName, text, ...due };
  const ready = { kind: 'ready', question: toConfirmLine(reminder, ports) } as const;
  const createReminder = () => {
    return { ...reminder, id: crypto.randomUUID(), setAtWallMs: clock.wallMs() };
  };
  return text === ''
    ? {
        ...ready,
        act: createTimerAct('cancel_reminder'),
        run: () => storeTimer(createReminder(), ports, reminderPorts),
      }
    : { ...ready, run: () => storeReminder(createReminder(), ports, reminderPorts) };
}

function toConfirmLine(
  reminder: DueReminderFields & { readonly text: string },
  ports: ServerToolPorts,
): AnyLine<'name'> {
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

function toFullOutcome({ limit }: Extract<AddedReminder, { kind: 'full' }>) {
  return toUnchangedOutcome({
    id: 'limit',
    with: { limit, command: 'cancel reminder' },
  });
}

async function storeTimer(
  timer: NewReminder,
  ports: ServerToolPorts,
  { reminders }: ReminderPorts,
): Promise<ChangeOutcome> {
  const added = await reminders.addReminder(timer);
  if (added.kind === 'full') return toFullOutcome(added);
  const { number: n } = added;
  const ms = timer.dueAtWallMs - timer.setAtWallMs;
  const time = formatShownTime(timer, ports);
  const end = ms < minEndTimeMs ? '' : `; it ends at ${time}`;
  return {
    facts: { outcome: `Timer ${n} for ${formatLongDuration(ms, 'en')} is set${end}.` },
    line: toTimerLine(n, ms, time),
  };
}

/** Of a short timer its length is told, as an end in whole minutes says nothing. */
function toTimerLine(n: number, ms: number, time: string): TextLine {
  const seconds = Math.round(ms / 1_000);
  const isWhole = seconds % 60 === 0;
  if (seconds < maxToldSeconds || (ms < minEndTimeMs && !isWhole))
    return { id: 'reminder.set.seconds', with: { n, seconds } };
  const minutes = seconds / 60;
  return isWhole && minutes < maxToldMinutes
    ? { id: 'reminder.set.minutes', with: { n, minutes } }
    : { id: 'reminder.set.timer', with: { n, time } };
}

/** Says how long a timer still runs, or when a reminder is due. */
function toLeftLine(
  { dueAtWallMs, number: n, text, message }: Reminder,
  shownText: string,
  time: string,
  nowWallMs: number,
): TextLine {
  if (text !== '' || message)
    return { id: 'reminder.left.text', with: { n, time, text: shownText } };
  const seconds = Math.max(0, Math.round((dueAtWallMs - nowWallMs) / 1_000));
  if (seconds < maxToldSeconds)
    return { id: 'reminder.left.seconds', with: { n, seconds } };
  const minutes = Math.round(seconds / 60);
  return minutes < maxToldMinutes
    ? { id: 'reminder.left.minutes', with: { n, minutes } }
    : { id: 'reminder.left.until', with: { n, time } };
}

async function storeReminder(
  reminder: NewReminder,
  ports: ServerToolPorts,
  { reminders }: ReminderPorts,
): Promise<ToolOutcome> {
  const added = await reminders.addReminder(reminder);
  if (added.kind === 'full') return toFullOutcome(added);
  const { number: n } = added;
  const { message, text } = reminder;
  const time = formatShownTime(reminder, ports);
  const { facts, line } = toOutcome({
    id: 'reminder.set.text',
    with: { n, time, text },
  });
  return message?.isPrivate ? { facts } : { facts, line };
}

type DueReminderFields = Pick<NewReminder, 'dueAtWallMs' | 'message'>;

async function resolveDue(
  { arrival_of: addresseeName, privately, text, when: timePhrase = '' }: ReminderDraft,
  { askerId, clock, guildId, listPeople, getSettings }: ServerToolPorts,
  { listAgreedPeople }: ReminderPorts,
): Promise<DueReminderFields | TextLine> {
  const nowWallMs = clock.wallMs();
  if (addresseeName === undefined) {
    const due = parseTimePhrase(timePhrase, {
      nowWallMs,
      timeZone: getSettings().timeZone,
    });
    return due !== undefined && due - nowWallMs <= maxReminderMs
      ? { dueAtWallMs: due }
      : { id: 'reminder.unclear' };
  }
  const agreed = await listAgreedPeople(guildId);
  const author = agreed.find(({ id }) => id === askerId);
  const candidates = agreed.filter(({ id }) => id !== askerId);
  const addressee = findPersonByName(addresseeName, candidates);
  if (!author || !addressee || text === '')
    return { id: 'reminder.no_yes', with: { to: addresseeName } };
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
  const listed = await reminders.listReminders(ports.guildId, ports.askerId);
  if (listed.length === 0) return toOutcome(toWhichLine(listed));
  const nowWallMs = ports.clock.wallMs();
  const shown = listed.map((reminder) => {
    const { dueAtWallMs, number, text } = reminder;
    const time = formatShownTime(reminder, ports);
    const shownText = isHiddenHere(reminder, ports) ? hiddenText : text;
    const left = formatLongDuration(Math.max(0, dueAtWallMs - nowWallMs), 'en');
    const timer = `a timer for ${time}, ${left} left`;
    const subject = text === '' ? timer : `for ${time}: ${shownText}`;
    return {
      description: `number ${number}, ${subject}`,
      line: toLeftLine(reminder, shownText, time, nowWallMs),
    };
  });
  const descriptions = shown.map(({ description }) => description);
  return {
    facts: { reminders: descriptions.join('; ') },
    lines: shown.map(({ line }) => line),
    isPrivate: true,
  };
}

const hiddenText = '(set in another channel, so told to them alone when it is due)';

/** Tests whether an answer in the channel of the session would tell words of another channel. */
function isHiddenHere(
  { channelId }: Pick<NewReminder, 'channelId'>,
  { place, session }: ServerToolPorts,
) {
  const answeredId = session?.voiceChannel.channel.channelId;
  const isAnsweredThere = session !== undefined && place?.channelId === answeredId;
  return isAnsweredThere && channelId !== answeredId;
}

function formatShownTime(
  { dueAtWallMs, message }: DueReminderFields,
  { clock, getSettings }: ServerToolPorts,
) {
  const { timeZone } = getSettings();
  const options = { timeZone, nowWallMs: clock.wallMs(), locale: 'en' } as const;
  return message?.addresseeName ?? formatDueTime(dueAtWallMs, options);
}

function toWhichLine(reminders: readonly unknown[]): TextLine {
  return { id: reminders.length === 0 ? 'reminder.none' : 'reminder.which' };
}
