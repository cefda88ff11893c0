import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeCertificate } from '#sandbox/certificate.ts';
import type { Attachments } from '#sandbox/world/world-attachments.ts';

/** Server of files, as with Discord on a host of its own: over TLS, for everybody who knows the address. */
export class Cdn {
  /** PEM; its own authority. */
  readonly certificate: string;
  readonly #server: Server;

  constructor(attachments: Pick<Attachments, 'find'>) {
    const { certificate, key } = makeCertificate();
    this.certificate = certificate;
    this.#server = createServer({ cert: certificate, key }, ({ url = '' }, response) => {
      const [, id = ''] = /^\/attachments\/\d+\/(\d+)\//.exec(url) ?? [];
      const file = attachments.find(id);
      if (!file) response.writeHead(404).end();
      else {
        const { type, bytes } = file;
        response.writeHead(200, { 'content-type': type, 'content-length': bytes.length });
        response.end(bytes);
      }
    });
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy());
  }

  /** On a port of the system's choosing; returns host and port. */
  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `localhost:${(this.#server.address() as AddressInfo).port}`; // TCP, so never a path
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
