import type { Public } from '#src/base/public.ts';
import { visibleLine } from '#src/captions/files/visible-line.ts';
import { readTime } from '#src/chat/text/time-phrases.ts';
import { longestReminderMs, maxReminderChars, type Reminder } from '#src/people/reminders.ts';
import type { SessionContext } from '#src/session/context.ts';
import type { ReminderDraft, ToolOutcome, ToolReminders } from '#src/session/ports/tool.ts';
import { firstChars } from '#src/texts/plain.ts';
import { type TextLine, text } from '#src/texts/texts.ts';
import type { ReminderClock } from './reminder-clock.ts';
import { dueTime } from './reminder-times.ts';

/** Reminders as tools may change them for one asker; for several at once they may not. */
export function remindersFor(
  askerIds: readonly string[],
  context: SessionContext,
  reminders: Public<ReminderClock>,
): ToolReminders {
  const [askerId, ...others] = askerIds;
  const isOne = askerId !== undefined && others.length === 0;
  const forOne = async (work: (personId: string) => Promise<ToolOutcome>) =>
    isOne ? await work(askerId) : vain({ id: 'reminder.one_asker' });
  return {
    set: (draft) => forOne((personId) => set(draft, personId, context, reminders)),
    list: () => forOne((personId) => list(personId, context, reminders)),
    cancel: (number) => forOne((personId) => cancel(number, personId, context, reminders)),
  };
}

async function set(
  draft: ReminderDraft,
  personId: string,
  { channel, parts, settings }: SessionContext,
  reminders: Public<ReminderClock>,
): Promise<ToolOutcome> {
  const { clock } = parts;
  const { timeZone } = settings();
  const nowWallMs = clock.wallMs();
  const due = readTime(draft.when, { nowWallMs, timeZone });
  if (due.kind !== 'at') return vain({ id: `reminder.${due.kind}` });
  if (due.wallMs - nowWallMs > longestReminderMs) return vain({ id: 'reminder.far' });
  const words = firstChars(visibleLine(draft.text ?? ''), maxReminderChars);
  const { guildId, channelId, name: channelName } = channel;
  const added = await reminders.add({
    id: crypto.randomUUID(),
    guildId,
    personId,
    channelId,
    channelName,
    text: words,
    setAtWallMs: nowWallMs,
    dueAtWallMs: due.wallMs,
  });
  if (added.kind === 'full') return vain({ id: 'reminder.full', with: { limit: added.limit } });
  const { number: n } = added;
  const time = dueTime(due.wallMs, { timeZone, nowWallMs, locale: 'en' });
  const shown = { n, time, text: words };
  const id = words === '' ? 'reminder.set.timer' : 'reminder.set.text';
  const { facts, line } = outcomeOf({ id, with: shown });
  return { facts: { ...facts, number: n }, ...(line && { line }) };
}

async function list(
  personId: string,
  context: SessionContext,
  reminders: Public<ReminderClock>,
): Promise<ToolOutcome> {
  const all = await reminders.list(context.channel.guildId, personId);
  if (all.length === 0) return outcomeOf({ id: 'reminder.none' });
  return { facts: { reminders: all.map((one) => shown(one, context)).join('; ') } };
}

async function cancel(
  number: number | undefined,
  personId: string,
  { channel }: SessionContext,
  reminders: Public<ReminderClock>,
): Promise<ToolOutcome> {
  const all = await reminders.list(channel.guildId, personId);
  const [only, ...others] = all;
  if (!only) return vain({ id: 'reminder.none' });
  if (number === undefined && others.length > 0) return vain({ id: 'reminder.which' });
  const meant = number === undefined ? only : all.find((one) => one.number === number);
  const isGone = !meant || !(await reminders.cancel(meant.id));
  if (isGone) return vain({ id: 'reminder.unknown' });
  return outcomeOf({ id: 'reminder.cancelled', with: { n: meant.number } });
}

/** One line of a list, for a model. */
function shown(
  { number: n, dueAtWallMs, text: words }: Reminder,
  { parts, settings }: SessionContext,
): string {
  const { timeZone } = settings();
  const time = dueTime(dueAtWallMs, { timeZone, nowWallMs: parts.clock.wallMs(), locale: 'en' });
  return words === '' ? `${n}: timer, ${time}` : `${n}: ${time}: ${words}`;
}

/** Nothing was changed. */
function vain(line: TextLine): ToolOutcome {
  return { ...outcomeOf(line), isVain: true };
}

function outcomeOf(line: TextLine): ToolOutcome {
  return { facts: { outcome: text(line.id, line.with) }, line };
}
