/** Holds a slot or money until the stream was read or aborted. */
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

async function* readHeld<Part>(parts: AsyncIterable<Part>, held: Disposable) {
  using _ = held;
  yield* parts;
}
