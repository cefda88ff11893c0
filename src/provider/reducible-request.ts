import { BotError } from '#src/base/errors.ts';

export function createPicturesError(): BotError {
  const message = 'The chat model does not take the pictures of a question.';
  const about = { takesNoPictures: true } as const;
  return new BotError('provider.refused', false, message, undefined, undefined, about);
}

/** A request of which a server may refuse features, such as tools or a stream. */
export type ReducibleRequest<Feature, T> = {
  /** Features of the first attempt. */
  readonly wanted: ReadonlySet<Feature>;
  readonly send: (features: ReadonlySet<Feature>) => AsyncIterable<T>;
  /** Returns whether an output shows that the server took the request. Default: always. */
  readonly isAnswer?: (output: T) => boolean;
  /** Returns the features of the next attempt, or throws if none of them is to blame. */
  readonly reduce: (
    cause: unknown,
    features: ReadonlySet<Feature>,
  ) => Iterable<Feature>;
  /** Notes the accepted features. `answer` is the first output that counts. */
  readonly onAccepted: (features: ReadonlySet<Feature>, answer: T) => void;
};

/**
 * Yields the output of the first attempt that the server accepts.
 *
 * @example
 * import { sendUntilAccepted } from '#src/provider/reducible-request.ts';
 *
 * async function* send(features: ReadonlySet<string>) {
 *   if (features.has('tools')) throw new Error('no tools here');
 *   yield 'Hello';
 * }
 * const request = { wanted: new Set(['tools']), send, reduce: () => [], onAccepted: () => {} };
 * await Array.fromAsync(sendUntilAccepted(request, new AbortController().signal)); // ['Hello']
 */
export async function* sendUntilAccepted<Feature, T>(
  {
    isAnswer = () => true,
    reduce,
    onAccepted,
    send,
    wanted: wantedFeatures,
  }: ReducibleRequest<Feature, T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  let features = wantedFeatures;
  for (;;) {
    let hasBegun = false;
    const noteOutput = (output: T) => {
      if (hasBegun || !isAnswer(output)) return;
      hasBegun = true;
      onAccepted(features, output);
    };
    try {
      for await (const output of send(features)) {
        noteOutput(output);
        yield output;
      }
      return;
    } catch (cause) {
      if (hasBegun || signal.aborted) throw cause;
      features = new Set(reduce(cause, features));
    }
  }
}
