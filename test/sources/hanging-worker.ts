import { parentPort } from 'node:worker_threads';
import type { ToDecoder } from '#src/sources/decode-messages.ts';

/** A decoder that does what its file says. */
parentPort?.on('message', (message: ToDecoder) => {
  if (message.kind !== 'feed') return;
  const word = Buffer.from(message.bytes).toString();
  for (; word === 'hang'; );
  const heap: number[][] = [];
  for (; word === 'heap'; ) heap.push(Array.from({ length: 100_000 }, (_, n) => n + heap.length));
  if (word === 'oops') throw new Error('a bug');
  const pcm = { samples: Int16Array.of(1), rateHz: 16_000, channels: 1 } as const;
  const chunks = [{ kind: 'pcm', pcm }];
  parentPort?.postMessage({ kind: 'fed', chunks, hasMore: false, hasSound: true });
});
parentPort?.postMessage({ kind: 'ready' });
