import { connect } from 'node:net';

/** A program on this machine that takes connections where a kind of server usually listens. */
export type NearbyServer = {
  /** Name of the program that usually listens there; not verified. */
  readonly name: string;
  readonly baseUrl: string;
};

/** Usual ports of local servers; proposed, never used unasked. */
const usual = [
  ['Ollama', 11434],
  ['speaches', 8000],
] as const;

const connectMs = 200;

/** Local servers that take a connection within 200 ms. Nothing is sent to them. */
export async function nearbyServers(): Promise<readonly NearbyServer[]> {
  const found = await Promise.all(
    usual.map(async ([name, port]) => {
      const baseUrl = `http://127.0.0.1:${port}/v1`;
      return (await answers(port)) ? [{ name, baseUrl }] : [];
    }),
  );
  return found.flat();
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: connectMs });
    const settle = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}
