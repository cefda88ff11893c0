import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import { sayToPerson } from '#src/conversation/mouth/say-to-people.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import { formatWrittenText } from '#src/notices/channel-notices.ts';
import { mayOpen } from '#src/people/audience.ts';
import { Owned } from '#src/people/owned.ts';
import { toFailureEvent } from '#src/ports/session-events.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { ServerSessions } from '#src/sessions/voice-sessions.ts';
import {
  getRecipientId,
  maxMessageMs,
  type Reminder,
  type ReminderMessage,
} from '#src/stores/reminder-store.ts';
import type { AnyLine } from '#src/texts/texts.ts';
import { formatDueTime, formatLongDuration } from '#src/texts/wall-time.ts';
import type { ReminderResult } from './reminder-scheduler.ts';

/** A timer that is told later than this has its end told. */
const maxOnTimeMs = 60_000;
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

type DeliveryDeps = Deps<'captionChats' | 'clock' | 'messages' | 'onEvent' | 'places'>;

/** Delivers reminders of one shard, aloud where that is possible, else in writing. */
export class ReminderDelivery {
  readonly #deps: DeliveryDeps;
  readonly #sessions: ServerSessions;
  readonly #writer: ReminderWriter;
  /** People who may know a reminder, of those who sat with the bot when they were asked about. */
  readonly #audiences = new WeakMap<Reminder, ReadonlySet<PersonId>>();

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
    const speakable = reminders.filter((reminder) => this.#canSpeak(reminder));
    const spokenReminders = (await this.#selectOpen(speakable)).slice(
      0,
      maxSpokenReminders,
    );
    signal.throwIfAborted();
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

  /** Selects reminders that everybody in the bot's channel may know now. */
  async #selectOpen(reminders: readonly Reminder[]) {
    const audiences = await Promise.all(
      reminders.map((reminder) => this.#findAudience(reminder)),
    );
    for (const [n, reminder] of reminders.entries())
      this.#audiences.set(reminder, audiences[n] ?? new Set());
    return reminders.filter((reminder) => this.#isOpen(reminder));
  }

  /** Finds the people in the bot's channel who may know a reminder. */
  async #findAudience(reminder: Reminder): Promise<ReadonlySet<PersonId>> {
    const { channelId, guildId } = reminder;
    const ids = this.#listListeners(reminder);
    const accesses = await Promise.all(
      ids.map((id) => mayOpen(guildId, channelId, id, this.#deps)),
    );
    return new Set(ids.filter((_, n) => accesses[n] === 'yes'));
  }

  /**
   * Tests whether a reminder may be said: in its own channel, or where all listeners may open that channel and nothing is
   * written down, which more people read.
   */
  #isOpen(reminder: Reminder) {
    const session = this.#sessions.findSession(reminder.guildId);
    const isAtHome = session?.channel.channelId === reminder.channelId;
    if (reminder.text === '' || isAtHome) return true;
    if (session?.features.describePanel().isCaptioned === true) return false;
    const audience = this.#audiences.get(reminder);
    return this.#listListeners(reminder).every((id) => audience?.has(id));
  }

  /** Lists the people in the bot's channel, without the recipient of the reminder. */
  #listListeners(reminder: Reminder) {
    const { voiceChannel } = this.#sessions.findSession(reminder.guildId) ?? {};
    const people = voiceChannel?.listPeople() ?? [];
    const recipientId = getRecipientId(reminder);
    return people
      .filter(({ id, isBot }) => !isBot && id !== recipientId)
      .map(({ id }) => id);
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
      // People may have come, or the bot may have moved, while it waited for a pause.
      isWanted: () => !signal.aborted && reminders.every((each) => this.#isOpen(each)),
    };
    const saying = sayToPerson(announcement, session);
    return await waitUnlessAborted(saying, signal).catch((reason: unknown) => {
      if (!isBegun) throw reason;
      return saying;
    });
  }
}

/** Writes reminders into the chats of their channels, or as direct messages. */
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
    if (message && !findAddressee(reminder, message, this.#sessions)) return 'away';
    for (const way of this.#listWays(reminder)) {
      const sending = this.#sendReminder(reminder, way, signal);
      const outcome = await this.#waitUntilSent(sending, guildId);
      if (outcome !== 'refused') return outcome;
    }
    if (!message) return 'refused';
    return await this.#tellAuthor('reminder.untold.refused', reminder, signal);
  }

  /** Lists the ways to write a reminder, best first. Its words stay in its channel, or are told privately. */
  #listWays(reminder: Reminder): readonly ('chat' | 'direct message')[] {
    const { channelId, guildId, message } = reminder;
    if (message?.isPrivate) return ['direct message'];
    const session = this.#sessions.findSession(guildId);
    const isWithBot = session?.isHere(getRecipientId(reminder)) === true;
    const isElsewhere = isWithBot && session?.channel.channelId !== channelId;
    if (message) return isElsewhere ? ['direct message'] : ['chat'];
    return isElsewhere ? ['direct message', 'chat'] : ['chat', 'direct message'];
  }

  #sendReminder(
    reminder: Reminder,
    way: 'chat' | 'direct message',
    signal: AbortSignal,
  ): Promise<void> {
    const { messages } = this.#deps;
    const { channelId, guildId, id } = reminder;
    const personId = getRecipientId(reminder);
    const text = formatWrittenText(
      toReminderLine(reminder, this.#sessions, this.#deps),
      guildId,
      this.#deps,
    );
    if (way === 'direct message')
      return messages.tellPerson(
        personId,
        new Owned(text, { onlyFor: personId }),
        signal,
        id,
      );
    const line = { id, personId, text: new Owned(text, { channelId }) };
    return messages.notifyPeople(toReminderChannel(reminder), [line], signal);
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
    const { channelId, id: reminderId, personId } = reminder;
    const written = formatWrittenText(notice, guildId, this.#deps);
    const line = { id: reminderId, personId, text: new Owned(written, { channelId }) };
    const channel = toReminderChannel({ guildId, ...reminder });
    const sending = this.#deps.messages.notifyPeople(channel, [line], signal);
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
): AnyLine {
  if (message)
    return { id: 'reminder.due.message', with: { name: message.authorName, text } };
  const locale = places.getLocale(guildId);
  const { timeZone } = settings.getForGuild(guildId);
  const nowWallMs = clock.wallMs();
  const time = formatDueTime(dueAtWallMs, { timeZone, nowWallMs, locale });
  const length = formatLongDuration(dueAtWallMs - setAtWallMs, locale);
  if (text !== '') return { id: 'reminder.due.text', with: { text, time } };
  // On time the end of a timer is now.
  return nowWallMs - dueAtWallMs < maxOnTimeMs
    ? { id: 'reminder.due.now', with: { length } }
    : { id: 'reminder.due.timer', with: { length, time } };
}

function toReminderChannel({
  channelId,
  channelName,
  guildId,
}: Pick<Reminder, 'channelId' | 'channelName' | 'guildId'>): ChannelRef {
  return { guildId, channelId, name: channelName };
}
