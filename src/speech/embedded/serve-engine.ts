import { parentPort, workerData } from 'node:worker_threads';
import { BotError } from '#src/base/errors.ts';
import type { Birth, FromEngine, Job } from './engine-messages.ts';

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
  const { unwanted } = workerData as Birth; // Its only birthplace is EngineThread.
  try {
    const perform = await load();
    port.on('message', ({ id, input }: Job<In>) => {
      const isUnwanted = () => Atomics.load(unwanted, 0) === id;
      try {
        perform(input, (value) => send({ kind: 'out', id, value }), isUnwanted);
        send({ kind: 'done', id });
      } catch (thrown) {
        if (!(thrown instanceof BotError)) throw thrown;
        send({ kind: 'failed', id, code: thrown.code, message: thrown.message });
      }
    });
    send({ kind: 'ready' });
  } catch (thrown) {
    send({ kind: 'broken', message: thrown instanceof Error ? thrown.message : String(thrown) });
  }
}
