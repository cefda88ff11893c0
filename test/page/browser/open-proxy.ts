import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { makeCertificate } from '#sandbox/certificate.ts';

/** Proxy before the page, as an owner runs it: https under another name, `Host` passed on. */
export async function openProxy(
  port: number,
): Promise<AsyncDisposable & { readonly url: URL; cut(): void }> {
  const { certificate: cert, key } = makeCertificate();
  const server = createServer({ cert, key }, (incoming, outgoing) => {
    const { headers, method = 'GET', url: path = '/' } = incoming;
    const forwarded = { ...headers, 'x-forwarded-for': '203.0.113.7' };
    const asked = request({ port, host: '127.0.0.1', method, path, headers: forwarded });
    asked.on('response', (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      pipeline(response, outgoing).catch(() => outgoing.destroy());
    });
    asked.on('error', () => outgoing.destroy());
    outgoing.on('close', () => asked.destroy());
    incoming.pipe(asked);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port: own } = server.address() as AddressInfo;
  return {
    url: new URL(`https://page.localhost:${own}`),
    cut: () => server.closeAllConnections(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
