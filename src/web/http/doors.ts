import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { createMiddleware } from 'hono/factory';
import { requestId } from 'hono/request-id';
import { getPath } from 'hono/utils/url';
import type { ServerOutcome } from '#src/base/loops/keep-server.ts';
import { findRequestHost } from '#src/base/request-host.ts';
import { type HttpRefusal, respondWithRefusal } from './http-refusal.ts';
import { type HttpListener, type ListenerOptions, openListener } from './listener.ts';
import type { PageApp, PageEnv } from './viewer.ts';

const maxBodyBytes = 64 * 1_024;
const maxBodyMs = 30_000;

/** Programs bring a token. */
const programPath = '/v1/';
/** First parts of paths below `/v1/`, which a base URL without it leaves out. */
const programParts = /^\/(?:audio|chat|models|responses|servers)(?:\/|$)/;

/** Reads a path of programs alike with and without `/v1`. */
function getWholePath(request: Request) {
  const path = getPath(request);
  return programParts.test(path) ? `/v1${path}` : path;
}

export type DoorOptions = {
  /** https address of a proxy. */
  readonly publicUrl?: URL;
  /** Origins of other pages whose scripts may ask below `/v1/`, where they bring a token and no cookie. */
  readonly programOrigins?: readonly string[];
  /** Returns the limit of a body for a path. Default: 64 KiB. A body without a limit may take any time, others 30 s. */
  maxBodyBytes?(path: string): number | undefined;
  /** Reports an error of ours in a handler, which the client reads as status 500. */
  onBug(error: unknown): void;
};

/** Nothing inline, nothing from another host, in no frame. */
const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "media-src 'self' blob:",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const securityHeaders = {
  'content-security-policy': contentPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};

/** Creates the app, which checks every request and WebSocket before any handler. */
function createApp(options: DoorOptions) {
  const app = new Hono<PageEnv>({ getPath: getWholePath });
  // OpenAI's clients print it with each error, also with those of the check.
  app.use(`${programPath}*`, requestId());
  app.use(sendHeaders, createRequestCheck(options));
  // Hono answers what browsers ask before a request of another origin.
  if (options.programOrigins?.length) app.use(`${programPath}*`, openToPages(options));
  app.notFound((context) =>
    respondWithRefusal(context, {
      status: 404,
      code: 'not_found',
      message: `There is nothing at this address. ${programsBelow}`,
    }),
  );
  app.onError((error, context) => {
    const { incoming } = context.env;
    const isCutOff = incoming.destroyed && !incoming.complete; // there is no reader of an answer
    if (!isCutOff) options.onBug(error);
    return respondWithRefusal(context, {
      status: 500,
      code: 'failed',
      message: 'That did not work; the log has more.',
    });
  });
  return app;
}

function openToPages({ programOrigins = [] }: DoorOptions) {
  return cors({
    origin: [...programOrigins],
    allowMethods: ['GET', 'POST'],
    exposeHeaders: [
      'x-request-id',
      'x-speech-model',
      'x-transcription-model',
      'retry-after',
    ],
    maxAge: 600,
  });
}

const sendHeaders = createMiddleware<PageEnv>(async (context, next) => {
  await next();
  for (const [name, value] of Object.entries(securityHeaders))
    context.header(name, value);
  if (!context.res.headers.has('cache-control'))
    context.header('cache-control', 'no-store');
});

function createRequestCheck(options: DoorOptions) {
  return createMiddleware<PageEnv>(async (context, next) => {
    const { env, req } = context;
    const isForPrograms = req.path.startsWith(programPath);
    const verdict = checkOrigin(env.incoming, isForPrograms, options);
    if ('refusal' in verdict) return respondWithRefusal(context, verdict.refusal);
    const maxBytes = options.maxBodyBytes?.(req.path) ?? maxBodyBytes;
    const refusal = findBodyRefusal(env.incoming.headers, maxBytes, isForPrograms);
    if (refusal) return respondWithRefusal(context, refusal);
    if (maxBytes !== Number.POSITIVE_INFINITY) limitBodyTime(env);
    context.set('isPublic', verdict.isPublic);
    return await next();
  });
}

/** Ends the connection of a body that does not come. */
function limitBodyTime({ incoming, outgoing }: PageEnv['Bindings']) {
  const { headers, socket } = incoming;
  const length = headers['content-length'] ?? '0';
  if (headers['transfer-encoding'] === undefined && length === '0') return;
  const timer = setTimeout(() => {
    if (incoming.complete) return;
    if (outgoing.headersSent) socket.destroy();
    else socket.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
    incoming.destroy();
  }, maxBodyMs);
  incoming.once('close', () => clearTimeout(timer));
}

function findBodyRefusal(
  sent: PageEnv['Bindings']['incoming']['headers'],
  maxBytes: number,
  isForPrograms: boolean,
) {
  // Bodies of programs are counted as they come.
  if (sent['transfer-encoding'] !== undefined && !isForPrograms) {
    return {
      status: 411,
      code: 'door.body_length',
      message: 'Send the body in one piece, with a Content-Length.',
    } as const;
  }
  if (Number(sent['content-length'] ?? 0) <= maxBytes) return undefined;
  const message = `The body is too long: at most ${Math.floor(maxBytes / 1_024)} KiB.`;
  return { status: 413, code: 'door.body_size', message } as const;
}

export type OpenDoorsOptions = DoorOptions &
  Pick<ListenerOptions, 'host' | 'port' | 'webSocket'> & {
    /** Adds routes behind the checks of each request. */
    routes(app: PageApp): void;
  };

export async function openDoors(
  options: OpenDoorsOptions,
): Promise<ServerOutcome<HttpListener>> {
  const app = createApp(options);
  options.routes(app);
  return await openListener({ ...options, app });
}

export type OriginVerdict =
  /** A request of our own page. `isPublic` means that it came by the name of `PAGE_URL`. */
  { readonly isPublic: boolean } | { readonly refusal: HttpRefusal };

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/** Accepts requests by our own names, from our own page, its reader, or a page of the operator that brings a token. */
function checkOrigin(
  request: IncomingMessage,
  isForPrograms: boolean,
  { programOrigins = [], publicUrl }: DoorOptions,
): OriginVerdict {
  // `Host` guards against DNS rebinding, `Origin` and `Sec-Fetch-Site` against other
  // pages, which carry our cookie on this machine. Programs bring a token and no
  // cookie, so they need no browser.
  const { headers, method = '', socket } = request;
  const hostName = findRequestHost(request);
  if (hostName === undefined)
    return createRefusedVerdict(400, 'door.host', severalHosts);
  const isPublic = hostName === publicUrl?.host;
  const isLoopback = loopbackNames.some(
    (name) => hostName === `${name}:${socket.localPort}`,
  );
  if (!isPublic && !isLoopback)
    return createRefusedVerdict(421, 'door.host', wrongHost);
  if (isForPrograms && programOrigins.includes(headers.origin ?? ''))
    return { isPublic };
  const isPlainRead = /^(GET|HEAD)$/.test(method) && headers.upgrade === undefined;
  const ownOrigin = isPublic ? publicUrl.origin : `http://${hostName}`;
  const refusal = findPageRefusal(headers, ownOrigin, isForPrograms, isPlainRead);
  return refusal ?? { isPublic };
}

function findPageRefusal(
  headers: IncomingHttpHeaders,
  ownOrigin: string,
  isForPrograms: boolean,
  isPlainRead: boolean,
) {
  const { origin } = headers;
  // Browsers name the origin of all but plain reads. A program may leave it out.
  const isNamed = origin !== undefined || !(isForPrograms || isPlainRead);
  if (isNamed && origin !== ownOrigin)
    // A request without an origin comes from no page.
    return origin === undefined
      ? createRefusedVerdict(404, 'door.path', programsBelow)
      : createRefusedVerdict(403, 'door.origin', wrongOrigin);
  return isOurSite(headers, isPlainRead)
    ? undefined
    : createRefusedVerdict(403, 'door.site', wrongOrigin);
}

/** Tests whether a request is of our site, or a link followed into its own window. */
function isOurSite(headers: IncomingHttpHeaders, isPlainRead: boolean) {
  const site = headers['sec-fetch-site'] ?? 'same-origin';
  const isFollowed =
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document';
  return site === 'same-origin' || (isPlainRead && (site === 'none' || isFollowed));
}

const wrongHost =
  'This address is not served here: open http://127.0.0.1 with the port, or the address in PAGE_URL.';
const severalHosts =
  'A request names one host: send one Host header, and the path alone.';
const wrongOrigin =
  'Another page sent this request; only its own page may, and below /v1 pages that API_ORIGINS names.';

const programsBelow = 'Operations for programs begin with /v1: add it to the base URL.';

function createRefusedVerdict(
  status: 400 | 403 | 404 | 421,
  code: string,
  message: string,
) {
  return { refusal: { status, code, message } };
}
