import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import {
  type ReminderResult,
  ReminderScheduler,
} from '#src/features/reminders/reminder-scheduler.ts';
import type { RoomView } from '#src/ports/room-view.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type { NewReminder, Reminder } from '#src/stores/reminder-store.ts';
import { admitPersonErasure } from '#test/fakes/admitted-erasures.ts';
import { openMemoryStores } from '#test/fakes/memory-stores.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const all = { id: 0, count: 1 };
const minuteMs = 60_000;

/** One process whose reminders take as long to be told as `deliver` does; the store outlives it. */
function openProcess(
  deliver: (
    reminders: readonly Reminder[],
    signal: AbortSignal,
  ) => Promise<ReminderResult>,
  {
    clock = new VirtualClock(),
    store = openMemoryStores().reminders,
    roomView,
  }: {
    readonly clock?: VirtualClock;
    readonly store?: ReturnType<typeof openMemoryStores>['reminders'];
    readonly roomView?: RoomView;
  } = {},
) {
  const events: SessionEvent[] = [];
  const delivered: string[] = [];
  const reminders = new ReminderScheduler({
    clock,
    store,
    shard: all,
    roomView,
    async deliver(due, signal) {
      const result = await deliver(due, signal);
      if (result === 'said' || result === 'written')
        delivered.push(...due.map(({ id }) => id));
      return due.map(() => result);
    },
    onEvent: (_guildId, event) => void events.push(event),
  });
  const listOutcomes = () =>
    events.flatMap((event) => (event.kind === 'feature' ? [event.fields.outcome] : []));
  return { clock, store, reminders, delivered, events, outcomes: listOutcomes };
}

function makeReminder(
  clock: VirtualClock,
  inMs: number,
  overrides: Partial<NewReminder> = {},
): NewReminder {
  const setAtWallMs = clock.wallMs();
  return {
    id: crypto.randomUUID(),
    guildId: toGuildId('10'),
    personId: toPersonId('1'),
    channelId: toChannelId('100'),
    channelName: 'Lounge',
    text: 'tea',
    setAtWallMs,
    dueAtWallMs: setAtWallMs + inMs,
    ...overrides,
  };
}

const saySoon = async (): Promise<ReminderResult> => 'said';

test('no more than 16 people are told at a time, and everybody once', async () => {
  let [busy, most] = [0, 0];
  const { clock, reminders, delivered } = openProcess(async () => {
    most = Math.max(most, ++busy);
    await clock.sleep(500, new AbortController().signal);
    busy--;
    return 'written';
  });
  const ids = Array.from({ length: 100 }, (_, n) => `${n}`);
  for (const id of ids)
    await reminders.addReminder(
      makeReminder(clock, 0, { id, personId: toPersonId(id) }),
    );
  reminders.startServing();
  await clock.advance(minuteMs);
  expect([most, delivered.toSorted()]).toEqual([16, ids.toSorted()]);
});

test('a reminder that one owner of a shard did not deliver is delivered by its successor alone', async () => {
  const [clock, store] = [new VirtualClock(), openMemoryStores().reminders];
  const waitForever = () => new Promise<ReminderResult>(() => undefined);
  const owner = openProcess(waitForever, { clock, store });
  const serving = owner.reminders.startServing();
  await owner.reminders.addReminder(makeReminder(clock, minuteMs, { id: 'tea' }));
  await clock.advance(minuteMs);
  void serving[Symbol.asyncDispose]();
  await clock.advance(5 * minuteMs);
  const successor = openProcess(saySoon, { clock, store });
  successor.reminders.startServing();
  await clock.advance(1);
  expect([owner.delivered, successor.delivered]).toEqual([[], ['tea']]);
  expect(successor.events).toMatchObject([
    { fields: { outcome: 'said', lateMs: 5 * minuteMs } },
  ]);
});

test('a reminder that Discord refuses is retried ever more seldom, and given up after about a day', async () => {
  const tries: number[] = [];
  const { clock, store, reminders, outcomes } = openProcess(async () => {
    tries.push(clock.nowMs());
    return 'unsent';
  });
  reminders.startServing();
  await reminders.addReminder(makeReminder(clock, 0));
  await clock.advance(4 * minuteMs);
  expect(tries).toHaveLength(4); // at once, and after 30, 60 and 120 s
  expect(await store.list(toGuildId('10'), toPersonId('1'))).toHaveLength(1);
  for (let hours = 0; hours < 30; hours++) await clock.advance(60 * minuteMs);
  expect(tries).toHaveLength(30);
  expect(outcomes()).toEqual(['given-up']);
  expect(await store.list(toGuildId('10'), toPersonId('1'))).toEqual([]);
});

test('a reminder that was told is not told again where the store does not let it go', async () => {
  const { clock, store, reminders, delivered, outcomes } = openProcess(saySoon);
  reminders.startServing();
  await reminders.addReminder(makeReminder(clock, 5, { id: 'tea' }));
  store.trouble = 'unwritable';
  await clock.advance(60 * minuteMs);
  expect(await reminders.listReminders(toGuildId('10'), toPersonId('1'))).toEqual([]);
  store.trouble = undefined;
  await clock.advance(60 * minuteMs);
  expect([delivered, outcomes()]).toEqual([['tea'], ['said']]);
  expect(await store.list(toGuildId('10'), toPersonId('1'))).toEqual([]);
});

test('a reminder that is cancelled, forgotten or withdrawn is not told, even while it waits for a pause', async () => {
  const signals: AbortSignal[] = [];
  const { clock, store, reminders, delivered } = openProcess((_due, signal) => {
    signals.push(signal);
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  });
  reminders.startServing();
  for (const personId of ['1', '2', '3'])
    await reminders.addReminder(
      makeReminder(clock, 5, { id: personId, personId: toPersonId(personId) }),
    );
  await clock.advance(5);
  expect(signals).toHaveLength(3);
  expect(await reminders.cancelReminder('1')).toBe(true);
  reminders.forgetPerson(toGuildId('10'), toPersonId('2'));
  expect(
    await store.removePersonReminders(
      admitPersonErasure(toGuildId('10'), toPersonId('2')),
    ),
  ).toBe(1);
  await store.removePersonReminders(
    admitPersonErasure(toGuildId('10'), toPersonId('3')),
  );
  reminders.forgetPerson(toGuildId('10'), toPersonId('3'));
  await clock.advance(60 * minuteMs);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
  expect(delivered).toEqual([]);
});

test('a page is told which timers run, from their beginning until they are told or taken back', async () => {
  const told: string[][] = [];
  const roomView: RoomView = {
    isWatched: true,
    show: (fact) =>
      fact.kind === 'timers' && void told.push(fact.timers.map(({ id }) => id)),
  };
  const { clock, reminders } = openProcess(saySoon, { roomView });
  reminders.startServing();
  await reminders.addReminder(makeReminder(clock, minuteMs, { id: 'tea' }));
  await reminders.addReminder(makeReminder(clock, 2 * minuteMs, { id: 'eggs' }));
  const other = { personId: toPersonId('2') };
  await reminders.addReminder(
    makeReminder(clock, 3 * minuteMs, { id: 'hers', ...other }),
  );
  await clock.advance(1);
  expect(told.at(-1)).toEqual(['tea', 'eggs', 'hers']);
  await clock.advance(minuteMs);
  expect(told.at(-1)).toEqual(['eggs', 'hers']);
  await reminders.cancelReminder('eggs');
  expect(told.at(-1)).toEqual(['hers']);
  reminders.forgetPerson(toGuildId('10'), other.personId);
  expect(told.at(-1)).toEqual([]);
});
