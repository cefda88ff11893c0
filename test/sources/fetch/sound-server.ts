import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { makeCertificate } from '#sandbox/certificate.ts';
import { listening } from '#test/fakes/servers/listening.ts';

/** A server of sounds on 127.0.0.1. With TLS its certificate is trusted in this process until it is closed. */
export async function serveSounds(listener: RequestListener, isSecure = false) {
  /** Paths that were asked for, with their headers. */
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
  const served = await listening(server, () => {
    if (isSecure) setDefaultCACertificates(trusted);
  });
  /** `open`: connections open now. */
  return { ...served, asked, open: () => open };
}
