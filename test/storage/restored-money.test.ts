import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { backUpStore } from '#src/storage/backups/backup.ts';
import { toBackupsFolder } from '#src/storage/backups/copy-names.ts';
import { restoreStores } from '#src/storage/backups/restore.ts';
import { openLocalStore } from '#test/fakes/local-stores.ts';
import { eva, makeCopiedStores, options } from './copied-stores.ts';
import { makeStoreFolder, runSql } from './store-folder.ts';

const nowWallMs = Date.now();

test.each([false, true])(
  'a restore brings no spent money back, neither from the copy nor from the present store (settings only: %s)',
  async (isSettingsOnly) => {
    using tempFolder = makeStoreFolder();
    const dataDir = await makeCopiedStores(tempFolder);
    const [g, day] = [toGuildId('10'), '2026-11-20'];
    const ofEva = { guildId: g, personId: toPersonId(eva), day };
    const spendInStore = async (nanoUsd: number, ofOther: number) => {
      await using store = await openLocalStore(tempFolder.path, options);
      const entries = [
        { guildId: g, day, nanoUsd, turns: 1 },
        { ...ofEva, nanoUsd, turns: 1 },
        { guildId: toGuildId('30'), day, nanoUsd: ofOther, turns: 1 },
      ];
      const portions = [{ ...ofEva, nanoUsd: 7, usedNanoUsd: 0 }];
      await store.spending.write({ day, entries, portions, capNanoUsd: 0 });
    };
    await spendInStore(5, 50);
    const copies = [
      backUpStore(tempFolder.path, toBackupsFolder(dataDir), nowWallMs - 3_600_000),
    ];
    await spendInStore(20, 0);
    runSql(tempFolder.path, "UPDATE spent SET nano_usd = 3 WHERE guild_id = '30'");
    restoreStores({
      dataDir,
      copies,
      nowWallMs,
      isSettingsOnly,
      chooseSettings: ({ copied }) => copied,
    });
    await using storeAfter = await openLocalStore(tempFolder.path, options);
    const rows = await storeAfter.spending.read(day);
    const sumRows = (guildId: string, personId?: string) =>
      rows
        .filter((row) => row.guildId === guildId && row.personId === personId)
        .reduce((total, { nanoUsd }) => total + nanoUsd, 0);
    expect([sumRows('10'), sumRows('10', eva), sumRows('30')]).toEqual([25, 39, 50]);
  },
);
