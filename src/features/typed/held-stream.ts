/** Stream that holds a place or money until it was read, or until `signal` is aborted where its reading never begins. */
export function holdStream<Part>(
  parts: AsyncIterable<Part>,
  held: Disposable,
  signal: AbortSignal,
): AsyncIterable<Part> {
  const release = () => held[Symbol.dispose]();
  if (signal.aborted) release();
  signal.addEventListener('abort', release, { once: true });
  return readHeld(parts, held);
}

async function* readHeld<Part>(parts: AsyncIterable<Part>, held: Disposable): AsyncGenerator<Part> {
  using _ = held;
  yield* parts;
}
