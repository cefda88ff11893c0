// Loaded into the bot by --import: how late its voice frames leave, and how much memory it takes, between two orders.
import { Socket } from 'node:dgram';
import type { HostileMeasures, HostileOrder } from './order.ts';

/** A gap between two frames of one socket that is longer, in ms, is a pause and no late frame. */
const pauseMs = 500;
const frameMs = 20;

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

/**
 * Has `left` called for each voice frame that any socket of this process sends: how much longer than 20 ms it came after the one
 * before; undefined after a pause.
 */
function watchVoiceFrames(left: (lateMs: number | undefined) => void): void {
  const lastAtMs = new WeakMap<Socket, number>();
  const send = Socket.prototype.send as (this: Socket, ...given: unknown[]) => void;
  Socket.prototype.send = function (this: Socket, ...given: unknown[]): void {
    if (isVoice(given[0])) {
      const nowMs = performance.now();
      const gapMs = nowMs - (lastAtMs.get(this) ?? Number.NEGATIVE_INFINITY);
      lastAtMs.set(this, nowMs);
      left(gapMs < pauseMs ? Math.max(0, gapMs - frameMs) : undefined);
    }
    Reflect.apply(send, this, given);
  };
}

/** RTP version 2 with the payload type of Opus at Discord. */
function isVoice(datagram: unknown): boolean {
  if (!Buffer.isBuffer(datagram) || datagram.length < 12) return false;
  const [first = 0, second = 0] = datagram;
  return first >> 6 === 2 && (second & 127) === 120;
}
