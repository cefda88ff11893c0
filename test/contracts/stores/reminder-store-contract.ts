import { expect, test } from 'vitest';
import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import {
  maxReminders,
  type NewReminder,
  type ReminderStore,
} from '#src/stores/reminder-store.ts';
import { admitPersonErasure } from '#test/fakes/admitted-erasures.ts';
import type { OpenStore } from './open-store.ts';

/** Ids of two servers of which the first is on shard 0 of 2, the second on shard 1. */
const [evenShard, oddShard] = [toGuildId(`${2n << 22n}`), toGuildId(`${3n << 22n}`)];
const [firstReminder, secondReminder] = [
  { id: 0, count: 2 },
  { id: 1, count: 2 },
];

const teaReminder: NewReminder = {
  id: 'tea',
  guildId: evenShard,
  personId: toPersonId('1'),
  channelId: toChannelId('100'),
  channelName: 'Lounge “à la carte”',
  text: 'Take the tea out 🍵',
  setAtWallMs: 1_795_190_400_123,
  dueAtWallMs: 1_795_190_700_123.5,
};

/** Contract of every store of reminders. */
export function testReminderStore(name: string, open: OpenStore) {
  test(`${name}: a reminder is kept as it was set until it is removed, once`, async () => {
    await using opened = await open();
    const { reminders } = opened;
    expect(await reminders.add(teaReminder)).toEqual({ kind: 'added', number: 1 });
    expect(await reminders.list(evenShard, toPersonId('1'))).toEqual([
      { ...teaReminder, number: 1 },
    ]);
    expect(await reminders.list(evenShard, toPersonId('2'))).toEqual([]);
    expect(await reminders.list(oddShard, toPersonId('1'))).toEqual([]);
    expect(await reminders.remove('tea')).toBe(true);
    expect(await reminders.remove('tea')).toBe(false);
    expect(await reminders.list(evenShard, toPersonId('1'))).toEqual([]);
  });

  test(`${name}: each shard has its own reminders, what is due first before the others`, async () => {
    await using opened = await open();
    const { reminders } = opened;
    await reminders.add({
      ...teaReminder,
      id: 'later',
      dueAtWallMs: teaReminder.dueAtWallMs + 5,
    });
    await reminders.add(teaReminder);
    await reminders.add({
      ...teaReminder,
      id: 'other',
      personId: toPersonId('2'),
      dueAtWallMs: teaReminder.dueAtWallMs + 1,
    });
    await reminders.add({ ...teaReminder, id: 'odd', guildId: oddShard });
    const listIds = async (...args: Parameters<ReminderStore['listSoonest']>) =>
      (await reminders.listSoonest(...args)).map(({ id }) => id);
    expect(await listIds(firstReminder, 10)).toEqual(['tea', 'other', 'later']);
    expect(await listIds(firstReminder, 2)).toEqual(['tea', 'other']);
    expect(await listIds(secondReminder, 10)).toEqual(['odd']);
    expect(await listIds({ id: 0, count: 1 }, 10)).toHaveLength(4);
  });

  test(`${name}: one person has ${maxReminders} in one server, and a number that is free is given again`, async () => {
    await using opened = await open();
    const { reminders } = opened;
    for (let n = 1; n <= maxReminders; n++)
      expect(await reminders.add({ ...teaReminder, id: `${n}` })).toEqual({
        kind: 'added',
        number: n,
      });
    expect(await reminders.add(teaReminder)).toEqual({
      kind: 'full',
      limit: maxReminders,
    });
    expect(
      await reminders.add({ ...teaReminder, personId: toPersonId('2') }),
    ).toMatchObject({
      kind: 'added',
    });
    await reminders.remove('7');
    expect(await reminders.add({ ...teaReminder, id: 'new' })).toEqual({
      kind: 'added',
      number: 7,
    });
  });

  test(`${name}: messages for people who come are due, and are gone with the no of either person, or when they are forgotten`, async () => {
    await using opened = await open();
    const { consents, reminders } = opened;
    const later = teaReminder.dueAtWallMs + 86_400_000;
    const message = {
      addresseeId: toPersonId('2'),
      addresseeName: 'Ana',
      authorName: 'Ben',
    };
    const hidden = { ...message, isPrivate: true } as const;
    const own = { ...teaReminder, message: hidden, dueAtWallMs: later };
    await reminders.add(own);
    await reminders.add({ ...teaReminder, message, id: 'due' });
    await reminders.add({
      ...own,
      id: 'other',
      message: { ...hidden, addresseeId: toPersonId('3') },
    });
    await reminders.add({ ...own, id: 'odd', guildId: oddShard });
    const atWallMs = teaReminder.dueAtWallMs + 0.5;
    expect(
      await reminders.makeArrivedDue(
        evenShard,
        [toPersonId('1'), toPersonId('2'), toPersonId('4')],
        atWallMs,
      ),
    ).toBe(1);
    const [due, arrived, other] = await reminders.list(evenShard, toPersonId('1'));
    expect([due?.id, other?.dueAtWallMs]).toEqual(['due', later]);
    expect(arrived).toEqual({ ...own, number: 1, dueAtWallMs: atWallMs });
    expect(
      await reminders.removePersonReminders(
        admitPersonErasure(evenShard, toPersonId('2')),
      ),
    ).toBe(2);
    expect(await consents.countItems(evenShard, toPersonId('3'))).toBe(1);
    expect(
      await consents.erasePerson(admitPersonErasure(evenShard, toPersonId('1'))),
    ).toBe(1);
    expect(await reminders.list(evenShard, toPersonId('1'))).toEqual([]);
    expect(await reminders.list(oddShard, toPersonId('1'))).toHaveLength(1);
  });
}
