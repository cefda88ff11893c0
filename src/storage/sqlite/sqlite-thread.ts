import { parentPort } from 'node:worker_threads';
import { BotError } from '#src/base/errors.ts';
import { SqliteFile } from './sqlite-file.ts';

/** Operation of the file at `path`. */
export type SqliteRequest = {
  readonly id: number;
  readonly path: string;
  readonly name: string;
  readonly args: readonly unknown[];
};

/** An error as its fields: threads copy only its name, message and stack. */
export type SqliteAnswer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: object };

/** Files by their path. */
const files = new Map<string, SqliteFile>();

parentPort?.on('message', (request: SqliteRequest) => parentPort?.postMessage(answerTo(request)));

function answerTo({ id, path, name, args }: SqliteRequest): SqliteAnswer {
  const file = files.get(path) ?? new SqliteFile(path);
  files.set(path, file);
  try {
    return { id, result: Reflect.apply(Reflect.get(file, name), file, args) };
  } catch (error) {
    if (!(error instanceof Error)) return { id, error: { message: `${error}` } };
    const { message, stack } = error;
    return { id, error: { ...error, message, stack, isBotError: error instanceof BotError } };
  }
}
