import type { Clock } from '#src/base/clock.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import { Wakeup } from '#src/base/loops/mailbox.ts';
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

export type ReminderScheduler = ReturnType<typeof createReminderScheduler>;

/**
 * Delivers reminders of one shard with one timer. After a crash one may be delivered
 * twice.
 */
export function createReminderScheduler(deps: ReminderSchedulerDeps) {
  const wakeup = new Wakeup(deps.clock);
  const known = new Map<string, DueReminder>();
  const arrivals = new Set<Arrival>();
  const deliveries = createReminderDeliveries(deps, known, checkAgain);
  let waitMs = 0;

  /** Stops deliveries, and keeps a running check from beginning them again. */
  function withdraw(which: (reminder: Reminder) => boolean) {
    for (const due of known.values()) {
      if (!which(due.reminder)) continue;
      due.isOver = true;
      due.stop?.abort(new Error('the reminder was withdrawn'));
    }
  }

  function retryNow(which: (reminder: Reminder) => boolean) {
    for (const due of known.values()) {
      if (which(due.reminder)) Object.assign(due, { tries: 0, notBeforeMs: 0 });
    }
    checkAgain();
  }

  function checkAgain() {
    waitMs = 0;
    wakeup.wake();
  }

  /** Begins due deliveries and sets the next check. Throws errors of the store. */
  async function checkDue(signal: AbortSignal) {
    const { shard, store } = deps;
    waitMs = Number.POSITIVE_INFINITY;
    await applyArrivals();
    const soonest = await store.listSoonest(
      shard,
      Math.min(known.size + batch, mostRead),
    );
    if (signal.aborted) return;
    const ids = new Set(soonest.map(({ id }) => id));
    dropUnlisted(ids);
    const waiting = soonest.map(getDue).filter(({ stop, isOver }) => !stop && !isOver);
    const now = waiting.filter((one) => getRestMs(one) <= 0);
    for (const theirs of Map.groupBy(now, toRecipientKey).values())
      deliveries.begin(theirs);
    const later = waiting.map((one) => getRestMs(one)).filter((ms) => ms > 0);
    if (soonest.length > 0) waitMs = Math.min(waitMs, maxWaitMs, ...later);
    // A reminder that was delivered after the read is still in the store.
    for (const id of ids) if (known.get(id)?.isOver) await store.remove(id);
  }

  function dropUnlisted(ids: ReadonlySet<string>) {
    for (const [id, { stop }] of known) if (!stop && !ids.has(id)) known.delete(id);
  }

  async function applyArrivals() {
    const { clock, store } = deps;
    for (const arrival of arrivals) {
      await store.makeArrivedDue(arrival.guildId, arrival.personIds, clock.wallMs());
      arrivals.delete(arrival);
    }
  }

  function getDue(reminder: Reminder) {
    return (
      known.get(reminder.id) ?? { reminder, tries: 0, notBeforeMs: 0, isOver: false }
    );
  }

  function getRestMs({ notBeforeMs, reminder }: DueReminder) {
    const { clock } = deps;
    return Math.max(reminder.dueAtWallMs - clock.wallMs(), notBeforeMs - clock.nowMs());
  }

  return {
    /** Starts to deliver due reminders. Disposing waits for deliveries under way. */
    startServing(): AsyncDisposable {
      const { clock, onEvent } = deps;
      const over = new AbortController();
      const task = {
        name: 'reminders',
        clock,
        wakeup,
        everyMs: () => waitMs,
        run: () => checkDue(over.signal),
        report: (change) => onEvent('', change),
      } satisfies Parameters<typeof runPeriodically>[0];
      const running = runPeriodically(task, over.signal);
      return {
        [Symbol.asyncDispose]: async () => {
          over.abort(new Error('the reminder scheduler is closed'));
          for (const { stop } of known.values()) stop?.abort(over.signal.reason);
          await Promise.all([running, ...deliveries.running]);
        },
      };
    },
    /** Tries to deliver waiting reminders of these servers at once. */
    onGuildsArrived(guildIds: readonly GuildId[]) {
      retryNow(({ guildId }) => guildIds.includes(guildId));
    },
    onPeopleArrived(guildId: GuildId, personIds: readonly PersonId[]) {
      arrivals.add({ guildId, personIds });
      retryNow(
        (one) =>
          one.guildId === guildId && personIds.includes(one.message?.addresseeId ?? ''),
      );
    },
    async addReminder(reminder: NewReminder): ReturnType<ReminderStore['add']> {
      const added = await deps.store.add(reminder);
      checkAgain();
      return added;
    },
    /** Lists reminders of a person, without those delivered just now. */
    async listReminders(
      guildId: GuildId,
      personId: PersonId,
    ): Promise<readonly Reminder[]> {
      const all = await deps.store.list(guildId, personId);
      return all.filter(({ id }) => !known.get(id)?.isOver);
    },
    async cancelReminder(id: string): Promise<boolean> {
      withdraw((reminder) => reminder.id === id);
      return await deps.store.remove(id);
    },
    forgetPerson(guildId: GuildId, personId: PersonId) {
      withdraw((one) => {
        const people = [one.personId, one.message?.addresseeId];
        return one.guildId === guildId && people.includes(personId);
      });
    },
  };
}

/** Delivers reminders, 16 groups at a time. */
function createReminderDeliveries(
  deps: ReminderSchedulerDeps,
  known: Map<string, DueReminder>,
  onEnd: () => void,
) {
  const { clock, onEvent } = deps;
  const running = new Set<Promise<void>>();

  async function deliverTogether(theirs: readonly DueReminder[]) {
    const stop = new AbortController();
    for (const due of theirs) {
      due.stop = stop;
      known.set(due.reminder.id, due);
    }
    const results = await tryDelivery(theirs, stop.signal);
    if (results)
      for (const [n, due] of theirs.entries())
        settleDelivery(due, results[n] ?? 'unsent');
    for (const due of theirs) due.stop = undefined;
  }

  /** Undefined if stopped. Reports failures. */
  async function tryDelivery(theirs: readonly DueReminder[], signal: AbortSignal) {
    const reminders = theirs.map(({ reminder }) => reminder);
    try {
      return await deps.deliver(reminders, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      onEvent(reminders[0]?.guildId ?? '', toFailureEvent(error, 'speak'));
      return [];
    }
  }

  function settleDelivery(due: DueReminder, result: ReminderResult) {
    if (due.isOver) return;
    if (result === 'said' || result === 'written' || result === 'untold') {
      endReminder(due, result);
      return;
    }
    due.tries++;
    due.notBeforeMs =
      clock.nowMs() + Math.min(longestRetryMs, retryMs * 2 ** (due.tries - 1));
    if (result !== 'away' && due.tries >= maxTries) endReminder(due, 'given-up');
  }

  function endReminder(due: DueReminder, outcome: ReminderOutcome) {
    const { dueAtWallMs, guildId, personId } = due.reminder;
    due.isOver = true;
    const lateMs = clock.wallMs() - dueAtWallMs;
    onEvent(guildId, toFeatureEvent(reminderEndedEvent, { personId, outcome, lateMs }));
  }

  return {
    running,
    /** Begins a delivery, unless too many are under way. */
    begin(theirs: readonly DueReminder[]) {
      if (running.size >= maxConcurrentDeliveries) return;
      const delivery = deliverTogether(theirs).finally(() => {
        running.delete(delivery);
        onEnd();
      });
      running.add(delivery);
    },
  };
}

function toRecipientKey({ reminder }: DueReminder) {
  return `${reminder.guildId} ${getRecipientId(reminder)}`;
}
