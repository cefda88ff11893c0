import { expect, test } from 'vitest';
import type { OpenedStore, OpenStore } from './open-store.ts';
import { tea } from './reminder-store.ts';
import { lounge } from './seat-store.ts';

/** Operations that read, and that write, of each part. */
const reads: readonly ((store: OpenedStore) => Promise<unknown>)[] = [
  ({ consents }) => consents.read('10'),
  ({ consents }) => consents.count('10', '1'),
  ({ consents }) => consents.rowsAbout('10', '1'),
  ({ leftOutPeople }) => leftOutPeople.readLeftOut('10'),
  ({ panels }) => panels.read('10'),
  ({ personSettings }) => personSettings.read('10', '1'),
  ({ reminders }) => reminders.soonest({ id: 0, count: 1 }, 1),
  ({ seats }) => seats.read(),
  ({ seats }) => seats.readIn('10'),
  ({ settings }) => settings.read('10'),
  ({ tracks }) => tracks.read('10', '1'),
];
const writes: readonly ((store: OpenedStore) => Promise<unknown>)[] = [
  ({ consents }) => consents.write('10', '1', { kind: 'always' }),
  ({ consents }) => consents.write('10', '1', { kind: 'never' }),
  ({ leftOutPeople }) => leftOutPeople.leaveOut('10', '1', true),
  ({ panels }) => panels.write('10', { channelId: '100', messageId: '1000' }),
  ({ personSettings }) => personSettings.write('10', '1', { language: 'ja' }),
  ({ reminders }) => reminders.add(tea),
  ({ seats }) => seats.write(lounge),
  ({ settings }) => settings.write('10', 'cues', 'on'),
  ({ tracks }) => tracks.write('10', '1', []),
];

/** Contract of every store in trouble. */
export function storeTroubleContract(name: string, open: OpenStore): void {
  test(`${name}: a store that cannot be read says so of each part, and never that there is nothing`, async () => {
    await using store = await open('unreadable');
    const unreadable = { name: 'BotError', code: 'store.unreadable' };
    for (const read of reads) await expect(read(store)).rejects.toMatchObject(unreadable);
  });

  test.each(['unreadable', 'unwritable'] as const)(
    `${name}: an %s store takes nothing, and says so of each part`,
    async (trouble) => {
      await using store = await open(trouble);
      const unwritable = { name: 'BotError', code: 'store.unwritable' };
      for (const write of writes) await expect(write(store)).rejects.toMatchObject(unwritable);
    },
  );
}
