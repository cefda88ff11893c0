import { parentPort } from 'node:worker_threads';
import type { ToDecoder } from '#src/sources/decode-messages.ts';
import { inspect } from '#src/sources/inspection.ts';

/** Says how much it was fed; a file that tells it to hang is obeyed. Every sound is 750 ms long, in pieces of 50. */
const skips = new Map<number, number>();
parentPort?.on('message', (message: ToDecoder) => {
  if (message.kind === 'open') skips.set(message.id, message.plan.skipMs ?? 0);
  if (message.kind === 'inspect')
    parentPort?.postMessage({ kind: 'inspected', inspected: inspect(message.inspection) });
  if (message.kind !== 'feed') return;
  for (; Buffer.from(message.bytes).includes('hang'); );
  const doneMs = skips.get(message.id) ?? 0;
  skips.set(message.id, doneMs + 50);
  const isOver = doneMs >= 750;
  const pcm = { samples: new Int16Array(800), rateHz: 16_000, channels: 1 };
  const chunks = isOver ? [] : [{ kind: 'pcm', pcm }];
  parentPort?.postMessage({ kind: 'fed', chunks, hasMore: !isOver, hasSound: true });
});
parentPort?.postMessage({ kind: 'ready' });
