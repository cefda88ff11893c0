import { once } from 'node:events';
import type { Server as NetServer } from 'node:net';
import type { Clock } from './clock.ts';

export type ServerOutcome<Server extends AsyncDisposable> =
  | { readonly kind: 'open'; readonly server: Server }
  /** The address cannot be had; `why` is one sentence for the operator. `isTaken`: another program has it now. */
  | { readonly kind: 'refused'; readonly why: string; readonly isTaken: boolean };

/** Events of an address that is tried again: told at the first refusal, and when it is had. */
export type ServerNews<Server extends AsyncDisposable> =
  | { readonly kind: 'open'; readonly server: Server }
  | { readonly kind: 'refused'; readonly why: string };

/** Why an address cannot be had: `why` is a part of a sentence. `isTaken`: another program has it now. */
type AddressRefusal = { readonly why: string; readonly isTaken: boolean };

/** Listens at `host` and `port`. Never throws: an address that cannot be had is an outcome, undefined is success. */
export async function listenAt(
  server: NetServer,
  host: string,
  port: number,
): Promise<AddressRefusal | undefined> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    const isTaken = code === 'EADDRINUSE';
    return { why: isTaken ? 'the port is in use' : `it cannot be opened (${code})`, isTaken };
  }
  server.on('error', () => undefined); // a connection that could not be taken is the asker's to repeat
  return undefined;
}

/** Interval in ms between attempts to open a port that another program has: after an update that overlaps it is free. */
const retryMs = 5_000;

/**
 * Opens a server once its port is free: resolves after the first try, and retries until closed, which closes the server,
 * too. `open` must not throw.
 */
export async function keepServer<Server extends AsyncDisposable>(
  open: () => Promise<ServerOutcome<Server>>,
  clock: Clock,
  report: (news: ServerNews<Server>) => void,
): Promise<AsyncDisposable> {
  const closing = new AbortController();
  const tried = async (): Promise<ServerOutcome<Server>> => {
    const outcome = await open();
    if (outcome.kind === 'open') report(outcome);
    return outcome;
  };
  const first = await tried();
  if (first.kind === 'refused') report({ kind: 'refused', why: first.why });
  const last = untilOpen(first, tried, clock, closing.signal);
  return {
    async [Symbol.asyncDispose]() {
      closing.abort(new Error('the server is closed'));
      const outcome = await last;
      if (outcome.kind === 'open') await outcome.server[Symbol.asyncDispose]();
    },
  };
}

async function untilOpen<Server extends AsyncDisposable>(
  first: ServerOutcome<Server>,
  tried: () => Promise<ServerOutcome<Server>>,
  clock: Clock,
  signal: AbortSignal,
): Promise<ServerOutcome<Server>> {
  let outcome = first;
  while (outcome.kind === 'refused' && outcome.isTaken) {
    await clock.sleep(retryMs, signal).catch(() => undefined);
    if (signal.aborted) break;
    outcome = await tried();
  }
  return outcome;
}
