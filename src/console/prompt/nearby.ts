import { connect } from 'node:net';

/** Where local servers usually listen; proposed at start, never used unasked. */
const usual = [
  { port: 11434, name: 'Ollama', setting: 'CHAT_COMPLETION_BASE_URL', path: '/v1' },
  {
    port: 8000,
    name: 'speaches',
    setting: 'TRANSCRIPTION_BASE_URL and SPEECH_BASE_URL',
    path: '/v1',
  },
] as const;

/** One proposal per local server that takes a connection within 200 ms. Nothing is sent to it. */
export async function proposals(): Promise<readonly string[]> {
  const found = await Promise.all(
    usual.map(async (one) => ((await answers(one.port)) ? one : undefined)),
  );
  return found.flatMap((one) =>
    one
      ? [
          `something answers on port ${one.port}; if it is ${one.name}: ${one.setting}=http://127.0.0.1:${one.port}${one.path}`,
        ]
      : [],
  );
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 200 });
    const settle = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}
