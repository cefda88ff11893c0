import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { waitUnlessAborted, withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { isRecord, parseForeignJson, tryParseForeignJson } from '#src/base/json.ts';
import { admitCode } from '#src/base/logged-text.ts';
import type { Secret } from '#src/base/secret.ts';
import { listKeyHeaders } from '#src/provider/access/server-access.ts';
import { readServerAddress, removeLogin } from '#src/provider/access/server-address.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
import {
  answerLimits,
  eventLimits,
  formatServerName,
  toErrorCode,
  toPlainLine,
} from './models/error-text.ts';
import { createAnswerError } from './models/refusal.ts';

export type SocketOptions = {
  /** `http` means `ws`. The key goes to no other host. */
  readonly baseUrl: string;
  readonly apiKey?: Secret;
  readonly clock: Clock;
  readonly openSocket?: OpenSocket;
  /** Header of the key: `Authorization` or `api-key`. Default: `Authorization`. */
  readonly keyHeader?: string;
  /** The key stands in the query as `key`, and in no header: https://ai.google.dev/gemini-api/docs/live-api/get-started-websocket */
  readonly isKeyInUrl?: boolean;
};

/** Opens a WebSocket. Tests replace the network by it. */
export type OpenSocket = (url: URL, options: WebSocket.ClientOptions) => WebSocket;

export type JsonEvent = Readonly<Record<string, unknown>>;

export type SocketListener = {
  /** Takes each object that the server sends. Must not throw. */
  onEvent(event: JsonEvent): void;
  /** Called once when the connection is lost. No event follows. */
  onLost(error: BotError): void;
};

const connectTimeoutMs = 10_000;
/** Half way the server gets a ping. */
const maxSilenceMs = 20_000;
/** About four minutes of sound. */
const maxUnsentBytes = 16 * 1024 * 1024;
const maxRejectionBytes = 4096;
/** A second at 24 kHz. A server takes up to 15 MiB: https://developers.openai.com/api/docs/guides/realtime */
const maxAppendSamples = 24_000;
const idleListener: SocketListener = {
  onEvent: () => undefined,
  onLost: () => undefined,
};

/** Returns the address of `path` below a base URL, with the query of the base URL and without user and password. */
export function toSocketUrl(
  baseUrl: string,
  path: string,
  query: Readonly<Record<string, string>>,
): URL {
  const url = new URL(removeLogin(baseUrl));
  url.protocol = url.protocol.replace('http', 'ws');
  const folder = url.pathname.replace(/(?<!\/)\/+$/, '');
  // The whole endpoint was pasted.
  url.pathname = folder.endsWith(path) ? folder : `${folder}${path}`;
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

/** A WebSocket that carries JSON objects both ways. Anything else is ignored. */
export class JsonSocket {
  readonly #socket: WebSocket;
  readonly #options: SocketOptions;
  readonly #over = new AbortController();
  /** The address of the connection, without the key. */
  readonly url: URL;
  /** By `nowMs` of the clock. */
  readonly openedAtMs: number;
  #listener: SocketListener;
  #loss: BotError | undefined;
  #hasHeard = true;
  #isPaused = false;

  private constructor(
    url: URL,
    socket: WebSocket,
    options: SocketOptions,
    listener: SocketListener,
  ) {
    this.url = url;
    this.openedAtMs = options.clock.nowMs();
    this.#socket = socket;
    this.#options = options;
    this.#listener = listener;
  }

  /** Opens `url` below `baseUrl`. Throws BotError `provider.*`. */
  static async open(
    url: URL,
    options: SocketOptions,
    listener: SocketListener,
    signal: AbortSignal,
  ): Promise<JsonSocket> {
    signal.throwIfAborted();
    const webSocket = createWebSocket(url, options);
    const socket = new JsonSocket(url, webSocket, options, listener);
    const opening = waitUntilOpen(webSocket);
    socket.#listenToSocket();
    try {
      await withTimeout(
        waitUnlessAborted(opening, signal),
        connectTimeoutMs,
        options.clock,
        () => socket.#createLateError('did not connect'),
      );
      void socket.#watchServer();
      return socket;
    } catch (cause) {
      socket.close();
      signal.throwIfAborted();
      throw socket.#describeFailure(cause);
    }
  }

  /** Whether the connection is neither closed nor lost. */
  get isAlive(): boolean {
    return !this.#over.signal.aborted;
  }

  /** Sets the only listener, which must not throw. A loss that happened before is reported at once. */
  attach(listener: SocketListener): void {
    this.#listener = listener;
    if (this.#loss) listener.onLost(this.#loss);
  }

  /** Removes the listener. Events until the next `attach` are dropped. */
  detach(): void {
    this.#listener = idleListener;
  }

  /** Sends an object without waiting. Returns false if it cannot leave. A connection with 16 MiB unsent is lost. */
  send(event: JsonEvent): boolean {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    if (this.#socket.bufferedAmount > maxUnsentBytes) {
      this.#reportLoss(this.#createLateError('accepted no data'));
      return false;
    }
    this.#socket.send(JSON.stringify(event), () => {}); // A 'close' event reports an event that does not leave.
    return true;
  }

  /** Adds mono samples, at the rate of the session, to the input buffer of a Realtime server. */
  appendRealtimeSound(samples: Int16Array): void {
    for (let at = 0; at < samples.length; at += maxAppendSamples) {
      const { buffer, byteOffset, byteLength } = samples.subarray(
        at,
        at + maxAppendSamples,
      );
      const audio = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
      this.send({ type: 'input_audio_buffer.append', audio });
    }
  }

  /** Stops reading, or goes on. One more event may arrive, as a pause only keeps the server from sending. */
  setPaused(isPaused: boolean): void {
    if (!this.isAlive) return;
    this.#isPaused = isPaused;
    this.#hasHeard = true;
    if (isPaused) this.#socket.pause();
    else this.#socket.resume();
  }

  /** Closes the connection at once. The listener is not told. */
  close(): void {
    this.#over.abort();
    this.#socket.terminate();
  }

  #listenToSocket() {
    this.#socket.on('message', (data, isBinary) =>
      this.#readEvent(isBinary ? '' : String(data)),
    );
    this.#socket.on('pong', () => {
      this.#hasHeard = true;
    });
    this.#socket.on('close', (code, reason) => this.#onClosed(code, reason.toString()));
  }

  #readEvent(text: string) {
    this.#hasHeard = true;
    if (!this.isAlive) return;
    const read = parseForeignJson(text, eventLimits);
    if (read.kind === 'ok' && isRecord(read.value)) this.#listener.onEvent(read.value);
    if (read.kind === 'fault' && read.code === 'json.too_large')
      this.#reportLoss(
        new BotError(
          'provider.refused',
          false,
          `${this.#server} sent ${read.description}.`,
        ),
      );
  }

  async #watchServer() {
    const { signal } = this.#over;
    const waitHalf = () =>
      this.#options.clock.sleep(maxSilenceMs / 2, signal).catch(() => {});
    for (await waitHalf(); !signal.aborted; await waitHalf()) {
      if (this.#isPaused) continue;
      // Without a ping a peer that vanished would be waited for.
      if (!this.#hasHeard)
        return this.#reportLoss(this.#createLateError('answered no ping'));
      this.#hasHeard = false;
      this.#socket.ping(() => {});
    }
  }

  #onClosed(code: number, reason: string) {
    const statedCode = admitCode(toErrorCode(reason) ?? '', undefined);
    const message = `${this.#server} closed the connection (${code}${statedCode ? `, ${statedCode}` : ''}).`;
    const serverMessage = toPlainLine(reason, this.#key, 120);
    this.#reportLoss(
      new BotError('provider.truncated', true, message, undefined, undefined, {
        serverMessage,
      }),
    );
  }

  #reportLoss(error: BotError) {
    if (!this.isAlive) return;
    this.close();
    this.#loss = error;
    this.#listener.onLost(error);
  }

  #createLateError(failure: string) {
    return new BotError('provider.late', true, `${this.#server} ${failure} in time.`);
  }

  #describeFailure(cause: unknown) {
    const client = { baseURL: this.#options.baseUrl, apiKey: this.#key ?? '' };
    // A connection is opened without a word of people.
    return describeError(cause, client, '');
  }

  get #server() {
    return formatServerName(this.#options.baseUrl);
  }

  get #key() {
    return this.#options.apiKey?.reveal();
  }
}

const openNetworkSocket: OpenSocket = (url, options) => new WebSocket(url, options);

function createWebSocket(url: URL, options: SocketOptions) {
  const { apiKey, baseUrl, isKeyInUrl = false, keyHeader } = options;
  const { openSocket = openNetworkSocket } = options;
  const { login } = readServerAddress(baseUrl);
  const key = apiKey?.reveal();
  const headers = listKeyHeaders(
    { key: isKeyInUrl ? undefined : key, login },
    keyHeader === 'api-key' ? keyHeader : 'authorization',
  );
  const keyedUrl = new URL(url);
  if (isKeyInUrl && key !== undefined) keyedUrl.searchParams.set('key', key);
  return openSocket(keyedUrl, {
    headers: Object.fromEntries(headers),
    maxPayload: eventLimits.bytes,
    followRedirects: false,
    perMessageDeflate: false,
  });
}

function waitUntilOpen(socket: WebSocket) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.on('error', reject); // The listener also keeps later errors from ending the process. A 'close' event follows them.
  socket.on('unexpected-response', (_, response) =>
    readRejection(response).then(reject),
  );
  socket.on('open', resolve);
  return promise;
}

async function readRejection(response: IncomingMessage): Promise<Error> {
  const { statusCode, headers } = response;
  const pieces: Buffer[] = [];
  try {
    for await (const piece of response) {
      pieces.push(piece);
      if (Buffer.concat(pieces).length > maxRejectionBytes) break;
    }
  } catch {
    // The status says enough.
  }
  const text = Buffer.concat(pieces).toString();
  // uvicorn answers like this at a path without WebSocket.
  if (statusCode === 403 && text === '') return createNoRealtimeError();
  const textHeaders = Object.entries(headers).filter(
    ([, value]) => typeof value === 'string',
  );
  return createAnswerError(
    statusCode,
    tryParseForeignJson(text, answerLimits),
    text,
    new Headers(textHeaders as [string, string][]),
  );
}

function createNoRealtimeError() {
  const message =
    'The server has no Realtime API at this address (403 without a word).';
  const remedy = 'use a server with a Realtime API, or another pipeline';
  return new BotError('provider.refused', false, message, undefined, undefined, {
    status: 404,
    remedy,
  });
}
