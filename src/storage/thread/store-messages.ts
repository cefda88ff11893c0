import { BotError } from '#src/base/errors.ts';

/** Operation of the store at `path`, or `open` and `close`. */
export type StoreRequest = {
  readonly id: number;
  readonly kind: 'main' | 'transcripts';
  readonly path: string;
  readonly name: string;
  readonly args: readonly unknown[];
};

export type StoreAnswer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: ErrorData };

/** An error as it crosses threads: copies of a thread lose all fields but name, message and stack. */
export type ErrorData = Readonly<Record<string, unknown>> & {
  readonly message: string;
  readonly stack?: string;
  readonly cause?: ErrorData;
};

export function errorData(error: unknown): ErrorData {
  if (!(error instanceof Error)) return { message: `${error}` };
  const { name, message, stack, cause } = error;
  return { ...error, name, message, stack, cause: cause === undefined ? cause : errorData(cause) };
}

/** An error as it was on the other thread; a BotError is one again. */
export function errorOf({ message, cause: below, ...fields }: ErrorData): Error {
  const cause = below && errorOf(below);
  const { code, retryable } = fields;
  if ((code === 'store.unreadable' || code === 'store.unwritable') && retryable !== undefined)
    return new BotError(code, retryable === true, message, cause);
  return Object.assign(new Error(message, { cause }), fields);
}
