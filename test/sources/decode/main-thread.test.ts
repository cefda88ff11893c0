import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

test('page heads that overlap cost 256 bytes of checksum for each byte that is no page', async () => {
  // In a thread of its own: here the collector would also read what the files before left in memory.
  const measureCost = async () => {
    const worker = new Worker(new URL('page-cost-worker.ts', import.meta.url));
    const [cost] = await once(worker, 'message');
    return cost;
  };
  await expect.poll(measureCost).toBeLessThan(50);
});
