import { parentPort, workerData } from 'node:worker_threads';
import { realClock } from '#src/base/clock.ts';
import { openLocalStore } from '#src/storage/local-store.ts';
import type { Store } from '#src/storage/store.ts';
import { type Arguments, type OperationName, perform } from './operations.ts';
import { errorData, type FromStore, type StoreThreadData, type ToStore } from './store-messages.ts';

const port = parentPort;
if (!port) throw new Error('This file is the entry of a worker thread.');
const tell = (message: FromStore) => port.postMessage(message);

const { path, ...options } = workerData as StoreThreadData; // of our own StoreThread
try {
  serve(await openLocalStore(path, { clock: realClock, ...options }));
} catch (error) {
  tell({ kind: 'refused', error: errorData(error) });
}

function serve(store: Store): void {
  port?.on('message', (message: ToStore) => {
    if (message.kind === 'request') void answer(store, message);
    else void close(store);
  });
  tell({ kind: 'open' });
}

async function answer(
  store: Store,
  { id, name, args }: Extract<ToStore, { kind: 'request' }>,
): Promise<void> {
  try {
    const result = await perform(store, name, ...(args as Arguments<OperationName>)); // typed by StoreThread
    tell({ kind: 'done', id, result });
  } catch (error) {
    tell({ kind: 'failed', id, error: errorData(error) });
  }
}

async function close(store: Store): Promise<void> {
  await store[Symbol.asyncDispose]();
  setImmediate(() => port?.close()); // what just failed is still told
}
