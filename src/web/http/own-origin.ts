import type { HttpRefusal } from './refusal.ts';

/** Facts of a request that tell which page sent it, and to whom. Header values as sent. */
export type RequestOrigin = {
  readonly method: string;
  readonly isUpgrade: boolean;
  /** Brings a token of its own and no cookie, so it need not come from a browser. */
  readonly isProgram: boolean;
  readonly host: string;
  /** The port it arrived at. */
  readonly port: number;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  readonly fetchMode: string | undefined;
  readonly fetchDest: string | undefined;
};

export type OriginVerdict =
  /** `isPublic`: came by the name of `PAGE_URL`. */
  | { readonly kind: 'ours'; readonly isPublic: boolean }
  | { readonly kind: 'refused'; readonly refusal: HttpRefusal };

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Whether a request was sent by our own page, or opened by its reader. `Host` guards against names that point here (DNS
 * rebinding), `Origin` and `Sec-Fetch-Site` against requests of other pages, which on this machine carry our cookie.
 */
export function checkOrigin(request: RequestOrigin, publicUrl: URL | undefined): OriginVerdict {
  const host = request.host.toLowerCase();
  const isPublic = publicUrl !== undefined && host === publicUrl.host;
  const isLoopback = loopbackNames.some((name) => host === `${name}:${request.port}`);
  if (!isPublic && !isLoopback) return refused(421, 'door.host', wrongHost);
  const ours = isPublic ? publicUrl.origin : `http://${host}`;
  if (!isOurOrigin(request, ours)) return refused(403, 'door.origin', wrongOrigin);
  if (!isOurSite(request)) return refused(403, 'door.site', wrongOrigin);
  return { kind: 'ours', isPublic };
}

const wrongHost =
  'This address is not served here: open http://127.0.0.1 with the port, or the address in PAGE_URL.';
const wrongOrigin = 'Another page sent this request; only its own page may.';

function refused(status: 403 | 421, code: string, message: string): OriginVerdict {
  return { kind: 'refused', refusal: { status, code, message } };
}

/** Browsers name the origin of every request but plain reads; a program may leave it out. */
function isOurOrigin(request: RequestOrigin, ours: string): boolean {
  if (request.origin !== undefined) return request.origin === ours;
  return request.isProgram || isPlainRead(request);
}

/** From other sites only a followed link is accepted, into a window of its own. */
function isOurSite(request: RequestOrigin): boolean {
  switch (request.fetchSite) {
    case undefined:
    case 'same-origin':
      return true;
    case 'none':
      return isPlainRead(request);
    default:
      return isPlainRead(request) && isNavigation(request);
  }
}

function isPlainRead({ method, isUpgrade }: RequestOrigin): boolean {
  return (method === 'GET' || method === 'HEAD') && !isUpgrade;
}

function isNavigation({ fetchMode, fetchDest }: RequestOrigin): boolean {
  return fetchMode === 'navigate' && fetchDest === 'document';
}
