import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect } from 'vitest';
import type { Pcm } from '#src/audio/pcm.ts';

const program = new URL('./likeness-worker.ts', import.meta.url);

/** What is heard is a copy of what was said at or above this, and something else below. */
const alike = 0.6;

/** Compares in a thread of its own: people of other scenarios are speaking in this one, in real time. */
export async function expectAlike(heard: Pcm, expected: Pcm): Promise<void> {
  const worker = new Worker(program, { workerData: { heard, expected } });
  try {
    const [similarity] = await once(worker, 'message', { signal: AbortSignal.timeout(30_000) });
    expect(similarity).toBeGreaterThanOrEqual(alike);
  } finally {
    await worker.terminate();
  }
}
