import { dirname } from 'node:path';
import { BotError } from '#src/base/errors.ts';
import { admitError } from '#src/base/logged-text.ts';

/** SQLite result codes that need different help: https://sqlite.org/rescode.html */
const [generic, busy, readonly, corrupt, full, cantopen, constraint, notadb] = [
  1, 5, 8, 11, 13, 14, 19, 26,
];

/** Tests for a busy lock, after which a retry may help. */
export function isBusy(error: unknown): boolean {
  return findResultCode(error) === busy;
}

/** Tests for a file that is damaged, or is no store. */
export function isDamage(error: unknown): boolean {
  const code = findResultCode(error);
  return code === corrupt || code === notadb;
}

/** Tests for a missing table or column, or a wrong value. */
export function isOfOtherForm(error: unknown): boolean {
  const code = findResultCode(error);
  return code === generic || code === constraint;
}

export function createPathTakenError(path: string, cause?: unknown): BotError {
  return new BotError(
    'store.unreadable',
    true,
    `Another program uses the store ${path}: end that program, or give each bot its own DATA_DIR.`,
    cause,
  );
}

export function createDamagedStoreError(path: string, cause?: unknown): BotError {
  return new BotError(
    'store.unreadable',
    false,
    `The store ${path} is damaged: stop the bot, and restore a copy of ${dirname(path)}/backups with npm run restore -- FILE. Without a copy, remove that file with its -wal and -shm.`,
    cause,
  );
}

/** Describes a failure for the operator. Returns a BotError unchanged. */
export function toStoreError(path: string, cause: unknown): BotError {
  if (cause instanceof BotError) return cause;
  if (isBusy(cause)) return createPathTakenError(path, cause);
  if (isDamage(cause)) return createDamagedStoreError(path, cause);
  return new BotError(
    'store.unreadable',
    false,
    describeStoreTrouble(path, cause),
    cause,
  );
}

/** Also of the file system. */
function findResultCode(error: unknown) {
  if (!(error instanceof Error)) return undefined;
  if ('errcode' in error && typeof error.errcode === 'number')
    return error.errcode & 0xff;
  if (!('code' in error) || typeof error.code !== 'string') return undefined;
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') return full;
  return 'syscall' in error ? cantopen : undefined;
}

/** SQLite describes each of its codes in fixed words. Its messages may quote what was looked for. */
function describeFault(cause: unknown) {
  return cause instanceof Error && 'errstr' in cause && typeof cause.errstr === 'string'
    ? cause.errstr
    : admitError(cause);
}

function describeStoreTrouble(path: string, cause: unknown) {
  switch (findResultCode(cause)) {
    case readonly:
    case cantopen:
      return `The bot cannot open the store ${path} for writing: give its user the right to write to ${dirname(path)}.`;
    case full:
      return `The disk of the store ${path} is full: free space on it.`;
    default:
      return `The store ${path} failed (${describeFault(cause)}): check its disk, start the bot again, and report it if it happens again.`;
  }
}
