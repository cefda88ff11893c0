import type { ErrorCode } from '#src/base/errors.ts';

/** One piece of work; ids grow. */
export type Job<In> = { readonly id: number; readonly input: In };

/** Start data of a worker thread: the id of the job whose result is not wanted any more. */
export type Birth = { readonly unwanted: Int32Array };

export type FromEngine<Out> =
  | { readonly kind: 'ready' }
  | { readonly kind: 'broken'; readonly message: string }
  | { readonly kind: 'out'; readonly id: number; readonly value: Out }
  | { readonly kind: 'done'; readonly id: number }
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly code: ErrorCode;
      readonly message: string;
    };
