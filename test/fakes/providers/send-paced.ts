import type { ServerResponse } from 'node:http';
import { type Clock, realClock } from '#src/base/clock.ts';

export type PacedPiece = {
  readonly dueAtMs: number;
  readonly bytes: Uint8Array | string;
};

/** Waits until the instant itself: timers alone may fire a millisecond early. */
export async function waitUntil(
  dueAtMs: number,
  signal: AbortSignal,
  clock: Clock = realClock,
) {
  for (
    let leftMs = dueAtMs - clock.nowMs();
    leftMs > 0;
    leftMs = dueAtMs - clock.nowMs()
  )
    await clock.sleep(leftMs, signal);
}

/** Sends every piece at its own instant; one that is late does not delay the next. */
export async function sendPaced(
  response: ServerResponse,
  pieces: Iterable<PacedPiece>,
  signal: AbortSignal,
  clock: Clock,
) {
  for (const { dueAtMs, bytes } of pieces) {
    await waitUntil(dueAtMs, signal, clock);
    signal.throwIfAborted();
    response.write(bytes);
  }
}

/** Odd in size, so that readers meet half a sample. */
export function* cutBytes(bytes: Uint8Array, sizeBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sizeBytes)
    yield bytes.subarray(at, at + sizeBytes);
}

/** A text in two pieces, for every byte between them, and in single bytes. */
export function* cutText(text: string): Generator<readonly Uint8Array[]> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at++)
    yield [bytes.subarray(0, at), bytes.subarray(at)];
  yield [...cutBytes(bytes, 1)];
}
