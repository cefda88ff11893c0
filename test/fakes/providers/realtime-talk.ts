import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Pcm } from '#src/audio/pcm.ts';
import type { MockReply } from './chat.ts';
import type { AloudCall, AloudSettings } from './realtime-aloud.ts';
import { TalkSession } from './realtime-session.ts';
import type { MockVoice } from './sound.ts';

/** What the model behind the server does with one request. */
export type TalkReply = Omit<MockReply, 'match'> & {
  /** After the text: an error, silence for ever, an end before its time, or the end of the connection. */
  readonly ends?: 'fail' | 'stall' | 'incomplete' | 'drop' | 'close';
  /** Beside what belongs there: unknown events, bad JSON, an event of 3 MB. */
  readonly noise?: boolean;
  /** Text instead of speech. */
  readonly isWritten?: boolean;
};

export type TalkSettings = AloudSettings & {
  readonly hears: (pcm: Pcm) => string;
  /** What is said to the newest words of the conversation; `request` counts from 0. */
  readonly answer: (newest: string, request: number) => TalkReply;
  /** What its answers sound like. Default: a hum. */
  readonly voice?: MockVoice;
  /** Every session update is refused. */
  readonly badModel?: boolean;
  /** Set: every connection must carry it. */
  readonly key?: string;
};

/** One thing in the memory of a server. */
export type TalkThing = {
  readonly id: string;
  readonly type: string;
  readonly role?: string;
  text: string;
  readonly callId?: string;
  /** 24 kHz mono. */
  readonly sound?: Int16Array;
  /** Of what it said itself. */
  soundMs: number;
};

export type TalkCommand = Readonly<Record<string, unknown>> & { readonly type: string };

/** One connection and what came over it. */
export type TalkCall = {
  readonly url: string;
  readonly authorization: string | undefined;
  /** All events but those that carry sound. */
  readonly commands: TalkCommand[];
  /** The conversation as the server has it now. */
  items: TalkThing[];
  /** Sound of the buffer, not committed yet. */
  bufferMs: number;
  /** All sound that ever came. */
  soundMs: number;
  readonly commits: Pcm[];
  /** What was read beside the conversation. */
  readonly aloud: AloudCall[];
  readonly errors: string[];
  /** Answers going on now. */
  active: number;
  isClosed: boolean;
  /** What was sent and nobody takes. */
  waitingBytes: () => number;
};

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
  let now: TalkSettings = { dialect: 'ga', soundSpeed: Number.POSITIVE_INFINITY, ...settings };
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
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    ...talk,
    get open() {
      return talk.open;
    },
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        talk.dropAll();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function callOf({ url = '', headers: { authorization } }: IncomingMessage): TalkCall {
  return {
    ...{ url, authorization, commands: [], items: [], commits: [], aloud: [], errors: [] },
    ...{ bufferMs: 0, soundMs: 0, active: 0, isClosed: false, waitingBytes: () => 0 },
  };
}
