import type { Clock } from '#src/base/clock.ts';
import { createWakeup } from '#src/base/loops/mailbox.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import {
  getRecipientId,
  type NewReminder,
  type Reminder,
} from '#src/features/reminders/reminder-store.ts';
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
  readonly shard: ServerShare;
  readonly deliver: DeliverReminders;
  readonly onEvent: SessionEventListener;
};

/** `lateMs` is the delay after the due time. */
export const reminderEndedEvent: FeatureEventKind<'personId' | 'outcome' | 'lateMs'> = {
  kind: 'reminder',
  line: ['kind', 'personId', 'outcome', 'lateMs', 'guildId'],
};

/** `untold` informed the author of a message. `given-up` failed for about a day. */
type ReminderOutcome = 'said' | 'written' | 'untold' | 'given-up';

/**
 * `away` means an absent server or addressee. `unsent` may succeed later, and `refused` may not.
 */
export type ReminderResult =
  | Exclude<ReminderOutcome, 'given-up'>
  | 'away'
  | 'unsent'
  | 'refused';

type DueReminder = {
  readonly reminder: Reminder;
  tries: number;
  notBeforeMs: number;
  stop?: AbortController;
  /** The reminder is over, and may still be stored. */
  isOver: boolean;
};

type Arrival = { readonly guildId: GuildId; readonly personIds: readonly PersonId[] };

const maxConcurrentDeliveries = 16;
/** Reminders read beyond the known due ones, and read at all. */
const [batch, mostRead] = [50, 2_000];
/** The wall clock may be set, and a machine may sleep, so waiting ends after this time. */
const maxWaitMs = 600_000;
/** First and longest delay of a retry. Each failure doubles it. */
const [retryMs, longestRetryMs] = [30_000, 3_600_000];
/** About a day of failures. */
const maxTries = 30;

/**
 * Delivers reminders of one shard with one timer. After a crash one may be delivered
 * twice.
 */
export class ReminderScheduler {
  readonly #deps;
  readonly #wakeup;
  readonly #due = new Map<string, DueReminder>();
  readonly #deliveries = new Set<Promise<void>>();
  readonly #arrivals = new Set<Arrival>();
  #waitMs = 0;

  constructor(deps: ReminderSchedulerDeps) {
    this.#deps = deps;
    this.#wakeup = createWakeup(deps.clock);
  }

  /** Starts to deliver due reminders. Disposing waits for deliveries under way. */
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

  /** Tries to deliver waiting reminders of these servers at once. */
  onGuildsArrived(guildIds: readonly GuildId[]) {
    this.#retryNow(({ guildId }) => guildIds.includes(guildId));
  }

  onPeopleArrived(guildId: GuildId, personIds: readonly PersonId[]) {
    this.#arrivals.add({ guildId, personIds });
    this.#retryNow(
      (one) =>
        one.guildId === guildId && personIds.includes(one.message?.addresseeId ?? ''),
    );
  }

  async addReminder(reminder: NewReminder): ReturnType<ReminderStore['add']> {
    const added = await this.#deps.store.add(reminder);
    this.#checkAgain();
    return added;
  }

  /** Lists reminders of a person, without those delivered just now. */
  async listReminders(
    guildId: GuildId,
    personId: PersonId,
  ): Promise<readonly Reminder[]> {
    const all = await this.#deps.store.list(guildId, personId);
    return all.filter(({ id }) => !this.#due.get(id)?.isOver);
  }

  async cancelReminder(id: string): Promise<boolean> {
    this.#withdraw((reminder) => reminder.id === id);
    return await this.#deps.store.remove(id);
  }

  /** Stops deliveries by and for this person. */
  forgetPerson(guildId: GuildId, personId: PersonId) {
    this.#withdraw((one) => {
      const people = [one.personId, one.message?.addresseeId];
      return one.guildId === guildId && people.includes(personId);
    });
  }

  /** Stops deliveries, and keeps a running check from beginning them again. */
  #withdraw(which: (reminder: Reminder) => boolean) {
    for (const due of this.#due.values()) {
      if (!which(due.reminder)) continue;
      due.isOver = true;
      due.stop?.abort(new Error('the reminder was withdrawn'));
    }
  }

  #retryNow(which: (reminder: Reminder) => boolean) {
    for (const due of this.#due.values()) {
      if (which(due.reminder)) Object.assign(due, { tries: 0, notBeforeMs: 0 });
    }
    this.#checkAgain();
  }

  #checkAgain() {
    this.#waitMs = 0;
    this.#wakeup.wake();
  }

  /** Begins due deliveries and sets the next check. Throws errors of the store. */
  async #checkDue(signal: AbortSignal) {
    const { shard, store } = this.#deps;
    this.#waitMs = Number.POSITIVE_INFINITY;
    await this.#applyArrivals();
    const soonest = await store.listSoonest(
      shard,
      Math.min(this.#due.size + batch, mostRead),
    );
    if (signal.aborted) return;
    const ids = new Set(soonest.map(({ id }) => id));
    for (const [id, { stop }] of this.#due)
      if (!stop && !ids.has(id)) this.#due.delete(id);
    const waiting = soonest
      .map((one) => this.#getDue(one))
      .filter(({ stop, isOver }) => !stop && !isOver);
    const now = waiting.filter((one) => this.#getRestMs(one) <= 0);
    for (const theirs of Map.groupBy(now, toRecipientKey).values()) {
      if (this.#deliveries.size < maxConcurrentDeliveries) this.#beginDelivery(theirs);
    }
    const later = waiting.map((one) => this.#getRestMs(one)).filter((ms) => ms > 0);
    if (soonest.length > 0) this.#waitMs = Math.min(this.#waitMs, maxWaitMs, ...later);
    // A reminder that was delivered after the read is still in the store.
    for (const id of ids) if (this.#due.get(id)?.isOver) await store.remove(id);
  }

  async #applyArrivals() {
    const { clock, store } = this.#deps;
    for (const arrival of this.#arrivals) {
      await store.makeArrivedDue(arrival.guildId, arrival.personIds, clock.wallMs());
      this.#arrivals.delete(arrival);
    }
  }

  #getDue(reminder: Reminder) {
    const known = this.#due.get(reminder.id);
    return known ?? { reminder, tries: 0, notBeforeMs: 0, isOver: false };
  }

  #getRestMs({ notBeforeMs, reminder }: DueReminder) {
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
      for (const [n, due] of theirs.entries())
        this.#settleDelivery(due, results[n] ?? 'unsent');
    } catch (error) {
      if (!stop.signal.aborted) {
        onEvent(reminders[0]?.guildId ?? '', toFailureEvent(error, 'speak'));
        for (const due of theirs) this.#settleDelivery(due, 'unsent');
      }
    }
    for (const due of theirs) due.stop = undefined;
  }

  #settleDelivery(due: DueReminder, result: ReminderResult) {
    if (due.isOver) return;
    if (result === 'said' || result === 'written' || result === 'untold') {
      this.#endReminder(due, result);
      return;
    }
    due.tries++;
    due.notBeforeMs =
      this.#deps.clock.nowMs() +
      Math.min(longestRetryMs, retryMs * 2 ** (due.tries - 1));
    if (result !== 'away' && due.tries >= maxTries) this.#endReminder(due, 'given-up');
  }

  #endReminder(due: DueReminder, outcome: ReminderOutcome) {
    const { clock, onEvent } = this.#deps;
    const { dueAtWallMs, guildId, personId } = due.reminder;
    due.isOver = true;
    const lateMs = clock.wallMs() - dueAtWallMs;
    onEvent(guildId, toFeatureEvent(reminderEndedEvent, { personId, outcome, lateMs }));
  }
}

function toRecipientKey({ reminder }: DueReminder) {
  return `${reminder.guildId} ${getRecipientId(reminder)}`;
}
