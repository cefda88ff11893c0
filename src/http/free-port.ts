import type { ServerOutcome } from '#src/base/keep-server.ts';

/** Ports after a taken one that are tried; then any that is free. */
const mostTries = 20;

/** Opens at the first free port from the wanted one on. `open` must not throw. */
export async function openAtFreePort<Server extends AsyncDisposable>(
  wanted: number,
  open: (port: number) => Promise<ServerOutcome<Server>>,
): Promise<ServerOutcome<Server>> {
  for (let port = wanted; port < wanted + mostTries && port < 65_536; port++) {
    const outcome = await open(port);
    if (outcome.kind === 'open' || !outcome.isTaken) return outcome;
  }
  return await open(0);
}
