import { Worker } from 'node:worker_threads';
import { getCompileCacheEnvironment } from '#src/base/compile-cache.ts';
import { BotError } from '#src/base/errors.ts';
import type { SqlDialect } from '#src/sql/columns.ts';
import type { DatabaseSession, Driver } from '#src/storage/database.ts';
import type { Migration } from '#src/storage/schema.ts';
import { createLocalFile, type FileCall } from './sqlite-file.ts';
import type { SqliteAnswer, SqliteRequest } from './sqlite-thread.ts';

/** Opens a file at need, and again after a failure. */
export class SqliteDriver implements Driver {
  readonly dialect: SqlDialect = 'sqlite';
  readonly place: string;
  readonly #migrations: readonly Migration[];
  readonly #call: FileCall;
  #isOpen = false;

  /** By default `call` runs on this thread. */
  constructor(
    path: string,
    migrations: readonly Migration[],
    call: FileCall = createLocalFile(path),
  ) {
    this.place = path;
    this.#migrations = migrations;
    this.#call = call;
  }

  /** Opens the file if need be. A failed session makes the next one open it again. */
  async connect(): Promise<DatabaseSession> {
    if (!this.#isOpen) await this.#call('open', this.#migrations);
    this.#isOpen = true;
    return {
      perform: (text, values) => this.#call('perform', text, values),
      end: (hasFailed) => {
        if (!hasFailed) return;
        this.#isOpen = false;
        this.#call('perform', 'ROLLBACK', []).catch(() => undefined);
      },
    };
  }

  /** Closes the file. Never throws. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#call('close').catch(() => undefined);
  }
}

/** A thread that opens SQLite files. Starts with the first call, and again after it broke. */
export class SqliteWorker implements AsyncDisposable {
  readonly #entry: URL;
  /** The thread answers in order. */
  readonly #waiting: ((answer: SqliteAnswer) => void)[] = [];
  #worker: Worker | undefined;

  constructor(entry: URL = new URL('./sqlite-thread.ts', import.meta.url)) {
    this.#entry = entry;
  }

  /** Returns calls to one file in the thread. They reject with BotError `store.*`. */
  openFile(path: string): FileCall {
    return async (name, ...args) =>
      (await this.#sendRequest({ path, call: [name, ...args] })) as never; // The method determines the type.
  }

  /** Ends the thread at once. Requests without an answer stay open. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
  }

  async #sendRequest(request: SqliteRequest) {
    // In this thread, a slow disk would delay sound.
    this.#worker ??= this.#startWorker();
    const answered = Promise.withResolvers<SqliteAnswer>();
    this.#worker.ref();
    this.#worker.postMessage(request);
    this.#waiting.push(answered.resolve);
    const answer = await answered.promise;
    if ('result' in answer) return answer.result;
    throw new BotError(answer.code, answer.retryable, answer.message, answer.cause);
  }

  #startWorker() {
    const started = new Worker(this.#entry, {
      env: getCompileCacheEnvironment(),
      execArgv: [],
      stdout: true,
      stderr: true,
    });
    started.on('message', (answer: SqliteAnswer) => {
      if (this.#worker !== started) return; // A broken thread may answer late.
      this.#waiting.shift()?.(answer);
      if (this.#waiting.length === 0) started.unref();
    });
    const failRequests = (cause: unknown) => {
      if (this.#worker !== started) return;
      this.#worker = undefined;
      const message =
        'The thread of the store ended: the next operation starts it again.';
      for (const answer of this.#waiting.splice(0))
        answer({ code: 'store.unreadable', retryable: true, message, cause });
    };
    started.on('error', failRequests);
    started.on('exit', failRequests);
    return started;
  }
}
