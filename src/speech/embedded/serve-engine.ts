import { parentPort, workerData } from 'node:worker_threads';
import { BotError, type ErrorCode, messageOf } from '#src/base/errors.ts';

/** Message of a thread about the job it does, of which loading is the first. */
export type FromEngine<Out> =
  | { readonly kind: 'out'; readonly value: Out }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };

/** Does one job, synchronously; once `unwanted()` is true the rest may be left undone. */
export type Perform<In, Out> = (
  input: In,
  out: (value: Out) => void,
  unwanted: () => boolean,
) => void;

/**
 * The worker's side of an engine: loads it, reports that, then does jobs one after the other.
 *
 * A BotError ends its job; any other error ends the thread, and the other side starts a new one.
 */
export async function serveEngine<In, Out>(load: () => Promise<Perform<In, Out>>): Promise<void> {
  const port = parentPort;
  if (!port) throw new Error('This file is the entry of a worker thread.');
  const send = (message: FromEngine<Out>) => port.postMessage(message);
  const unwanted: Int32Array = workerData; // `Engine` alone starts it.
  try {
    const perform = await load();
    port.on('message', (input: In) => {
      try {
        perform(
          input,
          (value) => send({ kind: 'out', value }),
          () => Atomics.load(unwanted, 0) === 1,
        );
        send({ kind: 'done' });
      } catch (thrown) {
        if (!(thrown instanceof BotError)) throw thrown;
        send({ kind: 'failed', code: thrown.code, message: thrown.message });
      }
    });
    send({ kind: 'done' });
  } catch (thrown) {
    send({ kind: 'failed', code: 'speech.failed', message: messageOf(thrown) });
  }
}
