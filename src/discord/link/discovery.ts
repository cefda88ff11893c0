import '#src/discord/library/sodium.ts';
import { type Networking, NetworkingStatusCode } from '@discordjs/voice';
import type { SyncTiming } from './timing.ts';

const askAgainMs = 500;
const discoveryBytes = 74;

/** Asks for our outside address again every half second; the library asks once and waits for ever. */
export function repeatDiscovery(networking: Networking, timing: SyncTiming): void {
  let asking = false;
  const again = () => {
    const { state } = networking;
    asking = state.code === NetworkingStatusCode.UdpHandshaking;
    if (state.code !== NetworkingStatusCode.UdpHandshaking) return;
    state.udp.send(discoveryRequest(state.connectionData.ssrc));
    timing.later(askAgainMs, again);
  };
  networking.on('stateChange', (_, { code }) => {
    if (asking || code !== NetworkingStatusCode.UdpHandshaking) return;
    asking = true;
    timing.later(askAgainMs, again);
  });
}

/** Discord docs, "IP Discovery": type 1, length 70, our SSRC, then room for the answer. */
function discoveryRequest(ssrc: number): Buffer {
  const datagram = Buffer.alloc(discoveryBytes);
  datagram.writeUInt16BE(1, 0);
  datagram.writeUInt16BE(70, 2);
  datagram.writeUInt32BE(ssrc, 4);
  return datagram;
}
