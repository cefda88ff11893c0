import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { realClock } from '#src/base/clock.ts';

/** Voice packets in one direction: in each turn `ticks` of 20 ms with one packet each, from `firstTick` on. */
export type Stream = {
  readonly socket: number;
  readonly firstTick: number;
  readonly ticks: number;
};

const tickMs = 20;
const packetsPerMinute = 3_000;
/** Length of a turn: 8 s. */
const turnTicks = 400;
/** Tick of a turn in which people begin to speak; the bot begins at 0. */
export const peopleTick = 260;

/** Streams with so many packets a minute between them: as many for each socket, spread over the turn like channels. */
export function streamsOf(
  sockets: number,
  perMinute: number,
  startTick: number,
): readonly Stream[] {
  const each = Math.ceil(perMinute / packetsPerMinute / Math.max(1, sockets));
  const count = each * sockets;
  const ticks = Math.round((turnTicks * perMinute) / packetsPerMinute / count);
  return Array.from({ length: count }, (_, n) => {
    const firstTick = (startTick + Math.round((turnTicks * n) / count)) % turnTicks;
    return { socket: n % sockets, firstTick, ticks };
  });
}

/** Whether a stream has a packet in this tick of 20 ms. */
export function isOn({ firstTick, ticks }: Stream, tick: number): boolean {
  return (tick + turnTicks - firstTick) % turnTicks < ticks;
}

/** The first tick from `tick` on in which a stream has a packet; undefined where there is none. */
export function nextTick(streams: readonly Stream[], tick: number): number | undefined {
  for (let next = tick; next < tick + turnTicks; next++) {
    if (streams.some((stream) => isOn(stream, next))) return next;
  }
  return undefined;
}

/** Calls `send` for each packet of these streams in its tick, and sleeps in ticks without one; the returned function ends it. */
export function runStreams(
  streams: readonly Stream[],
  send: (stream: Stream, index: number) => void,
): () => void {
  const startMs = realClock.nowMs();
  let timer: NodeJS.Timeout | undefined;
  const wait = (from: number) => {
    const tick = nextTick(streams, from);
    if (tick === undefined) return;
    const waitMs = startMs + tick * tickMs - realClock.nowMs();
    timer = setTimeout(() => step(tick), Math.max(1, Math.round(waitMs)));
  };
  const step = (tick: number) => {
    for (const [index, stream] of streams.entries()) if (isOn(stream, tick)) send(stream, index);
    wait(tick + 1);
  };
  wait(0);
  return () => clearTimeout(timer);
}

/** Sockets of this machine. */
export async function openSockets(count: number): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4'));
  for (const socket of sockets) {
    socket.on('error', () => undefined);
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
  }
  return sockets;
}

export function portsOf(sockets: readonly Socket[]): readonly number[] {
  return sockets.map((socket) => (socket.address() as AddressInfo).port);
}

/** Packets of these sockets go to those ports and come from nowhere else. */
export async function connectSockets(
  sockets: readonly Socket[],
  ports: readonly number[],
): Promise<void> {
  for (const [n, socket] of sockets.entries()) {
    socket.connect(ports[n] ?? 0, '127.0.0.1');
    await once(socket, 'connect');
  }
}
