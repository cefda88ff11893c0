// Loaded into the bot by --import: how late its voice frames leave, and how much memory it takes, between two orders.
import { watchVoiceFrames } from '#bench/processes/voice-frames.ts';
import type { HostileMeasures, HostileOrder } from './order.ts';

let [lateMs, busyMs, frames] = [0, 0, 0];
let usage = process.threadCpuUsage();
let [fromBytes, mostBytes] = [0, 0];

watchVoiceFrames((late = 0) => {
  frames++;
  const { user, system } = process.threadCpuUsage(usage);
  usage = process.threadCpuUsage();
  lateMs = Math.max(lateMs, late);
  busyMs = Math.max(busyMs, Math.min(late, (user + system) / 1_000));
  mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
});

process.on('message', ({ kind }: HostileOrder) => {
  if (kind === 'end') {
    const grownBytes = mostBytes - fromBytes;
    process.send?.({ lateMs, busyMs, frames, grownBytes } satisfies HostileMeasures);
    return;
  }
  globalThis.gc?.();
  setTimeout(() => {
    [lateMs, busyMs, frames] = [0, 0, 0];
    fromBytes = process.memoryUsage.rss();
    mostBytes = fromBytes;
    process.send?.({ kind: 'begun' });
  }, 200); // the collection itself is nobody's attack
});
