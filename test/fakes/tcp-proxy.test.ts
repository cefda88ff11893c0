import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { TcpProxy } from '#test/fakes/tcp-proxy.ts';

test('a proxy with a network passes bytes on in order, an opening and a round trip later', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined); // the proxy ends with a reset
    socket.pipe(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  {
    await using proxy = await TcpProxy.open(
      { host: '127.0.0.1', port },
      { roundTripMs: 40, bytesPerMs: 100 },
    );
    const socket = connect(proxy.port, '127.0.0.1');
    const beganMs = performance.now();
    const sent = Buffer.from(Array.from({ length: 1_000 }, (_, n) => n % 256));
    for (let at = 0; at < sent.length; at += 100)
      socket.write(sent.subarray(at, at + 100));
    let received = Buffer.alloc(0);
    for await (const bytes of socket) {
      received = Buffer.concat([received, bytes]);
      if (received.length >= sent.length) break;
    }
    expect(received).toEqual(sent);
    // 40 ms for the opening, 40 ms there and back, and 10 ms for 1,000 bytes.
    expect(performance.now() - beganMs).toBeGreaterThan(85);
  }
  server.close();
});
