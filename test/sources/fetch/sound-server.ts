import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { makeCertificate } from '#sandbox/certificate.ts';

/** A server of sounds on 127.0.0.1. */
export type SoundServer = AsyncDisposable & {
  readonly port: number;
  /** Paths that were asked for, with their headers. */
  readonly asked: { readonly path: string; readonly headers: Readonly<Record<string, unknown>> }[];
  /** Connections open now. */
  readonly open: () => number;
};

/** With TLS its certificate is trusted in this process until it is closed. */
export async function serveSounds(
  listener: RequestListener,
  isSecure = false,
): Promise<SoundServer> {
  const asked: { path: string; headers: Readonly<Record<string, unknown>> }[] = [];
  const noted: RequestListener = (request, response) => {
    asked.push({ path: request.url ?? '', headers: request.headers });
    listener(request, response);
  };
  const { certificate: cert, key } = makeCertificate();
  const trusted = getCACertificates('default');
  const server = isSecure ? createSecureServer({ cert, key }, noted) : createServer(noted);
  if (isSecure) setDefaultCACertificates([...trusted, cert]);
  let open = 0;
  server.on('connection', (socket) => {
    open++;
    socket.on('close', () => {
      open--;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    asked,
    port: (server.address() as AddressInfo).port,
    open: () => open,
    async [Symbol.asyncDispose]() {
      if (isSecure) setDefaultCACertificates(trusted);
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
