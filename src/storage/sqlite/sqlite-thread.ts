import { parentPort } from 'node:worker_threads';
import { BotError } from '#src/base/errors.ts';
import { SqliteFile } from './sqlite-file.ts';

/** Operation of the file at `path`. */
export type SqliteRequest = {
  readonly path: string;
  readonly name: string;
  readonly args: readonly unknown[];
};

/** An error as its fields: threads copy only its name, message and stack. */
export type SqliteAnswer = { readonly result: unknown } | { readonly error: object };

/** Files by their path. */
const files = new Map<string, SqliteFile>();

parentPort?.on('message', (request: SqliteRequest) => parentPort?.postMessage(answerTo(request)));

function answerTo({ path, name, args }: SqliteRequest): SqliteAnswer {
  const file = files.get(path) ?? new SqliteFile(path);
  files.set(path, file);
  try {
    return { result: Reflect.apply(Reflect.get(file, name), file, args) };
  } catch (error) {
    if (!(error instanceof Error)) return { error: { message: `${error}` } };
    const { message, stack } = error;
    return { error: { ...error, message, stack, isBotError: error instanceof BotError } };
  }
}
