import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import {
  type Finding,
  toDifferingFinding,
  toMissingFinding,
  toOkFinding,
} from '#src/probes/probe.ts';

/** A port that the settings name. */
export type WantedPort = {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** The next free one is taken in its place. Else it is tried again until it is free. */
  readonly movesOn: boolean;
};

const loopbackHost = '127.0.0.1';

/**
 * Tests whether programs of this machine reach each other, by a connection to a port of this process. The system's own deadline
 * ends it: a timer would end it while this process still loads its modules.
 */
export async function checkLoopback(): Promise<Finding> {
  const server = createServer((socket) => socket.destroy());
  try {
    server.listen(0, loopbackHost);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo; // it listens on a port
    const socket = connect(port, loopbackHost);
    try {
      await once(socket, 'connect');
    } finally {
      socket.destroy();
    }
    return toOkFinding('loopback', `this machine reaches itself at ${loopbackHost}`);
  } catch (error) {
    return toMissingFinding(
      'loopback',
      `this machine does not reach itself at ${loopbackHost} (${getCode(error)}): its loopback is down`,
      'run ip link set lo up, or give the container a network',
    );
  } finally {
    server.close();
  }
}

/** Tests whether a port is free. `isRunning`: a bot over the same data may have it. */
export async function checkPort(
  { host, movesOn, name, port }: WantedPort,
  isRunning: boolean,
): Promise<Finding> {
  const server = createServer();
  const place = `${host}:${port}`;
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return toOkFinding('port', `${place} is free for ${name}`);
  } catch (error) {
    const code = getCode(error);
    const isTaken = code === 'EADDRINUSE';
    if (isTaken && isRunning)
      return toOkFinding('port', `${place} is in use, while a bot runs here`);
    const fault = isTaken ? 'is in use' : `cannot be opened (${code})`;
    const effect = movesOn && isTaken ? ', so the page takes the next free one' : '';
    return toDifferingFinding(
      'port',
      `${place} ${fault}${effect}`,
      `end the program that has it, or set ${name}, 0 for none`,
    );
  } finally {
    server.close();
  }
}

function getCode(error: unknown) {
  return error instanceof Error && 'code' in error ? `${error.code}` : `${error}`;
}
