/** Header of an answer that a proxy like nginx is to pass on at once. */
export const unbuffered = { 'x-accel-buffering': 'no' };

/** Headers of a stream of server-sent events. */
export const eventHeaders = {
  ...unbuffered,
  'content-type': 'text/event-stream; charset=utf-8',
};

const encoder = new TextEncoder();

/** One server-sent event with this data as JSON, in bytes. */
export function event(data: object): Uint8Array {
  return encoder.encode(`data: ${JSON.stringify(data)}\n\n`);
}

/** The last event of OpenAI's streams. */
export const doneEvent: Uint8Array = encoder.encode('data: [DONE]\n\n');

/** Comment of a stream that its reader skips: it moves the stream while there are no events. */
export function comment(words: string): Uint8Array {
  return encoder.encode(`: ${words}\n\n`);
}

/** Longest silence of a stream, in ms, before a comment shows that it goes on. */
const commentMs = 15_000;

/** Stream with `still` for each interval in which nothing came. */
export async function* commented<T>(parts: AsyncIterable<T>): AsyncGenerator<T | 'still'> {
  const iterator = parts[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    for (let read = await soon(next); read === 'still' || !read.done; read = await soon(next)) {
      yield read === 'still' ? read : read.value;
      if (read !== 'still') next = iterator.next();
    }
  } finally {
    void iterator.return?.().catch(() => undefined); // it may still wait for words that have no reader
  }
}

/** Result of `next` within `commentMs`, else `still`. */
async function soon<T>(next: Promise<T>): Promise<T | 'still'> {
  const { promise: still, resolve } = Promise.withResolvers<'still'>();
  const timer = setTimeout(resolve, commentMs, 'still');
  try {
    return await Promise.race([next, still]);
  } finally {
    clearTimeout(timer);
  }
}

/** Stream whose first part is there: a failure before it is an answer with a status of its own. */
export async function whenBegun<T>(parts: AsyncIterable<T>): Promise<AsyncIterable<T>> {
  const iterator = parts[Symbol.asyncIterator]();
  const first = await iterator.next();
  async function* read(): AsyncGenerator<T> {
    try {
      for (let next = first; !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return read();
}
