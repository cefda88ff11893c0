import { Worker } from 'node:worker_threads';
import { compileCacheEnvironment } from '#src/base/compile-cache.ts';
import { BotError } from '#src/base/errors.ts';
import type { FileCall } from './sqlite-file.ts';
import type { SqliteAnswer, SqliteRequest } from './sqlite-thread.ts';

/** The worker thread of all SQLite files: a disk that is slow delays no frame. The next operation starts a thread that broke anew. */
export class SqliteWorker implements AsyncDisposable {
  readonly #entry: URL;
  /** Requests in the order in which the thread answers them, which is that in which they were sent. */
  readonly #waiting: ((answer: SqliteAnswer) => void)[] = [];
  #worker: Worker | undefined;

  /** `entry`: file that the thread starts with. */
  constructor(entry = new URL('./sqlite-thread.ts', import.meta.url)) {
    this.#entry = entry;
  }

  /** Performs the operations of the file at `path` on the thread. */
  file(path: string): FileCall {
    return async (name, ...args) => (await this.#ask({ path, name, args })) as never; // the result of that method
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
  }

  async #ask(request: SqliteRequest): Promise<unknown> {
    this.#worker ??= this.#start();
    const answered = Promise.withResolvers<SqliteAnswer>();
    this.#worker.ref();
    this.#worker.postMessage(request);
    this.#waiting.push(answered.resolve);
    const answer = await answered.promise;
    if ('result' in answer) return answer.result;
    throw new BotError(answer.code, answer.retryable, answer.message, answer.cause);
  }

  #start(): Worker {
    const bare = { execArgv: [], stdout: true, stderr: true };
    const worker = new Worker(this.#entry, { env: compileCacheEnvironment(), ...bare });
    worker.on('message', (answer: SqliteAnswer) => {
      if (this.#worker !== worker) return; // one that broke answers late
      this.#waiting.shift()?.(answer);
      if (this.#waiting.length === 0) worker.unref();
    });
    const fail = (cause?: unknown) => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      const message = 'The thread of the store ended: the next operation starts it again.';
      for (const answer of this.#waiting.splice(0))
        answer({ code: 'store.unreadable', retryable: true, message, cause });
    };
    worker.on('error', fail);
    worker.on('exit', () => fail());
    return worker;
  }
}
