import { maxEndWaitMs } from '#src/base/play-end.ts';
import { reportRefusal } from '#src/web/api/api-refusal.ts';
import { toRefusalBody } from '#src/web/http/http-refusal.ts';

/** Makes a proxy like nginx pass the answer on at once. */
export const unbuffered = { 'x-accel-buffering': 'no' };

/** A part of a stream. An object is sent as the JSON of an event, text and bytes as they are. */
export type StreamPart = object | string | Uint8Array;

/** The event that ends a stream, as OpenAI sends it. */
export const doneEvent = 'data: [DONE]\n\n';

/** Formats a comment. Readers skip comments, which keep a stream moving. */
export function toComment(comment: string): string {
  return `: ${comment}\n\n`;
}

/** Responds with a stream of parts. A failure after the first part becomes the last event. */
export function respondWithEvents(
  streamParts: AsyncIterable<StreamPart>,
  onBug: (error: unknown) => void,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return respondWithStream(
    writeParts(streamParts, onBug),
    'text/event-stream; charset=utf-8',
    headers,
  );
}

/** Responds with JSON at the end of a wait. */
export function answerAtEnd(position: object, ending: Promise<string>): Response {
  const ended = ending.then((end) => ({ ...position, ended: end }));
  return respondAtEnd(ended, {
    afterMs: maxEndWaitMs,
    json: { ...position, ended: 'late' },
  });
}

/** Responds with JSON once it is known, or with that of `late` after its time. */
export function respondAtEnd(
  ending: Promise<object>,
  late: { readonly afterMs: number; readonly json: object } = {
    afterMs: Infinity,
    json: {},
  },
): Response {
  async function* writeText() {
    yield ' '; // the head leaves at once
    let ended = await waitBriefly(ending);
    for (let ms = commentMs; ended === 'still' && ms < late.afterMs; ms += commentMs) {
      // JSON ignores spaces, which keep programs and proxies from giving up.
      yield ' ';
      ended = await waitBriefly(ending);
    }
    yield JSON.stringify(ended === 'still' ? late.json : ended);
  }
  return respondWithStream(writeText(), 'application/json');
}

function respondWithStream(
  streamParts: AsyncIterable<string | Uint8Array>,
  type: string,
  headers: Readonly<Record<string, string>> = {},
) {
  return new Response(ReadableStream.from(encodeParts(streamParts)), {
    headers: { ...unbuffered, ...headers, 'content-type': type },
  });
}

async function* encodeParts(streamParts: AsyncIterable<string | Uint8Array>) {
  const encoder = new TextEncoder();
  for await (const part of streamParts)
    yield typeof part === 'string' ? encoder.encode(part) : part;
}

async function* writeParts(
  streamParts: AsyncIterable<StreamPart>,
  onBug: (error: unknown) => void,
) {
  try {
    for await (const part of streamParts)
      yield typeof part === 'string' || part instanceof Uint8Array
        ? part
        : toEvent(part);
  } catch (error) {
    yield toEvent(toRefusalBody(reportRefusal(error, onBug).facts));
  }
}

function toEvent(data: object) {
  return toEventText(JSON.stringify(data));
}

/** Formats JSON as an event. */
export function toEventText(json: string): string {
  return `data: ${json}\n\n`;
}

/** A comment shows after this silence that the stream goes on. */
const commentMs = 15_000;

/** Passes on parts, with `still` for each interval without one. */
export async function* addComments<T>(
  streamParts: AsyncIterable<T>,
): AsyncGenerator<T | 'still'> {
  const iterator = streamParts[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    for (;;) {
      const read = await waitBriefly(next);
      if (read !== 'still' && read.done) return;
      yield read === 'still' ? read : read.value;
      if (read !== 'still') next = iterator.next();
    }
  } finally {
    void iterator.return?.().catch(() => undefined); // it may still wait for words that have no reader
  }
}

async function waitBriefly<T>(next: Promise<T>) {
  const { promise: still, resolve } = Promise.withResolvers<'still'>();
  const timer = setTimeout(resolve, commentMs, 'still');
  try {
    return await Promise.race([next, still]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for the first part, before which a failure gets its own status. */
export async function waitForFirstPart<T>(
  streamParts: AsyncIterable<T>,
): Promise<AsyncIterable<T>> {
  const iterator = streamParts[Symbol.asyncIterator]();
  const firstRead = await iterator.next();
  async function* readParts() {
    try {
      for (let next = firstRead; !next.done; next = await iterator.next())
        yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return readParts();
}
