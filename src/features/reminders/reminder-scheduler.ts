import type { Clock } from '#src/base/clock.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import { Wakeup } from '#src/base/loops/wakeup.ts';
import type { Public } from '#src/base/public.ts';
import type { NewReminder, Reminder } from '#src/features/reminders/reminder.ts';
import type { ServerShare } from '#src/people/server-share.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import {
  type FeatureEventKind,
  featureEvent,
  type SessionEventListener,
} from '#src/ports/session-events.ts';
import type { ReminderDelivery } from './reminder-delivery.ts';
import type { ReminderStore } from './reminder-store.ts';

type ReminderSchedulerParts = {
  readonly clock: Clock;
  readonly store: Public<ReminderStore>;
  readonly onEvent: SessionEventListener;
};

/** A reminder was delivered, or never will be; `lateMs` after its instant. */
export const reminderEnded: FeatureEventKind<'personId' | 'outcome' | 'lateMs'> = {
  kind: 'reminder',
  level: 'info',
  line: ['kind', 'personId', 'outcome', 'lateMs', 'guildId'],
  meter: { counter: 'reminders', help: 'Reminders, by how they ended.', labels: ['outcome'] },
};

/** End of a reminder; `given-up`: Discord accepted it nowhere for about a day. */
type ReminderOutcome = 'said' | 'written' | 'given-up';

/** Result of an attempt to deliver a reminder; `away`: its server is not there now, `unsent`: Discord did not accept it. */
export type ReminderResult = 'said' | 'written' | 'away' | 'unsent';

type ServedShard = { readonly shard: ServerShare; readonly delivery: Public<ReminderDelivery> };
/** Reminder that is being delivered. */
type PendingReminder = {
  readonly reminder: Reminder;
  readonly served: ServedShard;
  readonly stop: AbortController;
};
type Attempt = { readonly guildId: string; readonly tries: number; readonly notBeforeMs: number };

/** Number of people to whom reminders are delivered at the same time. */
const mostAtOnce = 16;
/** Reminders that are read beyond those which are known to wait, and read at all. */
const [batch, mostRead] = [50, 2_000];
/** The wall clock may be set, and a machine may sleep: while something waits, it is checked again after this time, in ms. */
const longestWaitMs = 600_000;
/** First and longest delay of a retry, in ms; each failure doubles it. */
const [retryMs, longestRetryMs] = [30_000, 3_600_000];
/** Failures to send a reminder, in about a day, after which it is given up. */
const mostTries = 30;

/**
 * Delivers reminders when they are due, with one timer for all servers that this process serves.
 *
 * A reminder stays in the store until it was delivered, so that the next process that serves its server delivers it, late. Where a
 * process is killed in between, it is delivered twice.
 */
export class ReminderScheduler implements AsyncDisposable {
  readonly #parts: ReminderSchedulerParts;
  readonly #wakeup: Wakeup;
  readonly #over = new AbortController();
  readonly #served = new Set<ServedShard>();
  /** By id. */
  readonly #pending = new Map<string, PendingReminder>();
  readonly #attempts = new Map<string, Attempt>();
  /** Ids of those that were delivered, given up or taken back, and may still stand in the store; the oldest are forgotten first. */
  readonly #ended = new Set<string>();
  /** Groups of one person each. */
  readonly #groups = new Set<Promise<void>>();
  /** True where a reminder may have become due since the last check began. */
  #isChanged = false;
  #running: Promise<void> | undefined;

  constructor(parts: ReminderSchedulerParts) {
    this.#parts = parts;
    this.#wakeup = new Wakeup(parts.clock);
  }

  /** Delivers reminders of this shard from now on, until the returned object is disposed of. */
  serve({ id, count }: ServerShare, delivery: Public<ReminderDelivery>): Disposable {
    const served = { shard: { id, count }, delivery }; // what a store on another thread can be given
    this.#served.add(served);
    this.#running ??= this.#run();
    this.#checkAgain();
    return {
      [Symbol.dispose]: () => {
        this.#served.delete(served);
        this.#stop((delivering) => delivering.served === served);
      },
    };
  }

  /** These servers are there again: what waits for them is tried at once. */
  arrived(guildIds: readonly string[]): void {
    for (const [id, { guildId }] of this.#attempts) {
      if (guildIds.includes(guildId)) this.#attempts.set(id, { guildId, tries: 0, notBeforeMs: 0 });
    }
    this.#checkAgain();
  }

  /** Errors: as `ReminderStore.add`. */
  async add(reminder: NewReminder): ReturnType<ReminderStore['add']> {
    const added = await this.#parts.store.add(reminder);
    this.#checkAgain();
    return added;
  }

  /** Reminders without those that were delivered just now. Errors: as `ReminderStore.list`. */
  async list(guildId: string, personId: string): Promise<readonly Reminder[]> {
    const all = await this.#parts.store.list(guildId, personId);
    return all.filter(({ id }) => !this.#ended.has(id));
  }

  /** Errors: as `ReminderStore.remove`. */
  async cancel(id: string): Promise<boolean> {
    this.#takeBack(({ reminder }) => reminder.id === id);
    this.#attempts.delete(id);
    return await this.#parts.store.remove(id);
  }

  /** Stops the delivery of reminders that are due now for this person; the store is not changed. */
  forget(guildId: string, personId: string): void {
    this.#takeBack(({ reminder: one }) => one.guildId === guildId && one.personId === personId);
  }

  /** Same as `forget`, and the store keeps none of them. Errors: as `ReminderStore.withdraw`. */
  async withdraw(guildId: string, personId: string): Promise<number> {
    this.forget(guildId, personId);
    return await this.#parts.store.withdraw(guildId, personId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort(new Error('the reminder scheduler is closed'));
    this.#stop(() => true);
    this.#checkAgain();
    await Promise.all([this.#running, ...this.#groups]);
  }

  /** Stops deliveries, and keeps a check that reads the store meanwhile from beginning them again. */
  #takeBack(which: (delivering: PendingReminder) => boolean): void {
    for (const one of this.#pending.values()) if (which(one)) this.#ended.add(one.reminder.id);
    this.#stop(which);
  }

  #stop(which: (delivering: PendingReminder) => boolean): void {
    for (const delivering of this.#pending.values()) {
      if (which(delivering)) delivering.stop.abort(new Error('the reminder was withdrawn'));
    }
  }

  /** Checks again soon; also where a check runs just now. */
  #checkAgain(): void {
    this.#isChanged = true;
    this.#wakeup.wake();
  }

  /** Never throws. */
  async #run(): Promise<void> {
    const { clock, onEvent } = this.#parts;
    let waitMs = Number.POSITIVE_INFINITY;
    await runPeriodically(
      {
        name: 'reminders',
        clock,
        wakeup: this.#wakeup,
        everyMs: () => (this.#isChanged ? 0 : waitMs),
        run: async () => {
          this.#isChanged = false;
          waitMs = Number.POSITIVE_INFINITY;
          for (const served of this.#served) waitMs = Math.min(waitMs, await this.#check(served));
        },
        report: (change) => onEvent('', change),
      },
      this.#over.signal,
    );
  }

  /** Begins to deliver what is due. Returns the time, in ms, until the next check that only the timer causes. */
  async #check(served: ServedShard): Promise<number> {
    const { store } = this.#parts;
    const limit = Math.min(this.#pending.size + this.#attempts.size + batch, mostRead);
    const soonest = await store.soonest(served.shard, limit);
    if (!this.#served.has(served)) return Number.POSITIVE_INFINITY;
    const waiting = soonest.filter(({ id }) => !this.#pending.has(id) && !this.#ended.has(id));
    for (const group of byPerson(waiting.filter((one) => this.#restMs(one) <= 0))) {
      if (this.#groups.size >= mostAtOnce) break;
      const delivering = this.#deliver(group, served);
      this.#groups.add(delivering);
      void delivering.finally(() => {
        this.#groups.delete(delivering);
        this.#checkAgain();
      });
    }
    for (const { id } of soonest) if (this.#ended.has(id)) await store.remove(id);
    if (soonest.length === 0) return Number.POSITIVE_INFINITY;
    const later = waiting.map((one) => this.#restMs(one)).filter((ms) => ms > 0);
    return Math.min(longestWaitMs, ...later);
  }

  #restMs({ id, dueAtWallMs }: Reminder): number {
    const { clock } = this.#parts;
    const { notBeforeMs = 0 } = this.#attempts.get(id) ?? {};
    return Math.max(dueAtWallMs - clock.wallMs(), notBeforeMs - clock.nowMs());
  }

  /** Never throws. */
  async #deliver(reminders: readonly Reminder[], served: ServedShard): Promise<void> {
    const stop = new AbortController();
    for (const reminder of reminders) this.#pending.set(reminder.id, { reminder, served, stop });
    try {
      const results = await served.delivery.deliver(reminders, stop.signal);
      for (const reminder of reminders)
        this.#settle(reminder, results.get(reminder.id) ?? 'unsent');
    } catch (error) {
      if (!stop.signal.aborted) {
        this.#parts.onEvent(reminders[0]?.guildId ?? '', failureEventOf(error, 'speak'));
        for (const reminder of reminders) this.#settle(reminder, 'unsent');
      }
    }
    for (const { id } of reminders) this.#pending.delete(id);
  }

  #settle(reminder: Reminder, result: ReminderResult): void {
    const { id, guildId } = reminder;
    const tries = (this.#attempts.get(id)?.tries ?? 0) + 1;
    if (result === 'said' || result === 'written') {
      this.#end(reminder, result);
      return;
    }
    if (result === 'unsent' && tries >= mostTries) {
      this.#end(reminder, 'given-up');
      return;
    }
    const notBeforeMs = this.#parts.clock.nowMs() + backoffMs(tries);
    this.#attempts.set(id, { guildId, tries, notBeforeMs });
  }

  /** The next check has the store let it go. */
  #end({ id, guildId, personId, dueAtWallMs }: Reminder, outcome: ReminderOutcome): void {
    const { clock, onEvent } = this.#parts;
    const lateMs = clock.wallMs() - dueAtWallMs;
    onEvent(guildId, featureEvent(reminderEnded, { personId, outcome, lateMs }));
    this.#attempts.delete(id);
    this.#ended.add(id);
    const [oldest = ''] = this.#ended;
    if (this.#ended.size > mostRead) this.#ended.delete(oldest);
  }
}

/** Wait, in ms, after so many failures in a row. */
function backoffMs(failures: number): number {
  return Math.min(longestRetryMs, retryMs * 2 ** Math.min(20, Math.max(0, failures - 1)));
}

/** In the order in which the first of each person is due. */
function byPerson(due: readonly Reminder[]): readonly (readonly Reminder[])[] {
  const groups = Map.groupBy(due, ({ guildId, personId }) => `${guildId} ${personId}`);
  return [...groups.values()];
}
