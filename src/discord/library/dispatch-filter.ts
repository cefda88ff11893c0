import type { Client } from 'discord.js';

type Dispatch = { readonly t?: unknown };
/** The typings call the way in private. */
type InnerSockets = { handlePacket(packet: Dispatch | undefined, shard: unknown): boolean };

const ofMessages: readonly unknown[] = [
  'MESSAGE_CREATE',
  'MESSAGE_UPDATE',
  'MESSAGE_DELETE',
  'MESSAGE_DELETE_BULK',
];

/** Keeps messages from discord.js, which would make objects of each: the bot reads the dispatches themselves. */
export function filterDispatches(client: Client): void {
  const sockets = client.ws as unknown as InnerSockets;
  const handle = sockets.handlePacket.bind(sockets);
  // What waits before it is handled all the same.
  sockets.handlePacket = (packet, shard) =>
    handle(ofMessages.includes(packet?.t) ? undefined : packet, shard);
}
