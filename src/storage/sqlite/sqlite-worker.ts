import { Worker } from 'node:worker_threads';
import { getCompileCacheEnvironment } from '#src/base/compile-cache.ts';
import { BotError } from '#src/base/errors.ts';
import type { FileCall } from './sqlite-file.ts';
import type { SqliteAnswer, SqliteRequest } from './sqlite-thread.ts';

/**
 * The worker thread of all SQLite files: a disk that is slow delays no frame. The next operation starts a thread that broke anew.
 * `entry`: file that the thread starts with.
 */
export function createSqliteWorker(
  entry = new URL('./sqlite-thread.ts', import.meta.url),
) {
  /** Requests in the order in which the thread answers them, which is that in which they were sent. */
  const waiting: ((answer: SqliteAnswer) => void)[] = [];
  let worker: Worker | undefined;

  async function sendRequest(request: SqliteRequest): Promise<unknown> {
    worker ??= startWorker();
    const answered = Promise.withResolvers<SqliteAnswer>();
    worker.ref();
    worker.postMessage(request);
    waiting.push(answered.resolve);
    const answer = await answered.promise;
    if ('result' in answer) return answer.result;
    throw new BotError(answer.code, answer.retryable, answer.message, answer.cause);
  }

  function startWorker(): Worker {
    const started = new Worker(entry, {
      env: getCompileCacheEnvironment(),
      execArgv: [],
      stdout: true,
      stderr: true,
    });
    started.on('message', (answer: SqliteAnswer) => {
      if (worker !== started) return; // one that broke answers late
      waiting.shift()?.(answer);
      if (waiting.length === 0) started.unref();
    });
    const failRequests = (cause: unknown) => {
      if (worker !== started) return;
      worker = undefined;
      const message =
        'The thread of the store ended: the next operation starts it again.';
      for (const answer of waiting.splice(0))
        answer({ code: 'store.unreadable', retryable: true, message, cause });
    };
    started.on('error', failRequests);
    started.on('exit', failRequests);
    return started;
  }

  return {
    /** Performs the operations of the file at `path` on the thread. */
    file(path: string): FileCall {
      return async (name, ...args) =>
        (await sendRequest({ path, call: [name, ...args] })) as never; // the result of that method
    },

    async [Symbol.asyncDispose]() {
      await worker?.terminate();
    },
  };
}
