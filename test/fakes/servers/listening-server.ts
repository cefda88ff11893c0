import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type RequestListener,
  type Server,
} from 'node:http';
import { type AddressInfo, createServer } from 'node:net';

/** A server of HTTP at a port of 127.0.0.1 of its own. */
export type ListeningServer = AsyncDisposable &
  Disposable & {
    readonly server: Server;
    readonly port: number;
    /** Without a path. */
    readonly origin: string;
  };

/** Starts a server, or one with this listener; it ends with all its connections, after `detach`. */
export async function openListeningServer(
  given: Server | RequestListener,
  detach: () => void = () => undefined,
): Promise<ListeningServer> {
  const server = typeof given === 'function' ? createHttpServer(given) : given;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const endServer = () => {
    detach();
    server.close().closeAllConnections();
  };
  return {
    server,
    port,
    origin: `http://127.0.0.1:${port}`,
    [Symbol.dispose]: endServer,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      endServer();
      await closed;
    },
  };
}

/** A port of 127.0.0.1 that was free a moment ago. */
export async function findFreePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
