import { parentPort } from 'node:worker_threads';
import type { BotError } from '#src/base/errors.ts';
import { asTrouble } from '#src/sql/trouble.ts';
import { sqliteFile } from './sqlite-file.ts';

/** Operation of the file at `path`. */
export type SqliteRequest = {
  readonly path: string;
  readonly name: string;
  readonly args: readonly unknown[];
};

/** A result, or what a BotError says: threads copy no errors of our own. */
export type SqliteAnswer =
  | { readonly result: unknown }
  | Pick<BotError, 'cause' | 'code' | 'message' | 'retryable'>;

/** Files by their path. */
const files = new Map<string, ReturnType<typeof sqliteFile>>();

parentPort?.on('message', (request: SqliteRequest) => parentPort?.postMessage(answerTo(request)));

function answerTo({ path, name, args }: SqliteRequest): SqliteAnswer {
  const file = files.get(path) ?? sqliteFile(path);
  files.set(path, file);
  try {
    return { result: Reflect.apply(Reflect.get(file, name), file, args) };
  } catch (cause) {
    const { code, message, retryable } = asTrouble(path, cause);
    return { code, message, retryable };
  }
}
