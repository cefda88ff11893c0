import { BotError } from '#src/base/errors.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import { sayToPerson } from '#src/conversation/output/answer-parts.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { longestMessageMs, type Reminder } from '#src/features/reminders/reminder-store.ts';
import { writtenText } from '#src/notices/notice.ts';
import { openText } from '#src/people/confidential-text.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import type { PersonalLine } from '#src/ports/voice-channel-chat-poster.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { dueTime, longDuration } from './due-time-text.ts';
import type { ReminderResult } from './reminder-scheduler.ts';

/** Reminders of one person that are said at once; the others are written. */
const mostAloud = 3;

/**
 * Delivers reminders and messages to one person in one server. Reminders: aloud at a pause where they sit with the bot, else in
 * writing with a mention. Messages: only where they sit with the bot, or by direct message; after the longest wait their author
 * reads that they were not told.
 *
 * The result of each, in their order. Aborting `signal` throws `signal.reason`, and no other reminder is begun; one that is
 * being said or sent by then is completed.
 */
export type DeliverReminders = (
  reminders: readonly Reminder[],
  signal: AbortSignal,
) => Promise<readonly ReminderResult[]>;

/** Delivery to people of one shard. */
export function reminderDelivery(
  parts: SessionDependencies,
  sessions: VoiceSessions,
): DeliverReminders {
  const delivery = new Delivery(parts, sessions);
  return async (reminders, signal) => {
    const [first] = reminders;
    if (!first || !parts.places.has(first.guildId)) return reminders.map(() => 'away');
    await sessions.settings.load(first.guildId);
    signal.throwIfAborted();
    const aloud = reminders.filter((one) => delivery.mayBeSaid(one)).slice(0, mostAloud);
    const saying = delivery.say(first.addresseeId ?? first.personId, aloud, signal);
    const results = reminders.map(async (one) => {
      const isSaid = aloud.includes(one) && (await saying);
      return isSaid ? 'said' : await delivery.write(one, signal);
    });
    return await Promise.all(results);
  };
}

class Delivery {
  readonly #parts;
  readonly #sessions;

  constructor(parts: SessionDependencies, sessions: VoiceSessions) {
    this.#parts = parts;
    this.#sessions = sessions;
  }

  /** Reminders, if their person is there, and messages, of which only those that are not private and can be told now. */
  mayBeSaid(reminder: Reminder): boolean {
    if (reminder.addresseeId === undefined) return true;
    return (
      !reminder.isPrivate && !this.#isOver(reminder) && this.#sessionFor(reminder) !== undefined
    );
  }

  /** False: nothing of it was heard. Aborting `signal` throws `signal.reason` where it still waits for a pause. */
  async say(
    personId: PersonId,
    reminders: readonly Reminder[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const [first] = reminders;
    const session = first && this.#sessions.session(first.guildId);
    if (!session) return false;
    let isBegun = false;
    const lines = () => {
      isBegun = true;
      return reminders.map((one) => this.#lineOf(one));
    };
    const saying = sayToPerson({ personId, lines, isWanted: () => !signal.aborted }, session);
    return await unlessAborted(saying, signal).catch((reason: unknown) => {
      if (!isBegun) throw reason;
      return saying;
    });
  }

  async write(reminder: Reminder, signal: AbortSignal): Promise<ReminderResult> {
    const { addresseeId, guildId, id, isPrivate, personId } = reminder;
    const { messages } = this.#parts;
    if (this.#isOver(reminder))
      return await this.#tellAuthor('reminder.untold.away', reminder, signal);
    const channel =
      addresseeId === undefined ? chatOf(reminder) : this.#sessionFor(reminder)?.channel;
    if (!channel) return 'away';
    const text = writtenText(this.#lineOf(reminder), guildId, this.#parts);
    const line = { id, personId: addresseeId ?? personId, text };
    if (!isPrivate)
      return await this.#sent(guildId, messages.notify(channel, [line], signal), signal);
    const sent = await this.#sent(guildId, this.#tell(line, signal), signal);
    if (sent !== 'refused') return sent;
    return await this.#tellAuthor('reminder.untold.refused', reminder, signal);
  }

  /** The author of a message reads that it was not told, and why; the words of a private one only by direct message. */
  async #tellAuthor(
    id: 'reminder.untold.away' | 'reminder.untold.refused',
    reminder: Reminder,
    signal: AbortSignal,
  ): Promise<ReminderResult> {
    const { addresseeName: name = '', guildId, isPrivate, personId } = reminder;
    const { messages } = this.#parts;
    const lineOf = (words: string) => ({
      id: reminder.id,
      personId,
      text: writtenText({ id, with: { name, text: words } }, guildId, this.#parts),
    });
    let sent: ReminderResult = 'refused';
    if (isPrivate) {
      const sending = this.#tell(lineOf(reminder.text), signal);
      sent = await this.#sent(guildId, sending, signal);
    }
    if (sent === 'refused') {
      const shown = lineOf(isPrivate ? '\u2026' : reminder.text);
      const notifying = messages.notify(chatOf(reminder), [shown], signal);
      sent = await this.#sent(guildId, notifying, signal);
    }
    return sent === 'written' ? 'untold' : sent;
  }

  #tell({ id, personId, text }: PersonalLine, signal: AbortSignal) {
    return this.#parts.messages.tell(personId, openText(text), signal, id);
  }

  async #sent(
    guildId: GuildId,
    sending: Promise<void>,
    signal: AbortSignal,
  ): Promise<'written' | 'unsent' | 'refused'> {
    try {
      await sending;
      return 'written';
    } catch (error) {
      if (signal.aborted || !(error instanceof BotError)) throw error;
      this.#parts.onEvent(guildId, failureEventOf(error, 'speak'));
      return error.retryable ? 'unsent' : 'refused';
    }
  }

  /** Session in which a message may be told now: its addressee sits there, and both people agreed for always. */
  #sessionFor({ addresseeId = '', guildId, personId }: Reminder): VoiceSession | undefined {
    const session = this.#sessions.session(guildId);
    if (!session?.isHere(addresseeId)) return undefined;
    const isAgreed = this.#sessions.consents.in(guildId).wordOf(personId)?.kind === 'always';
    return isAgreed && session.consent.consentOf(addresseeId) === 'always' ? session : undefined;
  }

  #isOver({ addresseeId, setAtWallMs }: Reminder) {
    const waitedMs = this.#parts.clock.wallMs() - setAtWallMs;
    return addresseeId !== undefined && waitedMs >= longestMessageMs;
  }

  #lineOf({ authorName: name, guildId, text, dueAtWallMs, setAtWallMs }: Reminder): TextLine {
    if (name !== undefined) return { id: 'reminder.due.message', with: { name, text } };
    const { clock, places } = this.#parts;
    const locale = places.localeIn(guildId);
    const { timeZone } = this.#sessions.settings.in(guildId);
    const time = dueTime(dueAtWallMs, { timeZone, nowWallMs: clock.wallMs(), locale });
    const length = longDuration(dueAtWallMs - setAtWallMs, locale);
    return text === ''
      ? { id: 'reminder.due.timer', with: { length, time } }
      : { id: 'reminder.due.text', with: { text, time } };
  }
}

/** Chat in which it was asked for. */
function chatOf({ channelId, channelName, guildId }: Reminder): ChannelRef {
  return { guildId, channelId, name: channelName };
}
