import type { Driver } from '#src/storage/database.ts';
import type { Migration } from '#src/storage/schema.ts';
import { createLocalFile, type FileCall } from './sqlite-file.ts';

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
