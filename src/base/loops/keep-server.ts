import { once } from 'node:events';
import type { Server as NetServer } from 'node:net';
import { type Clock, realClock } from '#src/base/clock.ts';

export type ServerOutcome<Server extends AsyncDisposable> =
  | { readonly kind: 'open'; readonly server: Server }
  | RefusedServer;

/** `isTaken` means that another program has the port now. */
type RefusedServer = {
  readonly kind: 'refused';
  readonly why: string;
  readonly isTaken: boolean;
};

/** Listens on a port. Undefined on success. A refusal begins with `refusal` and names the `settings`. */
export async function listenOnPort(
  server: NetServer,
  { host, port }: { readonly host: string; readonly port: number },
  refusal: string,
  settings: string,
): Promise<RefusedServer | undefined> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    const isTaken = code === 'EADDRINUSE';
    const cause = isTaken ? 'the port is in use' : `it cannot be opened (${code})`;
    const reason = `${refusal} ${host}:${port}: ${cause}; set ${settings}, 0 for none.`;
    return { kind: 'refused', why: reason, isTaken };
  }
  server.on('error', () => undefined); // A connection that could not be accepted is repeated by its client.
  return undefined;
}

/** Answers may end in this time, and WebSockets say goodbye. */
const farewellMs = 500;

/** Closes a server, and calls `cut` for connections that stay open. */
export async function closeServer(server: NetServer, cut: () => void): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const forget = realClock.later(farewellMs, cut);
  await closed;
  forget();
}

// During an update the former process still holds the port for some seconds.
const retryIntervalMs = 5_000;

/**
 * Opens a server as soon as its port is free. Resolves after the first attempt.
 * Disposing ends retries and server. `open` must not throw.
 */
export async function keepServer<Server extends AsyncDisposable>(
  open: () => Promise<ServerOutcome<Server>>,
  clock: Clock,
  report: (news: ServerOutcome<Server>) => void,
): Promise<AsyncDisposable> {
  const closing = new AbortController();
  const firstOutcome = await open();
  report(firstOutcome);
  const last = retryUntilOpen(firstOutcome, open, clock, closing.signal).then(
    (outcome) => {
      if (outcome !== firstOutcome && outcome.kind === 'open') report(outcome);
      return outcome;
    },
  );
  return {
    async [Symbol.asyncDispose]() {
      closing.abort(new Error('the server is closed'));
      const outcome = await last;
      if (outcome.kind === 'open') await outcome.server[Symbol.asyncDispose]();
    },
  };
}

async function retryUntilOpen<Server extends AsyncDisposable>(
  firstOutcome: ServerOutcome<Server>,
  open: () => Promise<ServerOutcome<Server>>,
  clock: Clock,
  signal: AbortSignal,
) {
  let outcome = firstOutcome;
  while (outcome.kind === 'refused' && outcome.isTaken) {
    await clock.sleep(retryIntervalMs, signal).catch(() => undefined);
    if (signal.aborted) break;
    outcome = await open();
  }
  return outcome;
}
