import { connect } from 'node:net';

/** A program on this machine that takes connections where a kind of server usually listens. */
export type NearbyServer = {
  /** Name of the program that usually listens there; not verified. */
  readonly name: string;
  readonly port: number;
  readonly baseUrl: string;
  /** Settings it would serve, in words. */
  readonly settings: string;
};

/** Usual ports of local servers; proposed, never used unasked. */
const usual = [
  { port: 11434, name: 'Ollama', settings: 'CHAT_COMPLETION_BASE_URL' },
  { port: 8000, name: 'speaches', settings: 'TRANSCRIPTION_BASE_URL and SPEECH_BASE_URL' },
] as const;

const connectMs = 200;

/** Local servers that take a connection within 200 ms. Nothing is sent to them. */
export async function nearbyServers(): Promise<readonly NearbyServer[]> {
  const found = await Promise.all(
    usual.map(async (one) => ((await answers(one.port)) ? one : undefined)),
  );
  return found.flatMap((one) =>
    one ? [{ ...one, baseUrl: `http://127.0.0.1:${one.port}/v1` }] : [],
  );
}

/** One proposal for each of them, as a sentence. */
export async function proposals(): Promise<readonly string[]> {
  const found = await nearbyServers();
  return found.map(
    ({ port, name, settings, baseUrl }) =>
      `a server answers on port ${port}; if it is ${name}: ${settings}=${baseUrl}`,
  );
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
