import type { Driver, Session } from '#src/storage/database.ts';
import type { Migration } from '#src/storage/schema.ts';
import { type FileCall, fileHere } from './sqlite-file.ts';

/** A file of SQLite, which is opened by its first operation, and anew after one that failed. */
export class SqliteDriver implements Driver {
  readonly dialect = 'sqlite';
  readonly place: string;
  readonly #migrations: readonly Migration[];
  readonly #call: FileCall;
  #isOpen = false;

  /** `call` performs the operations of the file; default: on this thread. */
  constructor(path: string, migrations: readonly Migration[], call: FileCall = fileHere(path)) {
    this.place = path;
    this.#migrations = migrations;
    this.#call = call;
  }

  async connect(): Promise<Session> {
    if (!this.#isOpen) await this.#call('open', this.#migrations);
    this.#isOpen = true;
    return {
      perform: (text, values) => this.#call('perform', text, values),
      end: (hasFailed) => {
        if (!hasFailed) return;
        this.#isOpen = false;
        this.#call('perform', 'ROLLBACK', []).catch(() => undefined); // none may be begun
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#call('close').catch(() => undefined);
  }
}
