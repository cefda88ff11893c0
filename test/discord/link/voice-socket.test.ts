import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { VoiceUDPSocket } from '@discordjs/voice';
import { connectSocket } from '#src/discord/link/voice-library.ts';
import type { UnboundSocket } from '#test/discord/setup/sealed-datagram.ts';

async function bindSocket(port = 0) {
  const socket = createSocket('udp4').bind(port, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** The library's socket, as a ready link has it. */
async function openSocket(server: Socket) {
  const udp = new VoiceUDPSocket({ ip: '127.0.0.1', port: server.address().port });
  onTestFinished(() => udp.destroy());
  const inner = udp as unknown as UnboundSocket & { readonly socket: Socket };
  inner.keepAlive = () => {};
  const sizes: number[] = [];
  let errors = 0;
  udp.on('error', () => errors++);
  udp.on('message', (datagram) => sizes.push(datagram.length));
  udp.send(Buffer.alloc(74));
  const [, { port }] = await once(server, 'message');
  for (const socket of [udp, udp]) connectSocket(socket); // a link and the next one over the same connection
  await once(inner.socket, 'connect');
  return { udp, port, sizes, listErrors: () => errors };
}

test('of a connected voice socket the kernel keeps strangers away', async () => {
  await using server = await bindSocket();
  await using stranger = await bindSocket();
  const { udp, port, sizes } = await openSocket(server);
  stranger.send(Buffer.alloc(61), port, '127.0.0.1');
  server.send(Buffer.alloc(60), port, '127.0.0.1');
  await once(udp, 'message');
  expect(sizes).toEqual([60]);
});

test('a voice server that nobody listens at any more is an error that ends nothing, and is heard once it is back', async () => {
  const server = await bindSocket();
  const remote = server.address().port;
  const { udp, port, listErrors, sizes } = await openSocket(server);
  await server[Symbol.asyncDispose]();
  while (listErrors() < 3) {
    udp.send(Buffer.alloc(60));
    await new Promise(setImmediate);
  }
  await using again = await bindSocket(remote);
  const arrived = once(again, 'message');
  udp.send(Buffer.alloc(33)); // an answer to an earlier one may still wait, and takes its place
  udp.send(Buffer.alloc(33));
  const [datagram] = await arrived;
  again.send(Buffer.alloc(60), port, '127.0.0.1');
  await once(udp, 'message');
  expect([datagram.length, sizes]).toEqual([33, [60]]);
});
