import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { expect } from 'vitest';
import type { Pcm } from '#src/audio/pcm.ts';
import { expireSoon } from './scenario-setup.ts';

const program = new URL('./likeness-worker.ts', import.meta.url);

/** Similarity from which heard sound counts as a copy of the sent one. */
const alike = 0.6;
/** A thread that is busy with what other scenarios heard, on a busy machine. */
const waitMs = 60_000;

/** Thread of this process: it takes longer to start than to compare. */
let thread: Worker | undefined;

/** Compares in a thread of its own: people of other scenarios are speaking in this one, in real time. */
export async function expectAlike(heardSound: Pcm, expected: Pcm) {
  thread ??= startWorker();
  const { port1: here, port2: there } = new MessageChannel();
  thread.postMessage({ heard: heardSound, expected, answer: there }, [there]);
  const [similarity] = await once(here, 'message', { signal: expireSoon(waitMs) });
  here.close();
  expect(similarity).toBeGreaterThanOrEqual(alike);
}

function startWorker() {
  const worker = new Worker(program);
  worker.unref();
  return worker;
}
