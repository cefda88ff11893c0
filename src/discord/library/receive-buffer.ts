import type { VoiceUDPSocket } from '@discordjs/voice';
import { innerUdp } from './voice-library.ts';

/** A stall of a second with 25 people talking: 1,250 datagrams, for each of which the kernel counts about 1.3 kB. */
const receiveBufferBytes = 2 * 1024 * 1024;

/** Enlarges the receive buffer of a voice socket once it is bound; `warn` gets a sentence where the kernel gives less. */
export function enlargeReceiveBuffer(udp: VoiceUDPSocket, warn: (message: string) => void): void {
  const { socket } = innerUdp(udp);
  socket.once('listening', () => {
    socket.setRecvBufferSize(receiveBufferBytes);
    const gotBytes = socket.getRecvBufferSize();
    if (gotBytes < receiveBufferBytes) warn(smallMessage(gotBytes));
  });
}

function smallMessage(gotBytes: number): string {
  return `Voice sockets have a receive buffer of ${gotBytes} bytes: while many people talk, a stall loses words. On the host: sysctl -w net.core.rmem_max=2097152`;
}
