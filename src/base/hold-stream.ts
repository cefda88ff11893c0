/** Passes a stream on, and disposes of what it holds, such as a slot or money, once it was read or `signal` is aborted. */
export function holdStream<Part>(
  stream: AsyncIterable<Part>,
  hold: Disposable,
  signal: AbortSignal,
): AsyncIterable<Part> {
  const releaseHold = () => hold[Symbol.dispose]();
  if (signal.aborted) releaseHold();
  signal.addEventListener('abort', releaseHold, { once: true });
  return readAndRelease(stream, hold);
}

async function* readAndRelease<Part>(stream: AsyncIterable<Part>, hold: Disposable) {
  using _ = hold;
  yield* stream;
}
