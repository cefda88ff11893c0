import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { VoiceUDPSocket, VoiceWebSocket } from '@discordjs/voice';
import { connectSocket, guardMessages } from '#src/discord/link/voice-library.ts';
import type { UnboundSocket } from '#test/discord/setup/sealed-datagram.ts';
import { countOpened, openReceiver } from './unbound-receiver.ts';

test('consent that is taken back holds from the very next packet on, and can be given again', () => {
  const allowed = new Set(['ann']);
  const { name, say, heard, receiver } = openReceiver((id) => allowed.has(id));
  name(5, 'ann');
  say(5);
  allowed.delete('ann');
  const count = countOpened(receiver);
  say(5);
  expect([count.opened, receiver.subscriptions.size]).toEqual([0, 0]);
  allowed.add('ann');
  say(5);
  expect(heard).toHaveLength(2);
});

test('junk of any length, from anybody, neither throws nor ends hearing', () => {
  const {
    name,
    say,
    arrive,
    heard,
    voiceReceiver: receiver,
  } = openReceiver(() => true);
  name(5, 'ann');
  for (let length = 0; length <= 40; length++) {
    arrive(randomBytes(length));
  }
  const forged = Buffer.concat([Buffer.from([0x80, 120]), Buffer.alloc(60)]);
  forged.writeUInt32BE(5, 8);
  arrive(forged);
  say(5);
  expect(heard).toHaveLength(1);
  expect(receiver.counts.unparsed).toBe(1);
});

test('a fault in the consent rule is reported and counts as a no', () => {
  const bug = new Error('bug');
  const { name, say, heard, failed } = openReceiver(() => {
    throw bug;
  });
  name(5, 'ann');
  say(5);
  expect([heard, failed]).toEqual([[], [bug]]);
});

/** A socket of the library that was never opened, and what arrives over it. */
function openSocket() {
  const ws: VoiceWebSocket = Object.create(VoiceWebSocket.prototype);
  EventEmitter.call(ws);
  const target = {} as Parameters<typeof ws.onMessage>[0]['target'];
  const receiveData = (data: Buffer | object) =>
    ws.onMessage({
      data: data instanceof Buffer ? data : JSON.stringify(data),
      type: 'message',
      target,
    });
  const errors: unknown[] = [];
  ws.on('error', (error) => errors.push(error));
  return { ws, arrive: receiveData, errors };
}

test('JSON that breaks the library becomes an error of that connection, and a message for the group does not', () => {
  const { ws, arrive, errors } = openSocket();
  const throwBug = () => {
    throw new Error('a bug');
  };
  ws.on('packet', throwBug);
  ws.on('binary', throwBug);
  guardMessages(ws);
  arrive(Buffer.from([0]));
  arrive(Buffer.from([0, 1, 27, 0]));
  expect(errors).toEqual([]);
  arrive({ op: 5, d: {} });
  expect(errors).toMatchObject([{ code: 'link.lost', retryable: true }]);
});

test('proposals that the group refuses are tried again when somebody is announced, until the next epoch', () => {
  const { ws, arrive } = openSocket();
  const known = new Set<number>();
  const taken: number[] = [];
  ws.on('binary', ({ op, payload }) => {
    const [who = 0] = payload;
    if (op === 27 && !known.has(who)) throw new Error('UnexpectedUser');
    taken.push(who);
  });
  guardMessages(ws);
  const announced = { op: 11, d: { user_ids: [] }, seq: 9 };
  for (const who of [1, 2]) arrive(Buffer.from([0, who, 27, who]));
  known.add(2);
  arrive(announced);
  expect([taken, ws.sequence]).toEqual([[2], 9]);
  known.add(1);
  arrive(announced);
  arrive(announced);
  expect(taken).toEqual([2, 1]);
  arrive(Buffer.from([0, 3, 27, 3]));
  arrive(Buffer.from([0, 4, 29, 4]));
  known.add(3);
  arrive(announced);
  expect(taken).toEqual([2, 1, 4]);
});

async function bindSocket(port = 0) {
  const socket = createSocket('udp4').bind(port, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** The library's socket, as a ready link has it. */
async function openUdpSocket(server: Socket) {
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
  const { udp, port, sizes } = await openUdpSocket(server);
  stranger.send(Buffer.alloc(61), port, '127.0.0.1');
  server.send(Buffer.alloc(60), port, '127.0.0.1');
  await once(udp, 'message');
  expect(sizes).toEqual([60]);
});

test('a voice server that nobody listens at any more is an error that ends nothing, and is heard once it is back', async () => {
  const server = await bindSocket();
  const remote = server.address().port;
  const { udp, port, listErrors, sizes } = await openUdpSocket(server);
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
