import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import { sayToPerson } from '#src/conversation/output/answer-delivery.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { maxMessageMs, type Reminder } from '#src/features/reminders/reminder-store.ts';
import { formatWrittenText } from '#src/notices/channel-notices.ts';
import { toOpenText } from '#src/people/confidential-text.ts';
import { toFailureEvent } from '#src/ports/failure-event.ts';
import type { PersonalLine } from '#src/ports/voice-channel-chat-poster.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { formatDueTime, formatLongDuration } from './due-time-text.ts';
import type { ReminderResult } from './reminder-scheduler.ts';

/** Further reminders of a person are written. */
const maxSpokenReminders = 3;

/**
 * Says a reminder at a pause if the person sits with the bot, else writes it. A message is sent
 * directly if it cannot be said. At the end of the longest wait its author reads that it was not
 * told.
 */
export type DeliverReminders = (
  reminders: readonly Reminder[],
  signal: AbortSignal,
) => Promise<readonly ReminderResult[]>;

export function createReminderDelivery(
  deps: SessionDependencies,
  sessions: VoiceSessions,
): DeliverReminders {
  const delivery = new ReminderDelivery(deps, sessions);
  return async (reminders, signal) => {
    const [first] = reminders;
    if (!first || !deps.places.hasGuild(first.guildId))
      return reminders.map(() => 'away');
    await sessions.settings.loadGuild(first.guildId);
    signal.throwIfAborted();
    const aloud = reminders
      .filter((one) => delivery.canSpeak(one))
      .slice(0, maxSpokenReminders);
    const saying = delivery.sayReminders(
      first.addresseeId ?? first.personId,
      aloud,
      signal,
    );
    const results = reminders.map(async (one) => {
      const isSaid = aloud.includes(one) && (await saying);
      return isSaid ? 'said' : await delivery.writeReminders(one, signal);
    });
    return await Promise.all(results);
  };
}

class ReminderDelivery {
  readonly #deps;
  readonly #sessions;

  constructor(deps: SessionDependencies, sessions: VoiceSessions) {
    this.#deps = deps;
    this.#sessions = sessions;
  }

  /** A private message is never said. */
  canSpeak(reminder: Reminder): boolean {
    if (reminder.addresseeId === undefined) return true;
    return (
      !reminder.isPrivate &&
      !this.#isWithdrawn(reminder) &&
      this.#findSession(reminder) !== undefined
    );
  }

  /** Returns false if nothing was heard. */
  async sayReminders(
    personId: PersonId,
    reminders: readonly Reminder[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const [first] = reminders;
    const session = first && this.#sessions.findSession(first.guildId);
    if (!session) return false;
    let isBegun = false;
    const lines = () => {
      isBegun = true;
      return reminders.map((one) => this.#toLine(one));
    };
    const saying = sayToPerson(
      { personId, lines, isWanted: () => !signal.aborted },
      session,
    );
    return await waitUnlessAborted(saying, signal).catch((reason: unknown) => {
      if (!isBegun) throw reason;
      return saying;
    });
  }

  async writeReminders(
    reminder: Reminder,
    signal: AbortSignal,
  ): Promise<ReminderResult> {
    const { addresseeId, guildId, id, isPrivate, personId } = reminder;
    const { messages } = this.#deps;
    if (this.#isWithdrawn(reminder))
      return await this.#tellAuthor('reminder.untold.away', reminder, signal);
    const channel =
      addresseeId === undefined
        ? toChannelRef(reminder)
        : this.#findSession(reminder)?.channel;
    if (!channel) return 'away';
    const text = formatWrittenText(this.#toLine(reminder), guildId, this.#deps);
    const line = { id, personId: addresseeId ?? personId, text };
    if (!isPrivate)
      return await this.#waitUntilSent(
        guildId,
        messages.notifyPeople(channel, [line], signal),
        signal,
      );
    const sent = await this.#waitUntilSent(
      guildId,
      this.#tellPerson(line, signal),
      signal,
    );
    if (sent !== 'refused') return sent;
    return await this.#tellAuthor('reminder.untold.refused', reminder, signal);
  }

  /** Only a direct message names a private message. */
  async #tellAuthor(
    id: 'reminder.untold.away' | 'reminder.untold.refused',
    reminder: Reminder,
    signal: AbortSignal,
  ): Promise<ReminderResult> {
    const { addresseeName: name = '', guildId, isPrivate, personId } = reminder;
    const { messages } = this.#deps;
    const toAuthorLine = (words: string) => ({
      id: reminder.id,
      personId,
      text: formatWrittenText({ id, with: { name, text: words } }, guildId, this.#deps),
    });
    let sent: ReminderResult = 'refused';
    if (isPrivate) {
      const sending = this.#tellPerson(toAuthorLine(reminder.text), signal);
      sent = await this.#waitUntilSent(guildId, sending, signal);
    }
    if (sent === 'refused') {
      const shown = toAuthorLine(isPrivate ? '\u2026' : reminder.text);
      const notifying = messages.notifyPeople(toChannelRef(reminder), [shown], signal);
      sent = await this.#waitUntilSent(guildId, notifying, signal);
    }
    return sent === 'written' ? 'untold' : sent;
  }

  #tellPerson({ id, personId, text }: PersonalLine, signal: AbortSignal) {
    return this.#deps.messages.tellPerson(personId, toOpenText(text), signal, id);
  }

  async #waitUntilSent(
    guildId: GuildId,
    sending: Promise<void>,
    signal: AbortSignal,
  ): Promise<'written' | 'unsent' | 'refused'> {
    try {
      await sending;
      return 'written';
    } catch (error) {
      if (signal.aborted || !(error instanceof BotError)) throw error;
      this.#deps.onEvent(guildId, toFailureEvent(error, 'speak'));
      return error.retryable ? 'unsent' : 'refused';
    }
  }

  /** The addressee sits there, and both people agreed for good. */
  #findSession({
    addresseeId = '',
    guildId,
    personId,
  }: Reminder): VoiceSession | undefined {
    const session = this.#sessions.findSession(guildId);
    if (!session?.isHere(addresseeId)) return undefined;
    const isAgreed =
      this.#sessions.consents.getChoices(guildId).findConsent(personId)?.kind ===
      'always';
    return isAgreed && session.consent.getConsent(addresseeId) === 'always'
      ? session
      : undefined;
  }

  #isWithdrawn({ addresseeId, setAtWallMs }: Reminder) {
    const waitedMs = this.#deps.clock.wallMs() - setAtWallMs;
    return addresseeId !== undefined && waitedMs >= maxMessageMs;
  }

  #toLine({
    authorName: name,
    guildId,
    text,
    dueAtWallMs,
    setAtWallMs,
  }: Reminder): TextLine {
    if (name !== undefined) return { id: 'reminder.due.message', with: { name, text } };
    const { clock, places } = this.#deps;
    const locale = places.getLocale(guildId);
    const { timeZone } = this.#sessions.settings.getForGuild(guildId);
    const time = formatDueTime(dueAtWallMs, {
      timeZone,
      nowWallMs: clock.wallMs(),
      locale,
    });
    const length = formatLongDuration(dueAtWallMs - setAtWallMs, locale);
    return text === ''
      ? { id: 'reminder.due.timer', with: { length, time } }
      : { id: 'reminder.due.text', with: { text, time } };
  }
}

function toChannelRef({ channelId, channelName, guildId }: Reminder): ChannelRef {
  return { guildId, channelId, name: channelName };
}
