import { BotError } from '#src/base/errors.ts';

export function createPicturesError(): BotError {
  const message = 'The chat model does not take the pictures of a question.';
  const about = { takesNoPictures: true } as const;
  return new BotError('provider.refused', false, message, undefined, undefined, about);
}

export type ReducibleRequest<Part, T> = {
  readonly wanted: ReadonlySet<Part>;
  readonly send: (parts: ReadonlySet<Part>) => AsyncIterable<T>;
  readonly isAnswer?: (output: T) => boolean;
  /** Returns the parts of the next attempt, or throws if no part is to blame. */
  readonly reduce: (cause: unknown, parts: ReadonlySet<Part>) => Iterable<Part>;
  /** Notes the accepted parts. `answer` is the first output that counts. */
  readonly onAccepted: (parts: ReadonlySet<Part>, answer: T) => void;
};

/**
 * Yields the output of the first attempt that the server accepts.
 *
 * @example
 * import { sendUntilAccepted } from '#src/provider/reducible-request.ts';
 *
 * async function* send(parts: ReadonlySet<string>) {
 *   if (parts.has('tools')) throw new Error('no tools here');
 *   yield 'Hello';
 * }
 * const request = { wanted: new Set(['tools']), send, reduce: () => [], onAccepted: () => {} };
 * await Array.fromAsync(sendUntilAccepted(request, new AbortController().signal)); // ['Hello']
 */
export async function* sendUntilAccepted<Part, T>(
  {
    isAnswer = () => true,
    reduce,
    onAccepted,
    send,
    wanted,
  }: ReducibleRequest<Part, T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  let parts = wanted;
  for (;;) {
    let hasBegun = false;
    const note = (output: T) => {
      if (hasBegun || !isAnswer(output)) return;
      hasBegun = true;
      onAccepted(parts, output);
    };
    try {
      for await (const output of send(parts)) {
        note(output);
        yield output;
      }
      return;
    } catch (cause) {
      if (hasBegun || signal.aborted) throw cause;
      parts = new Set(reduce(cause, parts));
    }
  }
}
