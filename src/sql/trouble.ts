import { dirname } from 'node:path';
import { BotError, messageOf } from '#src/base/errors.ts';

/** Error code of an operation that failed. */
export type StoreCode = 'store.unreadable' | 'store.unwritable';

/** SQLite's primary result codes, as far as they need different help. https://sqlite.org/rescode.html */
const [perm, busy, locked, readonly, ioerr, corrupt, full, cantopen, notadb] = [
  3, 5, 6, 8, 10, 11, 13, 14, 26,
];

/** Whether another connection is in the way, and trying again soon may help. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === busy || code === locked;
}

/** Whether it is about the bytes in the file, not about reaching them. */
export function isDamage(error: unknown): boolean {
  const code = resultCode(error);
  return code === corrupt || code === notadb;
}

/** Whether the file was closed meanwhile. */
export function hasClosed(error: unknown): boolean {
  return resultCode(error) === 0;
}

/** In the shape of node:sqlite's own. */
export function sqliteError(code: string, errcode?: number): Error {
  return Object.assign(new Error(code), { code, ...(errcode && { errcode }) });
}

/** Operations are ended, or are about to be. */
export function isClosed(place: string): BotError {
  return new BotError(
    'store.unreadable',
    false,
    `The store ${place} is closed: start the bot again.`,
  );
}

/** The database did not answer in time; whether a write was done is unknown. */
export function isSilent(code: StoreCode, place: string, ms: number): BotError {
  const message = `The database ${place} did not answer in ${ms / 1000} s: check the database and the network.`;
  return new BotError(code, true, message, Object.assign(new Error('late'), { syscall: 'query' }));
}

/**
 * A failure of SQLite or the file system, as a sentence for the operator with the path and the next step.
 *
 * Anything else, a BotError too, comes back unchanged.
 */
export function asTrouble(code: StoreCode, path: string, cause: unknown): unknown {
  const result = resultCode(cause);
  if (result === undefined) return cause;
  const retryable = ![perm, readonly, corrupt, cantopen, notadb].includes(result);
  return new BotError(code, retryable, sentence(path, result, cause), cause);
}

/** The file is there, but cannot be trusted. */
export function damaged(path: string): BotError {
  return new BotError('store.unreadable', false, damagedWords(path));
}

/** The primary result code of an SQLite error, with the file system's codes in SQLite's words. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode & 0xff;
  if (!('code' in error) || typeof error.code !== 'string') return undefined;
  if (error.code === 'ERR_INVALID_STATE') return 0;
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') return full;
  return 'syscall' in error ? cantopen : undefined;
}

function sentence(path: string, result: number, cause: unknown): string {
  const detail = messageOf(cause);
  switch (result) {
    case 0:
      return `The store ${path} is closed: start the bot again.`;
    case busy:
    case locked:
      return `Another program uses the store ${path}: end that program, or give each bot its own DATA_DIR.`;
    case perm:
    case readonly:
    case cantopen:
      return `The bot cannot open the store ${path} for writing: give its user the right to write to ${dirname(path)}.`;
    case corrupt:
    case notadb:
      return damagedWords(path);
    case full:
      return `The disk of the store ${path} is full: free space on it.`;
    case ioerr:
      return `The disk of the store ${path} fails (${detail}): check it, then start the bot again.`;
    default:
      return `The store ${path} failed (${detail}): start the bot again, and report it if it happens again.`;
  }
}

function damagedWords(path: string): string {
  return `The store ${path} is damaged: stop the bot, and restore a copy of ${dirname(path)}/backups with npm run restore -- FILE. Without a copy, remove that file with its -wal and -shm.`;
}
