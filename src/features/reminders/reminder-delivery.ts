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
import { toOpenText } from '#src/people/owned.ts';
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

/** Delivers reminders of one shard, aloud where that is possible, else in writing. */
export class ReminderDelivery {
  readonly #deps: DeliveryDeps;
  readonly #sessions: ServerSessions;
  readonly #writer: ReminderWriter;

  constructor(deps: DeliveryDeps, sessions: ServerSessions) {
    this.#deps = deps;
    this.#sessions = sessions;
    this.#writer = new ReminderWriter(deps, sessions);
  }

  /**
   * Delivers reminders of one recipient in one server, and returns a result for each.
   * Throws errors that are no failure of Discord.
   */
  async deliver(
    reminders: readonly Reminder[],
    signal: AbortSignal,
  ): Promise<readonly ReminderResult[]> {
    const [earliest] = reminders;
    if (!earliest || !this.#deps.places.hasGuild(earliest.guildId))
      return reminders.map(() => 'away');
    await this.#sessions.settings.loadGuild(earliest.guildId);
    signal.throwIfAborted();
    const spokenReminders = reminders
      .filter((reminder) => this.#canSpeak(reminder))
      .slice(0, maxSpokenReminders);
    const saying = this.#sayReminders(spokenReminders, signal);
    const results = reminders.map(async (reminder) => {
      const isSaid = spokenReminders.includes(reminder) && (await saying);
      return isSaid ? 'said' : await this.#writer.write(reminder, signal);
    });
    return await Promise.all(results);
  }

  /** Tests whether a reminder may be said now. A private message never may. */
  #canSpeak(reminder: Reminder) {
    const { message } = reminder;
    if (!message) return true;
    const isOpen =
      !message.isPrivate && !isWithdrawn(reminder, this.#deps.clock.wallMs());
    return isOpen && findAddressee(reminder, message, this.#sessions) !== undefined;
  }

  /** Returns false if nothing was heard. */
  async #sayReminders(reminders: readonly Reminder[], signal: AbortSignal) {
    const [earliest] = reminders;
    const session = earliest && this.#sessions.findSession(earliest.guildId);
    if (!session) return false;
    let isBegun = false;
    const announcement = {
      personId: getRecipientId(earliest),
      lines: () => {
        isBegun = true;
        return reminders.map((reminder) =>
          toReminderLine(reminder, this.#sessions, this.#deps),
        );
      },
      isWanted: () => !signal.aborted,
    };
    const saying = sayToPerson(announcement, session);
    return await waitUnlessAborted(saying, signal).catch((reason: unknown) => {
      if (!isBegun) throw reason;
      return saying;
    });
  }
}

/** Writes reminders into their channels, or as direct messages. */
class ReminderWriter {
  readonly #deps: DeliveryDeps;
  readonly #sessions: ServerSessions;

  constructor(deps: DeliveryDeps, sessions: ServerSessions) {
    this.#deps = deps;
    this.#sessions = sessions;
  }

  /** Writes one reminder. A message that was waiting too long goes back to its author. */
  async write(reminder: Reminder, signal: AbortSignal): Promise<ReminderResult> {
    const { guildId, message } = reminder;
    if (isWithdrawn(reminder, this.#deps.clock.wallMs()))
      return await this.#tellAuthor('reminder.untold.away', reminder, signal);
    const channel = message
      ? findAddressee(reminder, message, this.#sessions)?.channel
      : toReminderChannel(reminder);
    if (!channel) return 'away';
    const sending = this.#sendReminder(reminder, channel, signal);
    const outcome = await this.#waitUntilSent(sending, guildId);
    if (!message?.isPrivate || outcome !== 'refused') return outcome;
    return await this.#tellAuthor('reminder.untold.refused', reminder, signal);
  }

  #sendReminder(
    reminder: Reminder,
    channel: ChannelRef,
    signal: AbortSignal,
  ): Promise<void> {
    const { messages } = this.#deps;
    const { guildId, id, message } = reminder;
    const personId = getRecipientId(reminder);
    const text = formatWrittenText(
      toReminderLine(reminder, this.#sessions, this.#deps),
      guildId,
      this.#deps,
    );
    return message?.isPrivate
      ? messages.tellPerson(personId, toOpenText(text), signal, id)
      : messages.notifyPeople(channel, [{ id, personId, text }], signal);
  }

  async #waitUntilSent(sending: Promise<void>, guildId: GuildId) {
    try {
      await sending;
      return 'written';
    } catch (error) {
      if (!(error instanceof BotError)) throw error;
      this.#deps.onEvent(guildId, toFailureEvent(error, 'speak'));
      return error.retryable ? 'unsent' : 'refused';
    }
  }

  /** Writes to the author that a reminder was not delivered, without private words. */
  async #tellAuthor(
    id: 'reminder.untold.away' | 'reminder.untold.refused',
    { guildId, message, ...reminder }: Reminder,
    signal: AbortSignal,
  ) {
    const text = message?.isPrivate ? '\u2026' : reminder.text;
    const notice = { id, with: { name: message?.addresseeName ?? '', text } };
    const toldReminder = {
      ...reminder,
      text: formatWrittenText(notice, guildId, this.#deps),
    };
    const channel = toReminderChannel({ guildId, ...reminder });
    const sending = this.#deps.messages.notifyPeople(channel, [toldReminder], signal);
    const outcome = await this.#waitUntilSent(sending, guildId);
    return outcome === 'written' ? 'untold' : outcome;
  }
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
