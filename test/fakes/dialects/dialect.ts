import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import type { Pcm } from '#src/audio/pcm.ts';
import type { MockReply } from '#test/fakes/providers/mock-chat.ts';
import { readUpload } from '#test/fakes/providers/read-upload.ts';
import { cutBytes } from '#test/fakes/providers/send-paced.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';

/** Engines behind a server of any dialect. */
export type ServersBehind = {
  readonly hears: (pcm: Pcm) => string;
  readonly replies: readonly MockReply[];
};

/** One request: JSON as it was, a form as its fields with the upload as `pcm`. */
export type DialectRequest = {
  readonly path: string;
  /** With its question mark, or empty. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
  readonly pcm?: Pcm;
};

/** An answer; each piece is a write of its own. */
export type DialectReply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly pieces: readonly (string | Uint8Array)[];
};
export type DialectRoute = (request: DialectRequest) => DialectReply;

export type Dialect = {
  /** By method and path, as in `POST /v1/models`. */
  readonly routes: Readonly<Record<string, DialectRoute>>;
  /** Answer in place of that of a route. */
  readonly refuses?: (request: DialectRequest) => DialectReply | undefined;
  /** Answer to everything else. */
  readonly answerOtherwise?: DialectRoute;
  /** Adds what is not HTTP and returns what ends it. */
  readonly attachSockets?: (server: Server) => () => void;
};

export type DialectServer = AsyncDisposable & {
  /** Without a path. */
  readonly origin: string;
};

export async function openDialect({
  routes,
  refuses = () => undefined,
  answerOtherwise = () => replyJson({ detail: 'Not Found' }, 404),
  attachSockets = () => () => undefined,
}: Dialect): Promise<DialectServer> {
  const server = createServer(async (request, response) => {
    const chunks = await Array.fromAsync<Buffer>(request).catch(() => undefined);
    if (!chunks) return; // The client went away in the middle of its request.
    const bytes = Buffer.concat(chunks);
    const [, path = '', query = ''] = /^([^?]*)(.*)$/.exec(request.url ?? '') ?? [];
    const question = {
      path,
      query,
      headers: request.headers,
      ...(await parseRequest(bytes, request.headers)),
    };
    const route = routes[`${request.method} ${path}`];
    const reply = route
      ? (refuses(question) ?? route(question))
      : answerOtherwise(question);
    response.writeHead(reply.status, reply.headers);
    for (const piece of reply.pieces) {
      response.write(piece);
      await turn();
    }
    response.end();
  });
  return await openListeningServer(server, attachSockets(server));
}

async function parseRequest(
  bytes: Buffer,
  { 'content-type': type = '' }: IncomingHttpHeaders,
) {
  if (/json/.test(type))
    return { body: JSON.parse(bytes.toString()) as DialectRequest['body'] };
  if (!/multipart/.test(type)) return { body: {} };
  const headers = { 'content-type': type };
  const form = await new Response(new Uint8Array(bytes), { headers }).formData();
  const { file, ...body } = Object.fromEntries(form);
  return file instanceof File
    ? { body, pcm: readUpload(await file.bytes()) }
    : { body };
}

export function makeReply(type: string, pieces: DialectReply['pieces']): DialectReply {
  return { status: 200, headers: { 'content-type': type }, pieces };
}

export function replyJson(body: unknown, status = 200, headers = {}): DialectReply {
  const type = { 'content-type': 'application/json' };
  return { status, headers: { ...type, ...headers }, pieces: [JSON.stringify(body)] };
}

const eventType = 'text/event-stream; charset=utf-8';

/** Events that are written already, as those of `makeChatEvents`. */
export const writeEvents = (events: readonly string[]) => makeReply(eventType, events);

export function replyEvents(...list: readonly object[]): DialectReply {
  return writeEvents(
    [...list.map((entry) => JSON.stringify(entry)), '[DONE]'].map(
      (text) => `data: ${text}\n\n`,
    ),
  );
}

/** In pieces that are odd in size where one is large. */
export function replySound(
  type: string,
  ...pieces: readonly Uint8Array[]
): DialectReply {
  return makeReply(
    type,
    pieces.flatMap((piece) => [...cutBytes(piece, 4801)]),
  );
}
