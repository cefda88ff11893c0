import { parentPort } from 'node:worker_threads';
import type { BotError } from '#src/base/errors.ts';
import { createLocalFile, type FileCall } from './sqlite-file.ts';

export type SqliteRequest = {
  readonly path: string;
  readonly call: readonly unknown[];
};

/** Structured clone loses the class of an error, so its fields are sent instead. */
export type SqliteAnswer =
  | { readonly result: unknown }
  | Pick<BotError, 'cause' | 'code' | 'message' | 'retryable'>;

const files = new Map<string, FileCall>();

parentPort?.on('message', (request: SqliteRequest) => void answerRequest(request));

async function answerRequest({ path, call }: SqliteRequest) {
  const file = files.get(path) ?? createLocalFile(path);
  files.set(path, file);
  const done: Promise<unknown> = Reflect.apply(file, undefined, call);
  const answered: SqliteAnswer = await done.then(
    (result) => ({ result }),
    ({ code, message, retryable }: BotError) => ({ code, message, retryable }),
  );
  parentPort?.postMessage(answered);
}
