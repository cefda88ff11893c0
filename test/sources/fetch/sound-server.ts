import { createServer, type RequestListener } from 'node:http';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';

/** A server of sounds on 127.0.0.1. */
export async function serveSounds(listener: RequestListener) {
  /** Paths that were asked for, with their headers. */
  const requests: { path: string; headers: Readonly<Record<string, unknown>> }[] = [];
  const noteRequest: RequestListener = (request, response) => {
    requests.push({ path: request.url ?? '', headers: request.headers });
    listener(request, response);
  };
  const server = createServer(noteRequest);
  let open = 0;
  server.on('connection', (socket) => {
    open++;
    socket.on('close', () => {
      open--;
    });
  });
  const served = await openListeningServer(server);
  /** `open`: connections open now. */
  return { ...served, asked: requests, countOpen: () => open };
}
