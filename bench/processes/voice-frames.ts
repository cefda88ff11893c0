import { Socket } from 'node:dgram';

/** A gap between two frames of one socket that is longer, in ms, is a pause and no late frame. */
const pauseMs = 500;
const frameMs = 20;

/**
 * Has `left` called for each voice frame that any socket of this process sends: how much longer than 20 ms it came after the one
 * before; undefined after a pause.
 */
export function watchVoiceFrames(left: (lateMs: number | undefined) => void): void {
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
