import type { Clock } from '#src/base/clock.ts';
import { type GuildId, noGuild, type PersonId } from '#src/base/ids.ts';
import { admitLiteral } from '#src/base/logged-text.ts';
import { Wakeup } from '#src/base/loops/mailbox.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import type { ServerShare } from '#src/people/server-share.ts';
import type { RoomView } from '#src/ports/room-view.ts';
import {
  type FeatureEventKind,
  type SessionEventListener,
  toFailureEvent,
  toFeatureEvent,
} from '#src/ports/session-events.ts';
import {
  type AddedReminder,
  getRecipientId,
  type NewReminder,
  type Reminder,
  type ReminderStore,
} from '#src/stores/reminder-store.ts';
import type { DeliverReminders } from './reminder-delivery.ts';

type ReminderSchedulerDeps = {
  readonly clock: Clock;
  readonly store: ReminderStore;
  readonly shard: ServerShare;
  readonly deliver: DeliverReminders;
  readonly onEvent: SessionEventListener;
  readonly roomView?: RoomView | undefined;
};

/** `lateMs` is the delay after the due time. */
export const reminderEndedEvent: FeatureEventKind<'personId' | 'outcome' | 'lateMs'> = {
  kind: admitLiteral('reminder'),
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

type ReminderFilter = (reminder: Reminder) => boolean;

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
const maxShownReminders = 50;
/** Reminders read beyond the known due ones, and read at all. */
const [batchSize, maxReadReminders] = [50, 2_000];
/** The wall clock may be set, and a machine may sleep, so waiting ends after this time. */
const maxWaitMs = 600_000;
/** Each failure doubles the delay of a retry, from the first to the longest. */
const [firstRetryMs, maxRetryMs] = [30_000, 3_600_000];
/** About a day of failures. */
const maxTries = 30;

/**
 * Delivers reminders of one shard with one timer. After a crash one may be delivered
 * twice.
 */
export class ReminderScheduler {
  readonly #deps: ReminderSchedulerDeps;
  readonly #wakeup: Wakeup;
  readonly #dueReminders = new Map<string, DueReminder>();
  readonly #arrivals = new Set<Arrival>();
  readonly #deliveries: ReminderDeliveries;
  #waitMs = 0;
  /** Reminders on the page, the soonest first. */
  #shown: readonly Reminder[] = [];

  constructor(deps: ReminderSchedulerDeps) {
    this.#deps = deps;
    this.#wakeup = new Wakeup(deps.clock);
    this.#deliveries = new ReminderDeliveries(deps, () => this.#checkAgain());
  }

  /** Starts to deliver due reminders. Disposing waits for deliveries under way. */
  startServing(): AsyncDisposable {
    const { clock, onEvent } = this.#deps;
    const over = new AbortController();
    const running = runPeriodically(
      {
        name: 'reminders',
        clock,
        wakeup: this.#wakeup,
        everyMs: () => this.#waitMs,
        run: () => this.#checkDue(over.signal),
        report: (change) => onEvent(noGuild, change),
      },
      over.signal,
    );
    return {
      [Symbol.asyncDispose]: async () => {
        over.abort(new Error('the reminder scheduler is closed'));
        for (const { stop } of this.#dueReminders.values())
          stop?.abort(over.signal.reason);
        await Promise.all([running, ...this.#deliveries.running]);
      },
    };
  }

  /** Tries to deliver waiting reminders of these servers at once. */
  onGuildsArrived(guildIds: readonly GuildId[]): void {
    this.#retryNow(({ guildId }) => guildIds.includes(guildId));
  }

  /** Makes messages for these people due, who came or agreed in a voice channel. */
  onPeopleArrived(guildId: GuildId, personIds: readonly PersonId[]): void {
    this.#arrivals.add({ guildId, personIds });
    this.#retryNow(
      ({ guildId: reminderGuildId, message }) =>
        reminderGuildId === guildId &&
        message !== undefined &&
        personIds.includes(message.addresseeId),
    );
  }

  /** Stores a reminder, unless its person has as many as allowed. Throws BotError `store.*`. */
  async addReminder(reminder: NewReminder): Promise<AddedReminder> {
    const added = await this.#deps.store.add(reminder);
    this.#checkAgain();
    return added;
  }

  /** Lists reminders of a person, without those delivered just now. */
  async listReminders(
    guildId: GuildId,
    personId: PersonId,
  ): Promise<readonly Reminder[]> {
    const reminders = await this.#deps.store.list(guildId, personId);
    return reminders.filter(({ id }) => !this.#dueReminders.get(id)?.isOver);
  }

  /** Stops and removes a reminder. False if the store has no such reminder. */
  async cancelReminder(id: string): Promise<boolean> {
    const isMeant: ReminderFilter = (reminder) => reminder.id === id;
    this.#withdrawReminders(isMeant);
    const isRemoved = await this.#deps.store.remove(id);
    this.#hideReminders(isMeant);
    return isRemoved;
  }

  /** Stops deliveries by or for a person. The caller removes the stored rows. */
  forgetPerson(guildId: GuildId, personId: PersonId): void {
    const isMeant: ReminderFilter = (reminder) => {
      const personIds = [reminder.personId, reminder.message?.addresseeId];
      return reminder.guildId === guildId && personIds.includes(personId);
    };
    this.#withdrawReminders(isMeant);
    this.#hideReminders(isMeant);
  }

  #hideReminders(isMeant: ReminderFilter) {
    if (this.#shown.some(isMeant))
      this.#showReminders(this.#shown.filter((reminder) => !isMeant(reminder)));
  }

  #showReminders(reminders: readonly Reminder[]) {
    const { roomView } = this.#deps;
    if (!roomView) return;
    // A message waits for a person, and not for an instant.
    this.#shown = reminders.filter(({ message }) => message === undefined);
    const timers = this.#shown.slice(0, maxShownReminders);
    roomView.show({ kind: 'timers', timers: timers.map(toTimerFact) });
  }

  /** Stops deliveries, and keeps a running check from beginning them again. */
  #withdrawReminders(isMeant: ReminderFilter) {
    for (const due of this.#dueReminders.values()) {
      if (!isMeant(due.reminder)) continue;
      due.isOver = true;
      due.stop?.abort(new Error('the reminder was withdrawn'));
    }
  }

  #retryNow(isMeant: ReminderFilter) {
    for (const due of this.#dueReminders.values()) {
      if (isMeant(due.reminder)) Object.assign(due, { tries: 0, notBeforeMs: 0 });
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
      Math.min(this.#dueReminders.size + batchSize, maxReadReminders),
    );
    if (signal.aborted) return;
    const ids = new Set(soonest.map(({ id }) => id));
    this.#dropUnlisted(ids);
    const waiting = soonest
      .map((reminder) => this.#getDue(reminder))
      .filter(({ stop, isOver }) => !stop && !isOver);
    this.#showReminders(
      soonest.filter(({ id }) => !this.#dueReminders.get(id)?.isOver),
    );
    const dueNow = waiting.filter((due) => this.#getRemainingMs(due) <= 0);
    for (const group of Map.groupBy(dueNow, toRecipientKey).values())
      if (this.#deliveries.begin(group))
        for (const due of group) this.#dueReminders.set(due.reminder.id, due);
    const laterMs = waiting
      .map((due) => this.#getRemainingMs(due))
      .filter((ms) => ms > 0);
    if (soonest.length > 0)
      this.#waitMs = Math.min(this.#waitMs, maxWaitMs, ...laterMs);
    // A reminder that was delivered after the read is still in the store.
    for (const id of ids)
      if (this.#dueReminders.get(id)?.isOver) await store.remove(id);
  }

  #dropUnlisted(ids: ReadonlySet<string>) {
    for (const [id, { stop }] of this.#dueReminders)
      if (!stop && !ids.has(id)) this.#dueReminders.delete(id);
  }

  async #applyArrivals() {
    const { clock, store } = this.#deps;
    for (const arrival of this.#arrivals) {
      await store.makeArrivedDue(arrival.guildId, arrival.personIds, clock.wallMs());
      this.#arrivals.delete(arrival);
    }
  }

  #getDue(reminder: Reminder): DueReminder {
    return (
      this.#dueReminders.get(reminder.id) ?? {
        reminder,
        tries: 0,
        notBeforeMs: 0,
        isOver: false,
      }
    );
  }

  #getRemainingMs({ notBeforeMs, reminder }: DueReminder) {
    const { clock } = this.#deps;
    return Math.max(reminder.dueAtWallMs - clock.wallMs(), notBeforeMs - clock.nowMs());
  }
}

/** Delivers reminders, 16 groups at a time. */
class ReminderDeliveries {
  readonly #deps: ReminderSchedulerDeps;
  readonly #onEnd: () => void;
  readonly #running = new Set<Promise<void>>();

  constructor(deps: ReminderSchedulerDeps, onEnd: () => void) {
    this.#deps = deps;
    this.#onEnd = onEnd;
  }

  /** Deliveries under way. They reject with errors that are no failure of a delivery. */
  get running(): ReadonlySet<Promise<void>> {
    return this.#running;
  }

  /** Begins to deliver reminders of one recipient. Returns false if too many deliveries are under way. */
  begin(group: readonly DueReminder[]): boolean {
    if (this.#running.size >= maxConcurrentDeliveries) return false;
    const delivery = this.#deliverTogether(group).finally(() => {
      this.#running.delete(delivery);
      this.#onEnd();
    });
    this.#running.add(delivery);
    return true;
  }

  async #deliverTogether(group: readonly DueReminder[]) {
    const stop = new AbortController();
    for (const due of group) due.stop = stop;
    const results = await this.#tryDelivery(group, stop.signal);
    if (results)
      for (const [n, due] of group.entries())
        this.#settleDelivery(due, results[n] ?? 'unsent');
    for (const due of group) due.stop = undefined;
  }

  /** Undefined if stopped. Reports failures. */
  async #tryDelivery(group: readonly DueReminder[], signal: AbortSignal) {
    const { deliver, onEvent } = this.#deps;
    const reminders = group.map(({ reminder }) => reminder);
    try {
      return await deliver(reminders, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      onEvent(reminders[0]?.guildId ?? noGuild, toFailureEvent(error, 'speak'));
      return [];
    }
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
      Math.min(maxRetryMs, firstRetryMs * 2 ** (due.tries - 1));
    if (result !== 'away' && due.tries >= maxTries) this.#endReminder(due, 'given-up');
  }

  #endReminder(due: DueReminder, outcome: ReminderOutcome) {
    const { clock, onEvent } = this.#deps;
    const { dueAtWallMs, guildId, personId } = due.reminder;
    due.isOver = true;
    const lateMs = clock.wallMs() - dueAtWallMs;
    onEvent(
      guildId,
      toFeatureEvent(reminderEndedEvent, {
        personId,
        outcome: admitLiteral(outcome),
        lateMs,
      }),
    );
  }
}

function toTimerFact({ id, personId, text, setAtWallMs, dueAtWallMs }: Reminder) {
  return { id, personId, text, setAtWallMs, dueAtWallMs };
}

function toRecipientKey({ reminder }: DueReminder) {
  return `${reminder.guildId} ${getRecipientId(reminder)}`;
}
