import { access } from 'node:fs/promises';
import type { AlertChange } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { runPeriodically } from '#src/base/periodic-task.ts';
import type { CopiesOutcome, StoreCopies } from '#src/people/store-copies.ts';
import { openStore } from '#src/storage/thread/store-thread.ts';
import { type CopiesWorker, copiesWorker } from './copies-eraser.ts';
import { backupsFolder } from './copy-names.ts';
import { forgottenListPath } from './forgotten-list.ts';

const dayMs = 86_400_000;

/**
 * Copies in `DATA_DIR/backups`, changed in a worker thread that lasts as long as one change: big ones take seconds. Notes of who
 * was forgotten are dropped after 30 days, transcripts that an update copied after 7, looked for once a day. What a killed process
 * left of a change is done at the start.
 */
export class FileCopies implements StoreCopies, AsyncDisposable {
  readonly #dataDir: string;
  readonly #clock: Clock;
  readonly #over = new AbortController();
  #last: Promise<unknown>;

  constructor(dataDir: string, clock: Clock, report: (change: AlertChange) => void) {
    this.#dataDir = dataDir;
    this.#clock = clock;
    this.#last = Promise.resolve();
    const run = () => this.#expire();
    void runPeriodically(
      { name: 'expiry in copies', clock, everyMs: dayMs, run, report },
      this.#over.signal,
    );
  }

  forget(guildId: string, personId: string): Promise<CopiesOutcome> {
    return this.#inTurn((copies) => copies.forget(guildId, personId));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort(new Error('closed'));
    await this.#last;
  }

  /** Two changes of one copy at a time would lose one of them. */
  #inTurn<T>(work: (copies: CopiesWorker) => Promise<T>): Promise<T> {
    const done = this.#last.then(() => this.#inThread(work));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #inThread<T>(work: (copies: CopiesWorker) => Promise<T>): Promise<T> {
    await using copies = await openStore(copiesWorker, this.#dataDir, { clock: this.#clock });
    return await work(copies);
  }

  async #expire(): Promise<void> {
    const places = [forgottenListPath(this.#dataDir), backupsFolder(this.#dataDir)];
    if ((await Promise.all(places.map(isThere))).includes(true))
      await this.#inTurn((copies) => copies.expire());
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
