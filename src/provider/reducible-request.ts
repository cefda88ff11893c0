/** A request with extras that a server may refuse, such as tools or a stream. */
export type ReducibleRequest<Extra, T> = {
  /** Extras of the first attempt. */
  readonly wanted: ReadonlySet<Extra>;
  /** Sends the request with these extras. */
  readonly send: (extras: ReadonlySet<Extra>) => AsyncIterable<T>;
  /** Returns whether an output shows that the server took the request. Default: always. */
  readonly isAnswer?: (output: T) => boolean;
  /** Returns the extras of the next attempt, or throws if no extra is to blame. */
  readonly reduce: (cause: unknown, extras: ReadonlySet<Extra>) => Iterable<Extra>;
  /** Notes the accepted extras. `answer` is the first output that counts. */
  readonly onAccepted: (extras: ReadonlySet<Extra>, answer: T) => void;
};

/**
 * Yields the output of the first attempt that the server accepts.
 *
 * @example
 * import { sendUntilAccepted } from '#src/provider/reducible-request.ts';
 *
 * async function* send(extras: ReadonlySet<string>) {
 *   if (extras.has('tools')) throw new Error('no tools here');
 *   yield 'Hello';
 * }
 * const request = { wanted: new Set(['tools']), send, reduce: () => [], onAccepted: () => {} };
 * await Array.fromAsync(sendUntilAccepted(request, new AbortController().signal)); // ['Hello']
 */
export async function* sendUntilAccepted<Extra, T>(
  {
    isAnswer = () => true,
    reduce,
    onAccepted,
    send,
    wanted: wantedExtras,
  }: ReducibleRequest<Extra, T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  let extras = wantedExtras;
  for (;;) {
    let hasBegun = false;
    const noteOutput = (output: T) => {
      if (hasBegun || !isAnswer(output)) return;
      hasBegun = true;
      onAccepted(extras, output);
    };
    try {
      for await (const output of send(extras)) {
        noteOutput(output);
        yield output;
      }
      return;
    } catch (cause) {
      if (hasBegun || signal.aborted) throw cause;
      extras = new Set(reduce(cause, extras));
    }
  }
}
