import { type Inspection, inspect } from '#src/sources/decode/inspection.ts';
import { openDecoderPort } from '#src/sources/decoder-port.ts';

/**
 * Says how much it was fed; a file that tells it to hang or to die is obeyed. Every sound is 750 ms long, in pieces of 50,
 * but for those that say that they are long: they go on as long as they are fed, in pieces of 6 s.
 */
const skips = new Map<number, number>();
const long = new Set<number>();
const send = openDecoderPort((message) => {
  if (message.kind === 'open') skips.set(message.id, message.plan.skipMs ?? 0);
  if (message.kind === 'inspect') answer(message.inspection);
  if (message.kind !== 'feed') return;
  const bytes = Buffer.from(message.bytes);
  if (bytes.includes('hang')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  if (bytes.includes('abort')) process.abort();
  if (bytes.includes('long')) long.add(message.id);
  const isLong = long.has(message.id);
  const doneMs = skips.get(message.id) ?? 0;
  skips.set(message.id, doneMs + 50);
  const isOver = !isLong && doneMs >= 750;
  const samples = new Int16Array(isLong ? 96_000 : 800);
  const pcm = { samples, rateHz: 16_000, channels: 1 } as const;
  const chunks = isOver ? [] : [{ kind: 'pcm', pcm } as const];
  send({ kind: 'fed', chunks, hasMore: !isOver && !isLong, hasSound: true });
});

function answer(inspection: Inspection): void {
  if (inspection.kind === 'tags') return;
  send({ kind: 'inspected', inspected: inspect(inspection) });
}
