import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, answerTo, type StatusSources } from './answers.ts';

/** Where operators and supervisors ask how the bot is. */
export type StatusServer = AsyncDisposable & { readonly url: string };

export type Opened =
  | { readonly kind: 'open'; readonly server: StatusServer }
  /** The address cannot be had; `why` is one sentence for the operator. */
  | { readonly kind: 'refused'; readonly why: string };

/** Whoever asks gets so long for the request; further askers are turned away. */
const [askMs, askers] = [5_000, 64];
/** An answer under way may end; then its connection is cut. */
const farewellMs = 500;

/** Serves /healthz, /readyz and /metrics at `host`; port 0 takes any that is free. Never throws. */
export async function openStatusServer(
  { host, port }: { readonly host: string; readonly port: number },
  sources: StatusSources,
): Promise<Opened> {
  const server = createServer(
    {
      requestTimeout: askMs,
      headersTimeout: askMs,
      keepAliveTimeout: askMs,
      connectionsCheckingInterval: askMs,
    },
    async ({ method = '', url = '' }, response) => {
      const { status, text, headers } = await answerOrFail(method, url, sources);
      response.writeHead(status, { ...always, ...headers }).end(text);
    },
  );
  server.maxConnections = askers;
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    return { kind: 'refused', why: refusal(host, port, error) };
  }
  server.on('error', () => undefined); // a connection that could not be taken is the asker's to repeat
  return {
    kind: 'open',
    server: { url: urlOf(server), [Symbol.asyncDispose]: () => close(server) },
  };
}

const always = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };

async function answerOrFail(method: string, url: string, sources: StatusSources): Promise<Answer> {
  try {
    return await answerTo(method, url, sources);
  } catch {
    return { status: 500, text: 'failed\n' };
  }
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const cut = setTimeout(() => server.closeAllConnections(), farewellMs);
  await closed;
  clearTimeout(cut);
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo; // listens on a port, not a pipe
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function refusal(host: string, port: number, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : error;
  const taken = code === 'EADDRINUSE' ? 'the port is in use' : `it cannot be had (${code})`;
  return `No status server at ${host}:${port}: ${taken}; set STATUS_HOST or STATUS_PORT, 0 for none.`;
}
