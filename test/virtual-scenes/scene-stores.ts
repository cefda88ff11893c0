import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '#src/base/clock.ts';
import { serverSettings } from '#src/features/features.ts';
import { chooseRestoredSettings } from '#src/settings/restored-settings.ts';
import type { SettingChoices } from '#src/settings/setting-definition.ts';
import { backUpStore } from '#src/storage/backups/backup.ts';
import { toBackupsFolder } from '#src/storage/backups/copy-names.ts';
import { restoreStores } from '#src/storage/backups/restore.ts';
import type { ConsentJournal } from '#src/storage/data-dir/journaled-consents.ts';
import { type Database, openDatabase } from '#src/storage/database.ts';
import { SqliteDriver } from '#src/storage/sqlite/sqlite-driver.ts';
import { mainStore, storePath } from '#src/storage/store-kinds.ts';
import { makeMemoryJournal } from '#test/fakes/memory-journal.ts';
import {
  type MemoryStores,
  openFailingStores,
  type StoreTrouble,
} from '#test/fakes/memory-stores.ts';

/** The stores of a scene, which outlive each process of the bot. */
export class SceneStores implements Disposable {
  /** Refusals on disk, which no trouble of the database touches. */
  readonly journal: ConsentJournal = makeMemoryJournal();
  readonly #clock: Clock;
  readonly #dataDir: string | undefined;
  #database: Database;
  #stores: MemoryStores;
  #copy: string | undefined;

  /** In memory, or in a folder of which copies can be made. */
  constructor(clock: Clock, hasFolder: boolean) {
    this.#clock = clock;
    this.#dataDir = hasFolder
      ? mkdtempSync(join(tmpdir(), 'parley-scene-'))
      : undefined;
    this.#database = this.#openDatabase();
    this.#stores = openFailingStores(this.#database);
  }

  /** The stores as they are, for all processes. */
  get all(): MemoryStores {
    return this.#stores;
  }

  /** Has the database answer nothing, or again. */
  setTrouble(trouble: StoreTrouble | undefined): void {
    for (const store of Object.values(this.#stores).filter(Boolean))
      store.trouble = trouble;
  }

  /** Makes a copy as the bot does each day. */
  makeCopy(): void {
    const dataDir = this.#getDataDir();
    const wallMs = this.#clock.wallMs();
    this.#copy = backUpStore(storePath(dataDir), toBackupsFolder(dataDir), wallMs);
  }

  /** Restores the copy, as the operator does while the bot is stopped. */
  async restoreCopy(choices: SettingChoices): Promise<void> {
    if (!this.#copy) throw new Error('No copy was made.');
    const dataDir = this.#getDataDir();
    await this.#database[Symbol.asyncDispose]();
    restoreStores({
      dataDir,
      copies: [this.#copy],
      nowWallMs: this.#clock.wallMs(),
      chooseSettings: (sides) => chooseRestoredSettings(sides, serverSettings, choices),
    });
    this.#database = this.#openDatabase();
    this.#stores = openFailingStores(this.#database);
  }

  [Symbol.dispose](): void {
    if (this.#dataDir === undefined) return;
    void this.#database[Symbol.asyncDispose]();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  #openDatabase() {
    const path = this.#dataDir === undefined ? ':memory:' : storePath(this.#dataDir);
    return openDatabase({
      driver: new SqliteDriver(path, mainStore.sqlite),
      clock: this.#clock,
    });
  }

  #getDataDir() {
    if (this.#dataDir === undefined)
      throw new Error('Only stores in a folder are copied: hasFolder.');
    return this.#dataDir;
  }
}
