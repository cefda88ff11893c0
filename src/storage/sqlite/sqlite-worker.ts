import { Worker } from 'node:worker_threads';
import { compileCacheEnvironment } from '#src/base/compile-cache.ts';
import { BotError } from '#src/base/errors.ts';
import type { FileCall } from './sqlite-file.ts';
import type { SqliteAnswer, SqliteRequest } from './sqlite-thread.ts';

/** The worker thread of all SQLite files: a disk that is slow delays no frame. The next operation starts a thread that broke anew. */
export class SqliteWorker implements AsyncDisposable {
  readonly #entry: URL;
  /** Requests in the order in which the thread answers them, which is that in which they were sent. */
  readonly #waiting: PromiseWithResolvers<unknown>[] = [];
  #worker: Worker | undefined;

  /** `entry`: file that the thread starts with. */
  constructor(entry = new URL('./sqlite-thread.ts', import.meta.url)) {
    this.#entry = entry;
  }

  /** Performs the operations of the file at `path` on the thread. */
  file(path: string): FileCall {
    return async (name, ...args) => {
      const result = await this.#ask({ path, name, args });
      return result as never; // the thread performs the method of that name
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
  }

  async #ask(request: SqliteRequest): Promise<unknown> {
    this.#worker ??= this.#start();
    const answer = Promise.withResolvers<unknown>();
    this.#worker.ref();
    this.#worker.postMessage(request);
    this.#waiting.push(answer);
    return await answer.promise;
  }

  #start(): Worker {
    const bare = { execArgv: [], stdout: true, stderr: true };
    const worker = new Worker(this.#entry, { env: compileCacheEnvironment(), ...bare });
    worker.stdout.resume();
    worker.stderr.resume();
    worker.on('message', (answer: SqliteAnswer) => {
      if (this.#worker !== worker) return;
      const request = this.#waiting.shift();
      if (this.#waiting.length === 0) worker.unref();
      if ('result' in answer) request?.resolve(answer.result);
      else request?.reject(new BotError(answer.code, answer.retryable, answer.message));
    });
    const fail = (cause?: unknown) => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      const message = 'The thread of the store ended: the next operation starts it again.';
      for (const { reject } of this.#waiting.splice(0))
        reject(new BotError('store.unreadable', true, message, cause));
    };
    worker.on('error', fail);
    worker.on('exit', () => fail());
    return worker;
  }
}
