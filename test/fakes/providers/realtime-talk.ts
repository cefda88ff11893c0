import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { realClock } from '#src/base/clock.ts';
import { listening } from '#test/fakes/servers/listening.ts';
import type { TalkCall, TalkSettings } from './realtime-call.ts';
import { TalkSession } from './realtime-session.ts';

export interface MockTalk {
  readonly calls: readonly TalkCall[];
  readonly open: number;
  set(settings: Partial<TalkSettings>): void;
  /** The server goes away from everybody: without a word, or with a code and a reason. */
  dropAll(code?: number, reason?: string): void;
}

/** Whether somebody wants a conversation rather than a transcription. */
export function wantsTalk({ url = '' }: IncomingMessage): boolean {
  const { pathname, searchParams } = new URL(url, 'http://mock');
  return pathname === '/v1/realtime' && searchParams.has('model') && !searchParams.has('intent');
}

/** Realtime conversations at `/v1/realtime?model=...`. */
export function attachTalk(
  server: Server,
  settings: Pick<TalkSettings, 'hears' | 'answer'> & Partial<TalkSettings>,
): MockTalk {
  const calls: TalkCall[] = [];
  let now: TalkSettings = {
    clock: realClock,
    soundSpeed: Number.POSITIVE_INFINITY,
    ...settings,
  };
  const sockets = new WebSocketServer({ noServer: true });
  const ask = { count: 0 };
  server.on('upgrade', (request, socket, head) => {
    if (!wantsTalk(request)) return;
    socket.on('error', () => {});
    const call = callOf(request);
    calls.push(call);
    if (now.key !== undefined && call.authorization !== `Bearer ${now.key}`) {
      const body = JSON.stringify({ error: { message: 'Incorrect API key provided.' } });
      const fields = `content-type: application/json\r\ncontent-length: ${body.length}`;
      socket.end(`HTTP/1.1 401 Unauthorized\r\n${fields}\r\nconnection: close\r\n\r\n${body}`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (open: WebSocket) => {
      call.waitingBytes = () => open.bufferedAmount;
      open.on('close', () => {
        call.isClosed = true;
        call.active = 0;
      });
      new TalkSession(open, call, () => now, ask);
    });
  });
  return {
    calls,
    get open() {
      return sockets.clients.size;
    },
    set: (more) => {
      now = { ...now, ...more };
    },
    dropAll: (code, reason) => {
      for (const client of sockets.clients) {
        if (code === undefined) client.terminate();
        else client.close(code, reason);
      }
    },
  };
}

/** A server of its own that does nothing else. */
export async function openMockTalk(
  settings: Pick<TalkSettings, 'answer'> & Partial<TalkSettings>,
): Promise<MockTalk & AsyncDisposable & { readonly baseUrl: string }> {
  const server = createServer((_, response) => response.writeHead(404).end());
  server.on('upgrade', (request, socket) => {
    if (!wantsTalk(request)) socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
  });
  const talk = attachTalk(server, { hears: () => 'hello', ...settings });
  const served = await listening(server, () => talk.dropAll());
  return {
    ...talk,
    get open() {
      return talk.open;
    },
    baseUrl: `${served.origin}/v1`,
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

function callOf({ url = '', headers: { authorization } }: IncomingMessage): TalkCall {
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
