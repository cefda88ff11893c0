import { createServer, type IncomingMessage, type Server } from 'node:http';
import { realClock } from '#src/base/clock.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { attachSockets } from '#test/fakes/servers/web-sockets.ts';
import type { TalkCall, TalkSettings } from './realtime-call.ts';
import { TalkSession } from './realtime-session.ts';

/** Whether somebody wants a conversation rather than a transcription. */
export function isTalkRequest({ url = '' }: IncomingMessage) {
  const { pathname, searchParams } = new URL(url, 'http://mock');
  return (
    pathname === '/v1/realtime' &&
    searchParams.has('model') &&
    !searchParams.has('intent')
  );
}

/** Realtime conversations at `/v1/realtime?model=...`; where they are `alone`, nothing answers at other addresses. */
export function attachTalk(
  server: Server,
  settings: Pick<TalkSettings, 'answer'> & Partial<TalkSettings>,
  alone = false,
) {
  const ask = { count: 0 };
  server.on('upgrade', (request, socket) => {
    if (alone && !isTalkRequest(request))
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
  });
  const usual = { clock: realClock, soundSpeed: Infinity, hears: () => 'hello' };
  return attachSockets<TalkCall, TalkSettings>(
    server,
    { ...usual, ...settings },
    {
      fitsUpgrade: isTalkRequest,
      callOf: makeCall,
      refuseUpgrade: ({ headers: { authorization } }, { key }) =>
        key === undefined || authorization === `Bearer ${key}`
          ? undefined
          : '401 Unauthorized',
      serveSocket(open, call, settings) {
        call.waitingBytes = () => open.bufferedAmount;
        new TalkSession(open, call, settings, ask);
      },
      refuseClosed: (call) => void Object.assign(call, { isClosed: true, active: 0 }),
    },
  );
}

/** A server of its own that does nothing else. */
export async function openMockTalk(settings: Parameters<typeof attachTalk>[1]) {
  const server = createServer((_, response) => response.writeHead(404).end());
  const talk = attachTalk(server, settings, true);
  const served = await openListeningServer(server, () => talk.dropAll());
  return Object.assign(talk, {
    baseUrl: `${served.origin}/v1`,
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  });
}

function makeCall({ url = '', headers: { authorization } }: IncomingMessage) {
  return {
    url,
    authorization,
    commands: [],
    items: [],
    commits: [],
    responses: [],
    aloud: [],
    errors: [],
    bufferMs: 0,
    soundMs: 0,
    active: 0,
    isClosed: false,
    waitingBytes: () => 0,
  };
}
