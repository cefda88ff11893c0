import { type Context, Hono } from 'hono';
import { cors } from 'hono/cors';
import { createMiddleware } from 'hono/factory';
import type { ServerOutcome } from '#src/base/keep-server.ts';
import { type HttpListener, openListener } from './listener.ts';
import { checkOrigin } from './own-origin.ts';
import { addressOf, peerOf, RateLimits } from './rate-limits.ts';
import { refuse, refuseRate } from './refusal.ts';
import type { PageApp, PageEnv } from './viewer.ts';

/** Largest body of a request, in bytes, where nothing else is said. */
const mostBodyBytes = 64 * 1_024;

/** Time, in s, that a browser may keep the answer to its preflight request. */
const preflightS = 600;

/** Paths whose callers are programs: they bring a token. */
const programPath = '/v1/';

export type DoorOptions = {
  readonly rates: RateLimits;
  /** The https address under which others reach the page through a proxy. */
  readonly publicUrl?: URL;
  /** Origins of pages of others that may ask, as programs do, from a browser. */
  readonly apiOrigins?: readonly string[];
  /** Largest body in bytes of a request to this path; undefined: 64 KiB. */
  mostBodyBytes?(path: string): number | undefined;
  /** A handler threw: a bug of ours, answered with 500. */
  onBug(error: unknown): void;
};

/** Rights of a browser with anything that is served: nothing inline, nothing from another host, in no frame. */
const policy = [
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

const headers = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};

/** Routes behind the doors: every request, upgrades of WebSockets too, is checked before any handler sees it. */
export function createPageApp(options: DoorOptions): PageApp {
  const app = new Hono<PageEnv>();
  app.use(sendHeaders, checkedRequest(options));
  // None of them is let in by a cookie: `credentials` stays off.
  const guests = cors({ origin: [...(options.apiOrigins ?? [])], maxAge: preflightS });
  if (options.apiOrigins) app.use(`${programPath}*`, guests);
  app.notFound((context) =>
    refuse(context, {
      status: 404,
      code: 'not_found',
      message: 'There is nothing at this address.',
    }),
  );
  app.onError((error, context) => {
    const { incoming } = context.env;
    const isCutOff = incoming.destroyed && !incoming.complete; // there is no reader of an answer
    if (!isCutOff) options.onBug(error);
    return refuse(context, {
      status: 500,
      code: 'failed',
      message: 'That did not work; the log has more.',
    });
  });
  return app;
}

const sendHeaders = createMiddleware<PageEnv>(async (context, next) => {
  await next();
  for (const [name, value] of Object.entries(headers)) context.header(name, value);
  if (!context.res.headers.has('cache-control')) context.header('cache-control', 'no-store');
});

function checkedRequest({ rates, publicUrl, apiOrigins, ...options }: DoorOptions) {
  return createMiddleware<PageEnv>(async (context, next) => {
    const { incoming } = context.env;
    const verdict = checkOrigin(
      {
        method: context.req.method,
        isUpgrade: incoming.headers.upgrade !== undefined,
        isProgram: context.req.path.startsWith(programPath),
        host: incoming.headers.host ?? '',
        port: incoming.socket.localPort ?? 0,
        ...senderOf(context, apiOrigins),
        fetchMode: context.req.header('sec-fetch-mode'),
        fetchDest: context.req.header('sec-fetch-dest'),
      },
      publicUrl,
    );
    if (verdict.kind === 'refused') return refuse(context, verdict.refusal);
    const address = addressOf(incoming, verdict.isPublic);
    const waitS = await rates.request(address, peerOf(incoming));
    if (waitS !== undefined) return refuseRate(context, waitS);
    const most = options.mostBodyBytes?.(context.req.path) ?? mostBodyBytes;
    const refusal = bodyRefusal(incoming.headers, most, context.req.path);
    if (refusal) return refuse(context, refusal);
    context.set('door', { address, isPublic: verdict.isPublic });
    return await next();
  });
}

/** Which page sent a request; of one that may ask as programs do nothing, as it brings a token. */
function senderOf({ req }: Context<PageEnv>, apiOrigins: DoorOptions['apiOrigins'] = []) {
  const origin = req.header('origin');
  const isGuest = origin !== undefined && apiOrigins.includes(origin);
  if (isGuest && req.path.startsWith(programPath))
    return { origin: undefined, fetchSite: undefined };
  return { origin, fetchSite: req.header('sec-fetch-site') };
}

/** A body has a length; those of programs are counted as they come. */
function bodyRefusal(
  sent: PageEnv['Bindings']['incoming']['headers'],
  mostBytes: number,
  path: string,
) {
  if (sent['transfer-encoding'] !== undefined && !path.startsWith(programPath)) {
    const message = 'Send the body in one piece, with a Content-Length.';
    return { status: 411, code: 'door.body_length', message } as const;
  }
  if (Number(sent['content-length'] ?? 0) <= mostBytes) return undefined;
  const message = `The body is too long: at most ${Math.floor(mostBytes / 1_024)} KiB.`;
  return { status: 413, code: 'door.body_size', message } as const;
}

export type ProgramDoorOptions = Omit<DoorOptions, 'rates'> & {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  routes(app: PageApp): void;
};

/** Opens an address for programs alone, with the doors of the page and without its files and link. Never throws. */
export async function openProgramDoor(
  options: ProgramDoorOptions,
): Promise<ServerOutcome<HttpListener>> {
  const { host, port, ...doors } = options;
  const app = createPageApp({ ...doors, rates: new RateLimits() });
  options.routes(app);
  return await openListener({ host, port, app });
}
