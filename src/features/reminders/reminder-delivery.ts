import { BotError } from '#src/base/errors.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import { sayToPerson } from '#src/conversation/output/answer-parts.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { Reminder } from '#src/features/reminders/reminder-store.ts';
import { writtenText } from '#src/notices/notice.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { dueTime } from './due-time-text.ts';
import type { ReminderResult } from './reminder-scheduler.ts';

/** Reminders of one person that are said at once; the others are written. */
const mostAloud = 3;

/**
 * Delivers reminders of one person in one server: aloud at a pause where they sit with the bot, else in writing with a mention.
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
  /** False: nothing of it was heard. Aborting `signal` throws `signal.reason` where it still waits for a pause. */
  async function say(reminders: readonly Reminder[], signal: AbortSignal): Promise<boolean> {
    const { guildId = '', personId = '' } = reminders[0] ?? {};
    const context = sessions.session(guildId)?.context;
    if (!context) return false;
    let isBegun = false;
    const lines = () => {
      isBegun = true;
      return reminders.map(lineOf);
    };
    const saying = sayToPerson({ personId, lines, isWanted: () => !signal.aborted }, context);
    return await unlessAborted(saying, signal).catch((reason: unknown) => {
      if (!isBegun) throw reason;
      return saying;
    });
  }

  async function write(reminder: Reminder, signal: AbortSignal): Promise<ReminderResult> {
    const { id, guildId, channelId, channelName: name, personId } = reminder;
    const text = writtenText(lineOf(reminder), guildId, parts);
    try {
      await parts.messages.notify({ guildId, channelId, name }, [{ id, personId, text }], signal);
      return 'written';
    } catch (error) {
      if (signal.aborted || !(error instanceof BotError)) throw error;
      parts.onEvent(guildId, failureEventOf(error, 'speak'));
      return 'unsent';
    }
  }

  function lineOf({ guildId, text, dueAtWallMs }: Reminder): TextLine {
    const { clock, places } = parts;
    const { timeZone } = sessions.settings.in(guildId);
    const shown = { timeZone, nowWallMs: clock.wallMs(), locale: places.localeIn(guildId) };
    const time = dueTime(dueAtWallMs, shown);
    return text === ''
      ? { id: 'reminder.due.timer', with: { time } }
      : { id: 'reminder.due.text', with: { text, time } };
  }

  return async (reminders, signal) => {
    const { guildId = '' } = reminders[0] ?? {};
    if (!parts.places.has(guildId)) return reminders.map(() => 'away');
    await sessions.settings.load(guildId);
    signal.throwIfAborted();
    const aloud = reminders.slice(0, mostAloud);
    const saying = say(aloud, signal);
    const results = reminders.map(async (one) => {
      const isSaid = aloud.includes(one) && (await saying);
      return isSaid ? 'said' : await write(one, signal);
    });
    return await Promise.all(results);
  };
}
