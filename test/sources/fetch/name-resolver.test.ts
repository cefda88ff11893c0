import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { fetchSource } from '#src/sources/fetch/fetch-link.ts';
import { isBeside } from '#src/sources/fetch/public-address.ts';
import { createNameResolver } from '#src/sources/fetch/request-once.ts';

/** A name server that knows 203.0.113.7 for every name, or never answers. */
async function nameServer(isMute: boolean) {
  const socket = createSocket('udp4');
  socket.on('message', (question, { port, address }) => {
    if (isMute) return;
    const request = question.subarray(12, question.indexOf(0, 12) + 5);
    const isV4 = request.readUInt16BE(request.length - 4) === 1;
    const head = Buffer.from(question.subarray(0, 12));
    head.writeUInt16BE(0x8180, 2);
    head.writeUInt16BE(isV4 ? 1 : 0, 6);
    head.writeUInt16BE(0, 10);
    const match = Buffer.of(0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 113, 7);
    socket.send(
      Buffer.concat([head, request, isV4 ? match : Buffer.alloc(0)]),
      port,
      address,
    );
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, 'close');
    },
  };
}

const patient = new AbortController().signal;

test('a name server that never answers is given up', async () => {
  await using server = await nameServer(true);
  const pending = createNameResolver([server.address], 200)('sounds.example', patient);
  await expect(pending).rejects.toThrow();
});

test('whoever leaves ends the look-up of a link', async () => {
  await using server = await nameServer(true);
  const leaving = new AbortController();
  const pending = createNameResolver([server.address], 60_000)(
    'sounds.example',
    leaving.signal,
  );
  leaving.abort(new Error('left'));
  await expect(pending).rejects.toThrow();
});

test('an address of this machine, or of its network over IPv6, is not asked for a link', async () => {
  const own = ['198.51.100.4', '2600:1f18::5', 'fe80::1'];
  expect(isBeside('198.51.100.4', own)).toBe(true);
  expect(isBeside('::ffff:198.51.100.4', own)).toBe(true);
  expect(isBeside('198.51.100.5', own)).toBe(false);
  expect(isBeside('2600:1f18::5', own)).toBe(true);
  expect(isBeside('2600:1f18::ffff:1', own)).toBe(true);
  expect(isBeside('2600:1f18:0:1::5', own)).toBe(false);
  expect(isBeside('nowhere', own)).toBe(false);
  const rules = {
    maxBytes: 1000,
    resolve: async () => ['2600:1f18::99'],
    machineAddresses: own,
  };
  const pending = fetchSource(
    'https://neighbour.example/a.mp3',
    { ...rules, allowed: new AllowedHosts([]) },
    patient,
  ).next();
  await expect(pending).rejects.toMatchObject({ code: 'source.not_allowed' });
});
