import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import type { GuildId } from '#src/base/ids.ts';
import { sayToPerson } from '#src/conversation/output/answer-delivery.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import {
  getRecipientId,
  maxMessageMs,
  type Reminder,
  type ReminderMessage,
} from '#src/features/reminders/reminder-store.ts';
import { formatWrittenText } from '#src/notices/channel-notices.ts';
import { toOpenText } from '#src/people/confidential-text.ts';
import { toFailureEvent } from '#src/ports/failure-event.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { ServerSessions } from '#src/sessions/voice-sessions.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { formatDueTime, formatLongDuration } from './due-time-text.ts';
import type { ReminderResult } from './reminder-scheduler.ts';

/** Further reminders of a person are written. */
const maxSpokenReminders = 3;

/**
 * Says a reminder at a pause if the person sits with the bot, else writes it. A message
 * that cannot be said is sent directly, or its author reads at the end of the longest
 * wait that it was not told.
 */
export type DeliverReminders = (
  reminders: readonly Reminder[],
  signal: AbortSignal,
) => Promise<readonly ReminderResult[]>;

type DeliveryDeps = Deps<'clock' | 'messages' | 'onEvent' | 'places'>;

export function createReminderDelivery(
  deps: DeliveryDeps,
  sessions: ServerSessions,
): DeliverReminders {
  const writeReminder = createReminderWriter(deps, sessions);

  /** Tests whether a reminder may be said now. A private message never may. */
  function canSpeak(reminder: Reminder) {
    const { message } = reminder;
    if (!message) return true;
    const isOpen = !message.isPrivate && !isWithdrawn(reminder, deps.clock.wallMs());
    return isOpen && findAddressee(reminder, message, sessions) !== undefined;
  }

  /** Returns false if nothing was heard. */
  async function sayReminders(reminders: readonly Reminder[], signal: AbortSignal) {
    const [first] = reminders;
    const session = first && sessions.findSession(first.guildId);
    if (!session) return false;
    let isBegun = false;
    const announcement = {
      personId: getRecipientId(first),
      lines() {
        isBegun = true;
        return reminders.map((one) => toReminderLine(one, sessions, deps));
      },
      isWanted: () => !signal.aborted,
    };
    const saying = sayToPerson(announcement, session);
    return await waitUnlessAborted(saying, signal).catch((reason: unknown) => {
      if (!isBegun) throw reason;
      return saying;
    });
  }

  return async (reminders, signal) => {
    const [first] = reminders;
    if (!first || !deps.places.hasGuild(first.guildId))
      return reminders.map(() => 'away');
    await sessions.settings.loadGuild(first.guildId);
    signal.throwIfAborted();
    const aloud = reminders.filter(canSpeak).slice(0, maxSpokenReminders);
    const saying = sayReminders(aloud, signal);
    const results = reminders.map(async (one) => {
      const isSaid = aloud.includes(one) && (await saying);
      return isSaid ? 'said' : await writeReminder(one, signal);
    });
    return await Promise.all(results);
  };
}

function createReminderWriter(deps: DeliveryDeps, sessions: ServerSessions) {
  const { messages, onEvent } = deps;

  async function waitUntilSent(sending: Promise<void>, guildId: GuildId) {
    try {
      await sending;
      return 'written';
    } catch (error) {
      if (!(error instanceof BotError)) throw error;
      onEvent(guildId, toFailureEvent(error, 'speak'));
      return error.retryable ? 'unsent' : 'refused';
    }
  }

  /** Writes to the author that a reminder was not delivered, without private words. */
  async function tellAuthor(
    id: 'reminder.untold.away' | 'reminder.untold.refused',
    { guildId, message, ...reminder }: Reminder,
    signal: AbortSignal,
  ) {
    const text = message?.isPrivate ? '\u2026' : reminder.text;
    const line = { id, with: { name: message?.addresseeName ?? '', text } };
    const told = { ...reminder, text: formatWrittenText(line, guildId, deps) };
    const channel = toReminderChannel({ guildId, ...reminder });
    const sending = messages.notifyPeople(channel, [told], signal);
    const sent = await waitUntilSent(sending, guildId);
    return sent === 'written' ? 'untold' : sent;
  }

  return async function writeReminder(
    reminder: Reminder,
    signal: AbortSignal,
  ): Promise<ReminderResult> {
    const { guildId, id, message } = reminder;
    if (isWithdrawn(reminder, deps.clock.wallMs()))
      return await tellAuthor('reminder.untold.away', reminder, signal);
    const channel = message
      ? findAddressee(reminder, message, sessions)?.channel
      : toReminderChannel(reminder);
    if (!channel) return 'away';
    const readerId = getRecipientId(reminder);
    const text = formatWrittenText(
      toReminderLine(reminder, sessions, deps),
      guildId,
      deps,
    );
    const sending = message?.isPrivate
      ? messages.tellPerson(readerId, toOpenText(text), signal, id)
      : messages.notifyPeople(channel, [{ id, personId: readerId, text }], signal);
    const sent = await waitUntilSent(sending, guildId);
    if (!message?.isPrivate || sent !== 'refused') return sent;
    return await tellAuthor('reminder.untold.refused', reminder, signal);
  };
}

/** Finds the addressee's session, if author and addressee agreed for good. */
function findAddressee(
  { guildId, personId }: Reminder,
  { addresseeId }: ReminderMessage,
  sessions: ServerSessions,
) {
  const session = sessions.findSession(guildId);
  if (!session?.isHere(addresseeId)) return undefined;
  const author = sessions.consents.getChoices(guildId).findConsent(personId);
  const isAgreed =
    author?.kind === 'always' && session.consent.getConsent(addresseeId) === 'always';
  return isAgreed ? session : undefined;
}

function isWithdrawn({ message, setAtWallMs }: Reminder, nowWallMs: number) {
  return message !== undefined && nowWallMs - setAtWallMs >= maxMessageMs;
}

function toReminderLine(
  { guildId, message, text, dueAtWallMs, setAtWallMs }: Reminder,
  { settings }: ServerSessions,
  { clock, places }: Deps<'clock' | 'places'>,
): TextLine {
  if (message)
    return { id: 'reminder.due.message', with: { name: message.authorName, text } };
  const locale = places.getLocale(guildId);
  const { timeZone } = settings.getForGuild(guildId);
  const nowWallMs = clock.wallMs();
  const time = formatDueTime(dueAtWallMs, { timeZone, nowWallMs, locale });
  const length = formatLongDuration(dueAtWallMs - setAtWallMs, locale);
  return text === ''
    ? { id: 'reminder.due.timer', with: { length, time } }
    : { id: 'reminder.due.text', with: { text, time } };
}

function toReminderChannel({
  channelId,
  channelName,
  guildId,
}: Pick<Reminder, 'channelId' | 'channelName' | 'guildId'>): ChannelRef {
  return { guildId, channelId, name: channelName };
}
