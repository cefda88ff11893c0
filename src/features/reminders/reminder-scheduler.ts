import type { Clock } from '#src/base/clock.ts';
import { Wakeup } from '#src/base/loops/mailbox.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import type { NewReminder, Reminder } from '#src/features/reminders/reminder-store.ts';
import type { ServerShare } from '#src/people/server-share.ts';
import { toFailureEvent } from '#src/ports/failure-event.ts';
import {
  type FeatureEventKind,
  type SessionEventListener,
  toFeatureEvent,
} from '#src/ports/session-events.ts';
import type { DeliverReminders } from './reminder-delivery.ts';
import type { ReminderStore } from './reminder-store.ts';

type ReminderSchedulerDeps = {
  readonly clock: Clock;
  readonly store: ReminderStore;
  /** Servers whose reminders are delivered. */
  readonly shard: ServerShare;
  readonly deliver: DeliverReminders;
  readonly onEvent: SessionEventListener;
};

/** A reminder was delivered, or never will be; `lateMs` after its instant. */
export const reminderEndedEvent: FeatureEventKind<'personId' | 'outcome' | 'lateMs'> = {
  kind: 'reminder',
  line: ['kind', 'personId', 'outcome', 'lateMs', 'guildId'],
};

/** End of a reminder; `untold`: the author of a message was told that it could not be told; `given-up`: Discord accepted it nowhere for about a day. */
type ReminderOutcome = 'said' | 'written' | 'untold' | 'given-up';

/**
 * Result of an attempt to deliver a reminder; `away`: its server or addressee is not there now; `unsent`, `refused`: Discord did not
 * accept it, or never will as things are.
 */
export type ReminderResult = Exclude<ReminderOutcome, 'given-up'> | 'away' | 'unsent' | 'refused';

/** A reminder of the store that was due. */
type DueReminder = {
  readonly reminder: Reminder;
  tries: number;
  notBeforeMs: number;
  /** Stops its delivery, while that goes on. */
  stop?: AbortController;
  /** It was delivered, given up or taken back, and may still stand in the store. */
  isOver: boolean;
};

/** People who sit with the bot in a server now, and did not before. */
type Arrival = { readonly guildId: GuildId; readonly personIds: readonly PersonId[] };

/** Number of people to whom reminders are delivered at the same time. */
const maxConcurrentDeliveries = 16;
/** Reminders that are read beyond those which are known to be due, and read at all. */
const [batch, mostRead] = [50, 2_000];
/** The wall clock may be set, and a machine may sleep: while something waits, it is checked again after this time, in ms. */
const maxWaitMs = 600_000;
/** First and longest delay of a retry, in ms; each failure doubles it. */
const [retryMs, longestRetryMs] = [30_000, 3_600_000];
/** Failures to send a reminder, in about a day, after which it is given up. */
const maxTries = 30;

/**
 * Delivers the reminders of one shard when they are due, with one timer.
 *
 * A reminder stays in the store until it was delivered, so that the next process that serves its server delivers it, late. Where a
 * process is killed in between, it is delivered twice.
 */
export class ReminderScheduler {
  readonly #deps;
  readonly #wakeup;
  /** By id. */
  readonly #due = new Map<string, DueReminder>();
  /** Deliveries to one person each. */
  readonly #deliveries = new Set<Promise<void>>();
  /** People who came since their messages were last made due. */
  readonly #arrivals = new Set<Arrival>();
  /** Time until the next check, in ms; 0: a reminder may have become due since the last check began. */
  #waitMs = 0;

  constructor(deps: ReminderSchedulerDeps) {
    this.#deps = deps;
    this.#wakeup = new Wakeup(deps.clock);
  }

  /** Delivers from now on, until the returned object is disposed of, which waits for what is being said or sent. */
  startServing(): AsyncDisposable {
    const { clock, onEvent } = this.#deps;
    const over = new AbortController();
    const task = {
      name: 'reminders',
      clock,
      wakeup: this.#wakeup,
      everyMs: () => this.#waitMs,
      run: () => this.#checkDue(over.signal),
      report: (change) => onEvent('', change),
    } satisfies Parameters<typeof runPeriodically>[0];
    const running = runPeriodically(task, over.signal);
    return {
      [Symbol.asyncDispose]: async () => {
        over.abort(new Error('the reminder scheduler is closed'));
        for (const { stop } of this.#due.values()) stop?.abort(over.signal.reason);
        await Promise.all([running, ...this.#deliveries]);
      },
    };
  }

  /** These servers are there again: what waits for them is tried at once. */
  onGuildsArrived(guildIds: readonly GuildId[]): void {
    this.#retryNow(({ guildId }) => guildIds.includes(guildId));
  }

  /** These people sit with the bot from now on: messages for them are due. */
  onPeopleArrived(guildId: GuildId, personIds: readonly PersonId[]): void {
    this.#arrivals.add({ guildId, personIds });
    this.#retryNow((one) => one.guildId === guildId && personIds.includes(one.addresseeId ?? ''));
  }

  /** Errors: as `ReminderStore.add`. */
  async addReminder(reminder: NewReminder): ReturnType<ReminderStore['add']> {
    const added = await this.#deps.store.add(reminder);
    this.#checkAgain();
    return added;
  }

  /** Reminders without those that were delivered just now. Errors: as `ReminderStore.list`. */
  async listReminders(guildId: GuildId, personId: PersonId): Promise<readonly Reminder[]> {
    const all = await this.#deps.store.list(guildId, personId);
    return all.filter(({ id }) => !this.#due.get(id)?.isOver);
  }

  /** Errors: as `ReminderStore.remove`. */
  async cancelReminder(id: string): Promise<boolean> {
    this.#withdraw((reminder) => reminder.id === id);
    return await this.#deps.store.remove(id);
  }

  /** Stops the delivery of reminders that are due now, by or for this person. */
  forgetPerson(guildId: GuildId, personId: PersonId): void {
    this.#withdraw((one) => {
      const people = [one.personId, one.addresseeId];
      return one.guildId === guildId && people.includes(personId);
    });
  }

  /** Stops deliveries, and keeps a check that reads the store meanwhile from beginning them again. */
  #withdraw(which: (reminder: Reminder) => boolean) {
    for (const due of this.#due.values()) {
      if (!which(due.reminder)) continue;
      due.isOver = true;
      due.stop?.abort(new Error('the reminder was withdrawn'));
    }
  }

  /** Tries these again at once, as if none had failed. */
  #retryNow(which: (reminder: Reminder) => boolean) {
    for (const due of this.#due.values()) {
      if (which(due.reminder)) Object.assign(due, { tries: 0, notBeforeMs: 0 });
    }
    this.#checkAgain();
  }

  /** Checks again soon; also where a check runs just now. */
  #checkAgain() {
    this.#waitMs = 0;
    this.#wakeup.wake();
  }

  /** Begins to deliver what is due, and lets go of what is over. Errors: of the store. */
  async #checkDue(signal: AbortSignal) {
    const { shard, store } = this.#deps;
    this.#waitMs = Number.POSITIVE_INFINITY;
    await this.#applyArrivals();
    const soonest = await store.listSoonest(shard, Math.min(this.#due.size + batch, mostRead));
    if (signal.aborted) return;
    const ids = new Set(soonest.map(({ id }) => id));
    for (const [id, { stop }] of this.#due) if (!stop && !ids.has(id)) this.#due.delete(id);
    const isWaiting = ({ stop, isOver }: DueReminder) => !stop && !isOver;
    const waiting = soonest.map((one) => this.#getDue(one)).filter(isWaiting);
    const now = waiting.filter((one) => this.#getRestMs(one) <= 0);
    for (const theirs of Map.groupBy(now, toRecipientKey).values()) {
      if (this.#deliveries.size < maxConcurrentDeliveries) this.#beginDelivery(theirs);
    }
    const later = waiting.map((one) => this.#getRestMs(one)).filter((ms) => ms > 0);
    if (soonest.length > 0) this.#waitMs = Math.min(this.#waitMs, maxWaitMs, ...later);
    for (const id of ids) if (this.#due.get(id)?.isOver) await store.remove(id);
  }

  /** Makes messages for people who came due; after a failure again. Errors: of the store. */
  async #applyArrivals() {
    const { clock, store } = this.#deps;
    for (const arrival of this.#arrivals) {
      await store.makeArrivedDue(arrival.guildId, arrival.personIds, clock.wallMs());
      this.#arrivals.delete(arrival);
    }
  }

  #getDue(reminder: Reminder): DueReminder {
    const known = this.#due.get(reminder.id);
    return known ?? { reminder, tries: 0, notBeforeMs: 0, isOver: false };
  }

  #getRestMs({ notBeforeMs, reminder }: DueReminder): number {
    const { clock } = this.#deps;
    return Math.max(reminder.dueAtWallMs - clock.wallMs(), notBeforeMs - clock.nowMs());
  }

  #beginDelivery(theirs: readonly DueReminder[]) {
    const delivery = this.#deliver(theirs).finally(() => {
      this.#deliveries.delete(delivery);
      this.#checkAgain();
    });
    this.#deliveries.add(delivery);
  }

  /** Delivers reminders of one person. Never throws. */
  async #deliver(theirs: readonly DueReminder[]) {
    const { deliver, onEvent } = this.#deps;
    const stop = new AbortController();
    for (const due of theirs) {
      due.stop = stop;
      this.#due.set(due.reminder.id, due);
    }
    const reminders = theirs.map(({ reminder }) => reminder);
    try {
      const results = await deliver(reminders, stop.signal);
      for (const [n, due] of theirs.entries()) this.#settleDelivery(due, results[n] ?? 'unsent');
    } catch (error) {
      if (!stop.signal.aborted) {
        onEvent(reminders[0]?.guildId ?? '', toFailureEvent(error, 'speak'));
        for (const due of theirs) this.#settleDelivery(due, 'unsent');
      }
    }
    for (const due of theirs) due.stop = undefined;
  }

  #settleDelivery(due: DueReminder, result: ReminderResult) {
    if (result === 'said' || result === 'written' || result === 'untold') {
      this.#endReminder(due, result);
      return;
    }
    const { clock } = this.#deps;
    due.tries++;
    due.notBeforeMs = clock.nowMs() + Math.min(longestRetryMs, retryMs * 2 ** (due.tries - 1));
    if (result !== 'away' && due.tries >= maxTries) this.#endReminder(due, 'given-up');
  }

  /** The next check has the store let it go. */
  #endReminder(due: DueReminder, outcome: ReminderOutcome) {
    const { clock, onEvent } = this.#deps;
    const { dueAtWallMs, guildId, personId } = due.reminder;
    due.isOver = true;
    const lateMs = clock.wallMs() - dueAtWallMs;
    onEvent(guildId, toFeatureEvent(reminderEndedEvent, { personId, outcome, lateMs }));
  }
}

function toRecipientKey({ reminder }: DueReminder): string {
  const { addresseeId, guildId, personId } = reminder;
  return `${guildId} ${addresseeId ?? personId}`;
}
