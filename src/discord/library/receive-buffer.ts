import type { VoiceUDPSocket } from '@discordjs/voice';
import { innerUdp } from './voice-library.ts';

/** A stall of a second with 25 people talking: 1,250 datagrams, for each of which the kernel counts about 1.3 kB. */
const receiveBufferBytes = 2 * 1024 * 1024;
/** Interval, in ms, of reports about lost datagrams, all of them together. */
const reportEveryMs = 60_000;

/** Fault of the receive buffer of a voice socket. */
export type ReceiveBufferFault =
  /** The kernel gave less than was asked for. */
  | { readonly kind: 'small'; readonly gotBytes: number }
  /** It was full, and the kernel dropped this number of datagrams. */
  | { readonly kind: 'overflowed'; readonly datagrams: number };

/** Enlarges the receive buffer of a voice socket once it is bound; `report` gets how many bytes there are if not enough. */
export function enlargeReceiveBuffer(
  udp: VoiceUDPSocket,
  report: (fault: ReceiveBufferFault) => void,
): void {
  const { socket } = innerUdp(udp);
  socket.once('listening', () => {
    socket.setRecvBufferSize(receiveBufferBytes);
    const gotBytes = socket.getRecvBufferSize();
    if (gotBytes < receiveBufferBytes) report({ kind: 'small', gotBytes });
  });
}

/** Sentences for the operator, of all voice sockets of the process: a small buffer once, losses once a minute. */
export function receiveBufferWarnings(
  warn: (message: string) => void,
  nowMs: () => number,
): (fault: ReceiveBufferFault) => void {
  let smallestBytes = Number.POSITIVE_INFINITY;
  let lost = 0;
  let reportedAtMs = Number.NEGATIVE_INFINITY;
  return (fault) => {
    if (fault.kind === 'small') {
      if (smallestBytes === Number.POSITIVE_INFINITY) warn(smallMessage(fault.gotBytes));
      smallestBytes = Math.min(smallestBytes, fault.gotBytes);
      return;
    }
    lost += fault.datagrams;
    if (nowMs() - reportedAtMs < reportEveryMs) return;
    warn(lostMessage(lost, smallestBytes < receiveBufferBytes));
    reportedAtMs = nowMs();
    lost = 0;
  };
}

const remedy = 'On the host: sysctl -w net.core.rmem_max=2097152';

function smallMessage(gotBytes: number): string {
  return `Voice sockets have a receive buffer of ${gotBytes} bytes: while many people talk, a stall loses words. ${remedy}`;
}

function lostMessage(datagrams: number, isSmall: boolean): string {
  const what = `${datagrams} packets of people were lost: this process did not read a full receive buffer in time.`;
  return isSmall ? `${what} ${remedy}` : `${what} The process was blocked for too long.`;
}
