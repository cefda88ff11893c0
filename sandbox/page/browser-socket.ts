import type { WebSocketLike } from '@hono/node-server';
import type { WSContext, WSEvents } from 'hono/ws';
import type { WebSocket } from 'ws';
import type { Locale } from '#src/texts/texts.ts';

/** Reason why a WebSocket of the room ends: a code of RFC 6455, and one sentence. */
type BrowserClose = { readonly code: number; readonly reason: string };

/** Handlers of a WebSocket. */
export interface SocketHandlers {
  /** Takes a socket that a tab has opened. */
  onOpen(socket: BrowserSocket): void;
  /** Takes one message, text or bytes. Not called after a close from this side. */
  onMessage(socket: BrowserSocket, data: unknown): void;
  /** Takes leave of a socket, whichever side closed it. Called once. */
  onClosed(socket: BrowserSocket): void;
}

const maxUnreadBytes = 4 * 1024 * 1024;
const unreadClose = {
  code: 1013,
  reason: 'This page does not read what is sent to it.',
};
/** Time for a close handshake until the connection is cut. */
const closeTimeoutMs = 500;

/** A tab of a browser: its id, and the language of its page. */
export type BrowserTab = { readonly tab: string; readonly locale: Locale };

/** A WebSocket of a tab, as the room uses it. */
export class BrowserSocket {
  readonly tab: string;
  /** Language of the page, which its reader may change. */
  locale: Locale;
  readonly #raw: WebSocket | undefined;
  #isOver = false;

  constructor({ tab, locale }: BrowserTab, context: WSContext<WebSocketLike>) {
    this.tab = tab;
    this.locale = locale;
    this.#raw = context.raw as WebSocket | undefined; // src/web/http opens them by ws
  }

  /** True once this side has closed the socket. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Bytes sent and not read yet. */
  get unreadBytes(): number {
    return this.#raw?.bufferedAmount ?? 0;
  }

  /** Sends nothing once the socket is closed. A tab that does not read is closed, since its unread bytes would grow for ever. */
  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.#isOver || this.#raw?.readyState !== this.#raw?.OPEN) return;
    if (this.unreadBytes > maxUnreadBytes) this.close(unreadClose);
    else this.#raw?.send(data, () => undefined);
  }

  /** Closes the socket. Nothing of it is read from now on, however much it sends. */
  close({ code, reason }: BrowserClose): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#raw?.close(code, reason);
    this.#raw?.pause();
    setTimeout(() => this.#raw?.terminate(), closeTimeoutMs).unref();
  }
}

/** Passes the events of one WebSocket to its handlers. After a close from this side nothing more is passed on. */
export function plugSocket(
  tab: BrowserTab,
  handlers: SocketHandlers,
): WSEvents<WebSocketLike> {
  const plug = new SocketPlug(tab, handlers);
  return {
    onOpen: (_event, context) => plug.open(context),
    onMessage: ({ data }) => plug.pass(data),
    onClose: () => plug.close(),
  };
}

class SocketPlug {
  readonly #tab: BrowserTab;
  readonly #handlers: SocketHandlers;
  #socket: BrowserSocket | undefined;

  constructor(tab: BrowserTab, handlers: SocketHandlers) {
    this.#tab = tab;
    this.#handlers = handlers;
  }

  /** Makes the socket of the tab, once the connection is open. */
  open(context: WSContext<WebSocketLike>): void {
    this.#socket = new BrowserSocket(this.#tab, context);
    this.#handlers.onOpen(this.#socket);
  }

  /** Passes on a message, unless this side has closed the socket. */
  pass(data: unknown): void {
    const socket = this.#socket;
    if (socket && !socket.isOver) this.#handlers.onMessage(socket, data);
  }

  /** Tells the handlers once that the socket is gone. */
  close(): void {
    if (this.#socket) this.#handlers.onClosed(this.#socket);
    this.#socket = undefined;
  }
}
