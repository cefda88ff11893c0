import { parentPort, workerData } from 'node:worker_threads';
import { realClock } from '#src/base/clock.ts';
import { openLocalStore } from '#src/storage/local-store.ts';
import { openLocalTranscripts } from '#src/storage/transcripts/local-transcripts.ts';
import { perform } from './store-kind.ts';
import { errorData, type StoreAnswer, type StoreRequest } from './store-messages.ts';

const openers = { main: openLocalStore, transcripts: openLocalTranscripts };
/** Stores by their path: each is opened by the first request for it. */
const stores = new Map<string, Promise<AsyncDisposable>>();

parentPort?.on('message', (request: StoreRequest) => void answer(request));

async function answer(request: StoreRequest): Promise<void> {
  const { id } = request;
  try {
    send({ id, result: await resultOf(request) });
  } catch (error) {
    send({ id, error: errorData(error) });
  }
}

async function resultOf({ kind, path, name, args }: StoreRequest): Promise<unknown> {
  if (name === 'close') return await close(path);
  const opening = stores.get(path) ?? openers[kind](path, { ...workerData, clock: realClock });
  stores.set(path, opening);
  try {
    await opening;
  } catch (error) {
    stores.delete(path);
    throw error;
  }
  return name === 'open' ? undefined : await perform(await opening, name, args);
}

async function close(path: string): Promise<void> {
  const opening = stores.get(path);
  stores.delete(path);
  const store = await opening?.catch(() => undefined);
  await store?.[Symbol.asyncDispose]();
}

function send(answer: StoreAnswer): void {
  parentPort?.postMessage(answer);
}
