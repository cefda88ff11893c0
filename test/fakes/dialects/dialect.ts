import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import type { Pcm } from '#src/audio/pcm.ts';
import { readWav } from '#src/audio/wav.ts';
import type { MockReply } from '#test/fakes/providers/chat.ts';
import { cut } from '#test/fakes/providers/paced.ts';
import { listening } from '#test/fakes/servers/listening.ts';

/** Engines behind a server of any dialect. */
export type Behind = {
  readonly hears: (pcm: Pcm) => string;
  readonly replies: readonly MockReply[];
};

export type RequestFields = Readonly<Record<string, unknown>>;

/** One request: JSON as it was, a form as its fields with the upload as `pcm`. */
export type DialectRequest = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: RequestFields;
  readonly pcm?: Pcm;
};

export type DialectRoute = (
  asked: DialectRequest,
  response: ServerResponse,
) => void | Promise<void>;

export interface DialectServer extends AsyncDisposable {
  /** Without a path. */
  readonly origin: string;
  readonly asked: readonly DialectRequest[];
  /** Requests to one path. */
  to(path: string): readonly DialectRequest[];
}

/**
 * A server with these routes, say `POST /v1/models`; `otherwise` answers everything else. `attach` adds what is not
 * HTTP and gives what ends it.
 */
export async function openDialect(
  routes: Readonly<Record<string, DialectRoute>>,
  otherwise: DialectRoute,
  attach: (server: Server) => () => void = () => () => undefined,
): Promise<DialectServer> {
  const asked: DialectRequest[] = [];
  const server = createServer(async (request, response) => {
    const bytes = Buffer.concat(await Array.fromAsync<Buffer>(request));
    const path = (request.url ?? '').replace(/\?.*/, '');
    const one = { path, headers: request.headers, ...(await read(bytes, request.headers)) };
    if (request.method !== 'OPTIONS') asked.push(one);
    await (routes[`${request.method} ${path}`] ?? otherwise)(one, response);
  });
  const served = await listening(server, attach(server));
  return {
    origin: served.origin,
    asked,
    to: (path) => asked.filter((one) => one.path === path),
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

async function read(bytes: Buffer, { 'content-type': type = '' }: IncomingHttpHeaders) {
  if (/json/.test(type)) return { body: JSON.parse(bytes.toString()) as RequestFields };
  if (!/multipart/.test(type)) return { body: {} };
  const headers = { 'content-type': type };
  const form = await new Response(new Uint8Array(bytes), { headers }).formData();
  const { file, ...body } = Object.fromEntries(form);
  return file instanceof File ? { body, pcm: readWav(await file.bytes()) } : { body };
}

export function json(response: ServerResponse, body: unknown, status = 200, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** Each event in a write of its own; `[DONE]` is one like any other. */
export async function events(
  response: ServerResponse,
  list: readonly (object | '[DONE]')[],
  type = 'text/event-stream; charset=utf-8',
): Promise<void> {
  response.writeHead(200, { 'content-type': type });
  for (const event of list) {
    response.write(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`);
    await turn();
  }
  response.end();
}

/** Pieces in writes of their own, odd in size where one is large. */
export async function sound(
  response: ServerResponse,
  pieces: readonly Uint8Array[],
  type: string,
): Promise<void> {
  response.writeHead(200, { 'content-type': type });
  for (const bytes of pieces.flatMap((piece) => [...cut(piece, 4801)])) {
    response.write(bytes);
    await turn();
  }
  response.end();
}

/** The fields of a request that are not among these. */
export function strangers(body: RequestFields, known: readonly string[]): string[] {
  return Object.keys(body).filter((name) => !known.includes(name));
}
