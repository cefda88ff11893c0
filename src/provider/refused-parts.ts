import { BotError } from '#src/base/errors.ts';

/** Failure of a request with pictures that its model does not take. */
export function picturesRefused(): BotError {
  const message = 'The chat model does not take the pictures of a question.';
  const about = { takesNoPictures: true } as const;
  return new BotError('provider.refused', false, message, undefined, undefined, about);
}

/** A request that is repeated without the parts that its server refuses. */
export type ReducibleRequest<Part, T> = {
  /** Parts of the first attempt that it can do without. */
  readonly wanted: ReadonlySet<Part>;
  readonly send: (parts: ReadonlySet<Part>) => AsyncIterable<T>;
  /** Whether the server has accepted the request; left out: by any output. From then on nothing is repeated. */
  readonly isAnswer?: (output: T) => boolean;
  /** Parts of the next attempt. Errors: the one to fail with, where no part is to blame. */
  readonly next: (cause: unknown, parts: ReadonlySet<Part>) => Iterable<Part>;
  /** Called with the parts that the server has accepted: it has refused the others. */
  readonly onAccepted: (parts: ReadonlySet<Part>) => void;
};

/** Output of the first attempt that the server accepts. Errors: those of `next`, and after the answer began those of `send`. */
export async function* untilAccepted<Part, T>(
  { isAnswer = () => true, next, onAccepted, send, wanted }: ReducibleRequest<Part, T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  let parts = wanted;
  for (;;) {
    let hasBegun = false;
    const note = (output: T) => {
      if (hasBegun || !isAnswer(output)) return;
      hasBegun = true;
      onAccepted(parts);
    };
    try {
      for await (const output of send(parts)) {
        note(output);
        yield output;
      }
      return;
    } catch (cause) {
      if (hasBegun || signal.aborted) throw cause;
      parts = new Set(next(cause, parts));
    }
  }
}
