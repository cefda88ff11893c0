import type { Clock } from '#src/base/clock.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import { Wakeup } from '#src/base/loops/wakeup.ts';
import type { Public } from '#src/base/public.ts';
import { failureEventOf } from '#src/conversation/alerts/failure-event.ts';
import {
  type FeatureEventKind,
  featureEvent,
  type SessionEventListener,
} from '#src/conversation/ports/session-events.ts';
import type { NewReminder, Reminder } from '#src/features/reminders/reminder.ts';
import type { ServerShare } from '#src/people/server-share.ts';
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
  /** Ids of delivered reminders, until a read of the store is without them. */
  readonly #delivered = new Map<string, ServedShard>();
  /** Groups of one person each. */
  readonly #groups = new Set<Promise<void>>();
  #misses = 0;
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
    return all.filter(({ id }) => !this.#delivered.has(id));
  }

  /** Errors: as `ReminderStore.remove`. */
  async cancel(id: string): Promise<boolean> {
    this.#stop(({ reminder }) => reminder.id === id);
    this.#attempts.delete(id);
    return await this.#parts.store.remove(id);
  }

  /** Stops the delivery of reminders that are due now for this person; the store is not changed. */
  forget(guildId: string, personId: string): void {
    this.#stop(({ reminder }) => reminder.guildId === guildId && reminder.personId === personId);
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
    const delivered = [...this.#delivered].filter(([, by]) => by === served).map(([id]) => id);
    const soonest = await this.#read(served);
    if (!soonest) return backoffMs(this.#misses);
    if (!this.#served.has(served)) return Number.POSITIVE_INFINITY;
    await this.#removeStored(delivered, soonest);
    const waiting = soonest.filter(({ id }) => !this.#delivered.has(id) && !this.#pending.has(id));
    for (const group of byPerson(waiting.filter((one) => this.#restMs(one) <= 0))) {
      if (this.#groups.size >= mostAtOnce) break;
      const delivering = this.#deliver(group, served);
      this.#groups.add(delivering);
      void delivering.finally(() => {
        this.#groups.delete(delivering);
        this.#checkAgain();
      });
    }
    if (soonest.length === 0) return Number.POSITIVE_INFINITY;
    const later = waiting.map((one) => this.#restMs(one)).filter((ms) => ms > 0);
    return Math.min(longestWaitMs, ...later);
  }

  /** Removes delivered reminders that the store still has, and forgets those that it has not. */
  async #removeStored(delivered: readonly string[], stored: readonly Reminder[]): Promise<void> {
    for (const id of delivered) {
      const left = stored.find((one) => one.id === id);
      if (left) await this.#remove(left);
      else this.#delivered.delete(id);
    }
  }

  /** Undefined where the store cannot be read, which is reported to the operator once. */
  async #read({ shard }: ServedShard): Promise<readonly Reminder[] | undefined> {
    const known = this.#pending.size + this.#delivered.size + this.#attempts.size;
    try {
      const limit = Math.min(known + batch, mostRead);
      const soonest = await this.#parts.store.soonest(shard, limit);
      this.#misses = 0;
      return soonest;
    } catch (error) {
      if (this.#misses++ === 0) this.#parts.onEvent('', failureEventOf(error, 'store'));
      return undefined;
    }
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
        await this.#settle(reminder, results.get(reminder.id) ?? 'unsent', served);
    } catch (error) {
      if (!stop.signal.aborted) {
        this.#parts.onEvent(reminders[0]?.guildId ?? '', failureEventOf(error, 'speak'));
        for (const reminder of reminders) await this.#settle(reminder, 'unsent', served);
      }
    }
    for (const { id } of reminders) this.#pending.delete(id);
  }

  async #settle(reminder: Reminder, result: ReminderResult, served: ServedShard): Promise<void> {
    const { id, guildId } = reminder;
    switch (result) {
      case 'said':
      case 'written':
        return await this.#end(reminder, result, served);
      case 'away':
      case 'unsent': {
        const tries = (this.#attempts.get(id)?.tries ?? 0) + 1;
        if (result === 'unsent' && tries >= mostTries)
          return await this.#end(reminder, 'given-up', served);
        const notBeforeMs = this.#parts.clock.nowMs() + backoffMs(tries);
        this.#attempts.set(id, { guildId, tries, notBeforeMs });
      }
    }
  }

  async #end(reminder: Reminder, outcome: ReminderOutcome, served: ServedShard): Promise<void> {
    const { id, guildId, personId, dueAtWallMs } = reminder;
    const { clock, onEvent } = this.#parts;
    const lateMs = clock.wallMs() - dueAtWallMs;
    onEvent(guildId, featureEvent(reminderEnded, { personId, outcome, lateMs }));
    this.#attempts.delete(id);
    this.#delivered.set(id, served);
    await this.#remove(reminder);
  }

  /** Retries at the next check where the store fails. Never throws. */
  async #remove({ id, guildId }: Reminder): Promise<void> {
    try {
      await this.#parts.store.remove(id);
    } catch (error) {
      this.#parts.onEvent(guildId, failureEventOf(error, 'store'));
    }
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
