import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '#src/base/clock.ts';
import { answerTo, type StatusAnswer, type StatusSources } from './answers.ts';

/** Where operators and supervisors ask how the bot is. */
export type StatusServer = AsyncDisposable & { readonly url: string };

export type StatusServerOutcome =
  | { readonly kind: 'open'; readonly server: StatusServer }
  /** The address cannot be had; `why` is one sentence for the operator. `isTaken`: another program has it now. */
  | { readonly kind: 'refused'; readonly why: string; readonly isTaken: boolean };

/** Events of an address that is tried again: told at the first refusal, and when it is had. */
export type StatusServerNews =
  | { readonly kind: 'open'; readonly url: string }
  | { readonly kind: 'refused'; readonly why: string };

/** Longest time, in ms, for the head of a request, for all of it, and between two of one connection. */
const [headMs, askMs] = [2_000, 5_000];
const lookMs = 1_000;
/** Connections at a time; a further one ends the oldest, so that connections without a word shut nobody out. */
const mostConnections = 64;
/** An answer under way may end; then its connection is cut. */
const farewellMs = 500;

/** How often, in ms, a port that another program has is asked for again: after an update that overlaps it is free. */
const retryMs = 5_000;

/**
 * Serves as `openStatusServer` does, once the port is free: resolves after the first try, and goes on trying until closed.
 * Never throws.
 */
export async function keepStatusServer(
  place: { readonly host: string; readonly port: number },
  sources: StatusSources,
  clock: Clock,
  tell: (news: StatusServerNews) => void,
): Promise<AsyncDisposable> {
  const closing = new AbortController();
  const tried = async (): Promise<StatusServerOutcome> => {
    const outcome = await openStatusServer(place, sources);
    if (outcome.kind === 'open') tell({ kind: 'open', url: outcome.server.url });
    return outcome;
  };
  const first = await tried();
  if (first.kind === 'refused') tell({ kind: 'refused', why: first.why });
  const last = untilOpen(first, tried, clock, closing.signal);
  return {
    async [Symbol.asyncDispose]() {
      closing.abort(new Error('the status server is closed'));
      const outcome = await last;
      if (outcome.kind === 'open') await outcome.server[Symbol.asyncDispose]();
    },
  };
}

async function untilOpen(
  first: StatusServerOutcome,
  tried: () => Promise<StatusServerOutcome>,
  clock: Clock,
  signal: AbortSignal,
): Promise<StatusServerOutcome> {
  let outcome = first;
  while (outcome.kind === 'refused' && outcome.isTaken) {
    await clock.sleep(retryMs, signal).catch(() => undefined);
    if (signal.aborted) break;
    outcome = await tried();
  }
  return outcome;
}

/** Serves /healthz, /readyz and /metrics at `host`; port 0 takes any that is free. Never throws. */
export async function openStatusServer(
  { host, port }: { readonly host: string; readonly port: number },
  sources: StatusSources,
): Promise<StatusServerOutcome> {
  const server = createServer(
    {
      requestTimeout: askMs,
      headersTimeout: headMs,
      keepAliveTimeout: askMs,
      connectionsCheckingInterval: lookMs,
    },
    async ({ method = '', url = '', headers: { host = '' } }, response) => {
      const { status, text, headers } = await answerOrFail({ method, url, host }, sources);
      response.writeHead(status, { ...always, ...headers }).end(text);
    },
  );
  endOldest(server);
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    const isTaken = code === 'EADDRINUSE';
    return { kind: 'refused', why: refusal(host, port, isTaken, code), isTaken };
  }
  server.on('error', () => undefined); // a connection that could not be taken is the asker's to repeat
  return {
    kind: 'open',
    server: { url: urlOf(server), [Symbol.asyncDispose]: () => close(server) },
  };
}

const always = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };

function endOldest(server: Server): void {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    const [oldest] = sockets;
    if (sockets.size > mostConnections) oldest?.destroy();
  });
}

async function answerOrFail(
  asked: Parameters<typeof answerTo>[0],
  sources: StatusSources,
): Promise<StatusAnswer> {
  try {
    return await answerTo(asked, sources);
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

function refusal(host: string, port: number, isTaken: boolean, code: unknown): string {
  const taken = isTaken ? 'the port is in use' : `it cannot be had (${code})`;
  return `No status server at ${host}:${port}: ${taken}; set STATUS_HOST or STATUS_PORT, 0 for none.`;
}
