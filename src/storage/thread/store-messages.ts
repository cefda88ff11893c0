import { BotError } from '#src/base/errors.ts';
import type { StoreCode } from '#src/sql/store-part.ts';

/** Data that the store thread is started with. */
export type StoreThreadData = {
  readonly path: string;
  readonly patienceMs?: number;
  readonly maxBytes?: number;
};

/** `close` comes last: what came before it is performed, the file is closed, and the thread ends. */
export type ToStore =
  | {
      readonly kind: 'request';
      readonly id: number;
      readonly name: string;
      readonly args: readonly unknown[];
    }
  | { readonly kind: 'close' };

export type FromStore =
  | { readonly kind: 'open' }
  | { readonly kind: 'refused'; readonly error: ErrorData }
  | { readonly kind: 'done'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: ErrorData };

/** An error as it crosses threads: copies of a thread lose all fields but name, message and stack. */
export type ErrorData = {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
  /** Result code of SQLite. */
  readonly errcode?: number;
  readonly retryable?: boolean;
  readonly cause?: ErrorData;
};

export function errorData(error: unknown): ErrorData {
  if (!(error instanceof Error)) return { name: 'Error', message: `${error}` };
  const { name, message, stack, cause } = error;
  return {
    name,
    message,
    ...(stack !== undefined && { stack }),
    ...('code' in error && typeof error.code === 'string' && { code: error.code }),
    ...('errcode' in error && typeof error.errcode === 'number' && { errcode: error.errcode }),
    ...(error instanceof BotError && { retryable: error.retryable }),
    ...(cause !== undefined && { cause: errorData(cause) }),
  };
}

/** An error as it was on the other thread; a BotError is one again. */
export function errorOf({ retryable, message, cause: below, ...fields }: ErrorData): Error {
  const cause = below && errorOf(below);
  const { code } = fields;
  if (isStoreCode(code) && retryable !== undefined)
    return new BotError(code, retryable, message, cause);
  const error = new Error(message, cause && { cause });
  return Object.assign(error, fields);
}

function isStoreCode(code: string | undefined): code is StoreCode {
  return code === 'store.unreadable' || code === 'store.unwritable';
}
