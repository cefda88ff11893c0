import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** A proxy before Discord's REST API that several processes share, as nirn-proxy is one. */
export type RestProxy = AsyncDisposable & {
  /** For `DISCORD_API_URL`. */
  readonly apiUrl: string;
  /** Number of requests passed on. */
  readonly passed: () => number;
};

/** Passes every request on to `apiUrl`, one each `spacingMs`, whoever asks. */
export async function openRestProxy(apiUrl: string, spacingMs: number): Promise<RestProxy> {
  let passed = 0;
  let turn: Promise<unknown> = Promise.resolve();
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync<Buffer>(request));
    const ownTurn = turn;
    turn = ownTurn.then(() => wait(spacingMs));
    await ownTurn;
    passed += 1;
    const { method = 'GET', url = '', headers } = request;
    const given = Object.entries(headers).filter(([name]) => !ofConnection.has(name));
    const answer = await fetch(`${apiUrl}${url.replace(/^\/api/, '')}`, {
      method,
      headers: Object.fromEntries(given.map(([name, value]) => [name, `${value}`])),
      ...(body.length > 0 && { body }),
    });
    response.writeHead(
      answer.status,
      [...answer.headers].filter(([name]) => !ofConnection.has(name)).flat(),
    );
    response.end(Buffer.from(await answer.arrayBuffer()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // listens on a port, not a pipe
  return {
    apiUrl: `http://127.0.0.1:${port}/api`,
    passed: () => passed,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const ofConnection = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'keep-alive',
]);
