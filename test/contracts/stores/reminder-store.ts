import { expect, test } from 'vitest';
import {
  mostReminders,
  type NewReminder,
  type ReminderStore,
} from '#src/features/reminders/reminder-store.ts';
import type { OpenStore } from './open-store.ts';

/** Ids of two servers of which the first is on shard 0 of 2, the second on shard 1. */
const [even, odd] = [`${2n << 22n}`, `${3n << 22n}`];
const [first, second] = [
  { id: 0, count: 2 },
  { id: 1, count: 2 },
];

const tea: NewReminder = {
  id: 'tea',
  guildId: even,
  personId: '1',
  channelId: '100',
  channelName: 'Lounge “à la carte”',
  text: 'Take the tea out 🍵',
  setAtWallMs: 1_795_190_400_123,
  dueAtWallMs: 1_795_190_700_123.5,
};

/** Contract of every store of reminders. */
export function reminderStoreContract(name: string, open: OpenStore): void {
  test(`${name}: a reminder is kept as it was set until it is removed, once`, async () => {
    await using opened = await open();
    const { reminders } = opened;
    expect(await reminders.add(tea)).toEqual({ kind: 'added', number: 1 });
    expect(await reminders.list(even, '1')).toEqual([{ ...tea, number: 1 }]);
    expect(await reminders.list(even, '2')).toEqual([]);
    expect(await reminders.list(odd, '1')).toEqual([]);
    expect(await reminders.remove('tea')).toBe(true);
    expect(await reminders.remove('tea')).toBe(false);
    expect(await reminders.list(even, '1')).toEqual([]);
  });

  test(`${name}: each shard has its own reminders, what is due first before the others`, async () => {
    await using opened = await open();
    const { reminders } = opened;
    await reminders.add({ ...tea, id: 'later', dueAtWallMs: tea.dueAtWallMs + 5 });
    await reminders.add(tea);
    await reminders.add({ ...tea, id: 'other', personId: '2', dueAtWallMs: tea.dueAtWallMs + 1 });
    await reminders.add({ ...tea, id: 'odd', guildId: odd });
    const ids = async (...args: Parameters<ReminderStore['soonest']>) =>
      (await reminders.soonest(...args)).map(({ id }) => id);
    expect(await ids(first, 10)).toEqual(['tea', 'other', 'later']);
    expect(await ids(first, 2)).toEqual(['tea', 'other']);
    expect(await ids(second, 10)).toEqual(['odd']);
    expect(await ids({ id: 0, count: 1 }, 10)).toHaveLength(4);
  });

  test(`${name}: one person has ${mostReminders} in one server, and a number that is free is given again`, async () => {
    await using opened = await open();
    const { reminders } = opened;
    for (let n = 1; n <= mostReminders; n++)
      expect(await reminders.add({ ...tea, id: `${n}` })).toEqual({ kind: 'added', number: n });
    expect(await reminders.add(tea)).toEqual({ kind: 'full', limit: mostReminders });
    expect(await reminders.add({ ...tea, personId: '2' })).toMatchObject({ kind: 'added' });
    await reminders.remove('7');
    expect(await reminders.add({ ...tea, id: 'new' })).toEqual({ kind: 'added', number: 7 });
  });

  test(`${name}: messages for people who come are due, and are gone with the no of either person, or when they are forgotten`, async () => {
    await using opened = await open();
    const { consents, reminders } = opened;
    const later = tea.dueAtWallMs + 86_400_000;
    const message = { ...tea, addresseeId: '2', addresseeName: 'Ana', authorName: 'Ben' };
    const own = { ...message, isPrivate: true, dueAtWallMs: later } as const;
    await reminders.add(own);
    await reminders.add({ ...message, id: 'due' });
    await reminders.add({ ...own, id: 'other', addresseeId: '3' });
    await reminders.add({ ...own, id: 'odd', guildId: odd });
    const atWallMs = tea.dueAtWallMs + 0.5;
    expect(await reminders.arrived(even, ['1', '2', '4'], atWallMs)).toBe(1);
    const [due, arrived, other] = await reminders.list(even, '1');
    expect([due?.id, other?.dueAtWallMs]).toEqual(['due', later]);
    expect(arrived).toEqual({ ...own, number: 1, dueAtWallMs: atWallMs });
    expect(await reminders.withdraw(even, '2')).toBe(2);
    expect(await consents.count(even, '3')).toBe(1);
    expect(await consents.erase(even, '1')).toBe(1);
    expect(await reminders.list(even, '1')).toEqual([]);
    expect(await reminders.list(odd, '1')).toHaveLength(1);
  });
}
