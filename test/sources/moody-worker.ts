import { parentPort } from 'node:worker_threads';
import type { ToDecoder } from '#src/sources/decode-messages.ts';
import { inspect } from '#src/sources/inspection.ts';

/**
 * Says how much it was fed; a file that tells it to hang is obeyed. Every sound is 750 ms long, in pieces of 50, but for
 * those that say that they are long: they go on as long as they are fed, in pieces of 6 s.
 */
const skips = new Map<number, number>();
const long = new Set<number>();
parentPort?.on('message', (message: ToDecoder) => {
  if (message.kind === 'open') skips.set(message.id, message.plan.skipMs ?? 0);
  if (message.kind === 'inspect')
    parentPort?.postMessage({ kind: 'inspected', inspected: inspect(message.inspection) });
  if (message.kind !== 'feed') return;
  const bytes = Buffer.from(message.bytes);
  for (; bytes.includes('hang'); );
  if (bytes.includes('long')) long.add(message.id);
  const isLong = long.has(message.id);
  const doneMs = skips.get(message.id) ?? 0;
  skips.set(message.id, doneMs + 50);
  const isOver = !isLong && doneMs >= 750;
  const pcm = { samples: new Int16Array(isLong ? 96_000 : 800), rateHz: 16_000, channels: 1 };
  const chunks = isOver ? [] : [{ kind: 'pcm', pcm }];
  const hasMore = !isOver && !isLong;
  parentPort?.postMessage({ kind: 'fed', chunks, hasMore, hasSound: true });
});
parentPort?.postMessage({ kind: 'ready' });
