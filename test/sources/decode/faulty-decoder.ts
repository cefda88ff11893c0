import { openChildPort } from '#src/base/child/child-port.ts';
import type { FromDecoder, ToDecoder } from '#src/sources/decode/decode-messages.ts';

/**
 * Says how much it was fed; a file that tells it to hang or to die is obeyed. Every sound is 750 ms long, in pieces of 50,
 * but for those that say that they are long: they go on as long as they are fed, in pieces of 6 s.
 */
const doneMsById = new Map<number, number>();
const longAnswer = new Set<number>();
const send = openChildPort<ToDecoder, FromDecoder>((message) => {
  if (message.kind !== 'feed') return;
  const { id, plan } = message;
  const bytes = Buffer.from(message.bytes);
  if (bytes.includes('hang'))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  if (bytes.includes('abort')) process.abort();
  if (bytes.includes('long')) longAnswer.add(id);
  const isLong = longAnswer.has(id);
  const doneMs = doneMsById.get(id) ?? plan.skipMs ?? 0;
  doneMsById.set(id, doneMs + 50);
  const isOver = !isLong && doneMs >= 750;
  const samples = new Int16Array(isOver ? 0 : isLong ? 576_000 : 4_800);
  send({ kind: 'fed', samples, hasMore: !isOver && !isLong, hasSound: true });
});
