import { Worker } from 'node:worker_threads';
import { getCompileCacheEnvironment } from '#src/base/compile-cache.ts';
import { BotError } from '#src/base/errors.ts';
import type { Driver } from '#src/storage/database.ts';
import type { Migration } from '#src/storage/schema.ts';
import { createLocalFile, type FileCall } from './sqlite-file.ts';
import type { SqliteAnswer, SqliteRequest } from './sqlite-thread.ts';

/**
 * Creates a driver that opens the file at need, and again after a failure. By default
 * `call` runs on this thread.
 */
export function createSqliteDriver(
  path: string,
  migrations: readonly Migration[],
  call: FileCall = createLocalFile(path),
): Driver {
  let isOpen = false;
  return {
    dialect: 'sqlite',
    place: path,

    async connect() {
      if (!isOpen) await call('open', migrations);
      isOpen = true;
      return {
        perform: (text, values) => call('perform', text, values),
        end: (hasFailed) => {
          if (!hasFailed) return;
          isOpen = false;
          call('perform', 'ROLLBACK', []).catch(() => undefined);
        },
      };
    },

    async [Symbol.asyncDispose]() {
      await call('close').catch(() => undefined);
    },
  };
}

export function createSqliteWorker(
  entry = new URL('./sqlite-thread.ts', import.meta.url),
) {
  /** The thread answers in order. */
  const waiting: ((answer: SqliteAnswer) => void)[] = [];
  let worker: Worker | undefined;

  async function sendRequest(request: SqliteRequest) {
    // In this thread, a slow disk would delay sound.
    worker ??= startWorker();
    const answered = Promise.withResolvers<SqliteAnswer>();
    worker.ref();
    worker.postMessage(request);
    waiting.push(answered.resolve);
    const answer = await answered.promise;
    if ('result' in answer) return answer.result;
    throw new BotError(answer.code, answer.retryable, answer.message, answer.cause);
  }

  function startWorker() {
    const started = new Worker(entry, {
      env: getCompileCacheEnvironment(),
      execArgv: [],
      stdout: true,
      stderr: true,
    });
    started.on('message', (answer: SqliteAnswer) => {
      if (worker !== started) return; // A broken thread may answer late.
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
    file(path: string): FileCall {
      return async (name, ...args) =>
        (await sendRequest({ path, call: [name, ...args] })) as never; // The method determines the type.
    },

    async [Symbol.asyncDispose]() {
      await worker?.terminate();
    },
  };
}
