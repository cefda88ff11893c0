import { parentPort, workerData } from 'node:worker_threads';
import { realClock } from '#src/base/clock.ts';
import type { StoreOptions } from '#src/storage/database.ts';
import { perform } from './store-kind.ts';
import { errorData, type FromStore, type StoreThreadData, type ToStore } from './store-messages.ts';

/** Opens a store on this worker thread and performs what its other side asks, until that closes it. */
export async function serveStore(
  open: (path: string, options: StoreOptions) => Promise<AsyncDisposable>,
): Promise<void> {
  const { path, ...options } = workerData as StoreThreadData; // of our own StoreThread
  try {
    serve(await open(path, { clock: realClock, ...options }));
  } catch (error) {
    send({ kind: 'refused', error: errorData(error) });
  }
}

function serve(store: AsyncDisposable): void {
  parentPort?.on('message', (message: ToStore) => {
    if (message.kind === 'request') void answer(store, message);
    else void close(store);
  });
  send({ kind: 'open' });
}

async function answer(
  store: object,
  { id, name, args }: Extract<ToStore, { kind: 'request' }>,
): Promise<void> {
  try {
    send({ kind: 'done', id, result: await perform(store, name, args) });
  } catch (error) {
    send({ kind: 'failed', id, error: errorData(error) });
  }
}

async function close(store: AsyncDisposable): Promise<void> {
  await store[Symbol.asyncDispose]();
  setImmediate(() => parentPort?.close()); // what just failed is still told
}

function send(message: FromStore): void {
  if (!parentPort) throw new Error('A store is served from a worker thread.');
  parentPort.postMessage(message);
}
