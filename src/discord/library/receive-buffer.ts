import type { VoiceUDPSocket } from '@discordjs/voice';
import { innerUdp } from './voice-library.ts';

/** A stall of a second with 25 people talking: 1,250 datagrams, for each of which the kernel counts about 1.3 kB. */
const receiveBufferBytes = 2 * 1024 * 1024;

/** Enlarges the receive buffer of a voice socket once it is bound; `tell` gets how many bytes there are if not enough. */
export function enlargeReceiveBuffer(udp: VoiceUDPSocket, tell: (gotBytes: number) => void): void {
  const { socket } = innerUdp(udp);
  socket.once('listening', () => {
    socket.setRecvBufferSize(receiveBufferBytes);
    const gotBytes = socket.getRecvBufferSize();
    if (gotBytes < receiveBufferBytes) tell(gotBytes);
  });
}
