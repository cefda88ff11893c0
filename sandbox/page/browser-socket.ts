import type { WebSocketLike } from '@hono/node-server';
import type { WSContext, WSEvents } from 'hono/ws';
import type { WebSocket } from 'ws';

/** Why a WebSocket of the room ends: a code of RFC 6455, and one sentence. */
type BrowserClose = { readonly code: number; readonly reason: string };

/** A WebSocket of a tab, as the room uses it. */
export type BrowserSocket = {
  readonly tab: string;
  /** Bytes sent and not read yet. */
  readonly unreadBytes: number;
  /** Sends nothing once the socket is closed. A tab that does not read is closed, since its unread bytes would grow for ever. */
  send(data: string | Uint8Array<ArrayBuffer>): void;
  /** Closes the socket. Nothing of it is read from now on, however much it sends. */
  close(close: BrowserClose): void;
};

/** Handlers of a WebSocket. */
interface SocketHandler {
  onOpen(socket: BrowserSocket): void;
  onMessage(socket: BrowserSocket, data: unknown): void;
  onClosed(socket: BrowserSocket): void;
}

const maxUnreadBytes = 4 * 1024 * 1024;
const unreadClose = {
  code: 1013,
  reason: 'This page does not read what is sent to it.',
};
/** Time for a close handshake until the connection is cut. */
const closeTimeoutMs = 500;

/** Passes the events of one WebSocket to a handler. After a close from this side nothing more is passed on. */
export function plugSocket(tab: string, use: SocketHandler): WSEvents<WebSocketLike> {
  let socket: (BrowserSocket & { readonly isOver: boolean }) | undefined;
  return {
    onOpen(_event, context) {
      socket = openBrowserSocket(tab, context);
      use.onOpen(socket);
    },
    onMessage(event) {
      if (socket && !socket.isOver) use.onMessage(socket, event.data);
    },
    onClose() {
      if (socket) use.onClosed(socket);
      socket = undefined;
    },
  };
}

function openBrowserSocket(
  tab: string,
  context: WSContext<WebSocketLike>,
): BrowserSocket & { readonly isOver: boolean } {
  let isOver = false;
  const raw = context.raw as WebSocket | undefined; // src/web/http opens them by ws
  const close = ({ code, reason }: BrowserClose) => {
    if (isOver) return;
    isOver = true;
    raw?.close(code, reason);
    raw?.pause();
    setTimeout(() => raw?.terminate(), closeTimeoutMs).unref();
  };
  return {
    tab,
    close,
    get isOver() {
      return isOver;
    },
    get unreadBytes() {
      return raw?.bufferedAmount ?? 0;
    },
    send(data) {
      if (isOver || raw?.readyState !== raw?.OPEN) return;
      if ((raw?.bufferedAmount ?? 0) > maxUnreadBytes) close(unreadClose);
      else raw?.send(data, () => undefined);
    },
  };
}
