import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { HttpRefusal } from './http-refusal.ts';

export type OriginVerdict =
  /** `isPublic`: came by the name of `PAGE_URL`. */
  | { readonly kind: 'ours'; readonly isPublic: boolean }
  | { readonly kind: 'refused'; readonly refusal: HttpRefusal };

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Whether a request was sent by our own page, or opened by its reader. `Host` guards against names that point here (DNS
 * rebinding), `Origin` and `Sec-Fetch-Site` against requests of other pages, which on this machine carry our cookie.
 * `isForPrograms`: it brings a token and no cookie, so it need not come from a browser.
 */
export function checkOrigin(
  { headers, method = '', socket }: IncomingMessage,
  isForPrograms: boolean,
  publicUrl: URL | undefined,
): OriginVerdict {
  const host = (headers.host ?? '').toLowerCase();
  const isPublic = host === publicUrl?.host;
  const isLoopback = loopbackNames.some(
    (name) => host === `${name}:${socket.localPort}`,
  );
  if (!isPublic && !isLoopback)
    return createRefusedVerdict(421, 'door.host', wrongHost);
  const { origin } = headers;
  const ours: OriginVerdict = { kind: 'ours', isPublic };
  const isPlainRead = /^(GET|HEAD)$/.test(method) && headers.upgrade === undefined;
  const ownOrigin = isPublic ? publicUrl.origin : `http://${host}`;
  // Browsers name the origin of every request but plain reads; a program may leave it out.
  const isNamed = origin !== undefined || !(isForPrograms || isPlainRead);
  if (isNamed && origin !== ownOrigin) return createForeignOriginVerdict(origin);
  return isOurSite(headers, isPlainRead)
    ? ours
    : createRefusedVerdict(403, 'door.site', wrongOrigin);
}

/** What names no origin is of no page. */
function createForeignOriginVerdict(origin: string | undefined): OriginVerdict {
  if (origin === undefined)
    return createRefusedVerdict(404, 'door.path', programsBelow);
  return createRefusedVerdict(403, 'door.origin', wrongOrigin);
}

/** From other sites only a followed link is accepted, into a window of its own. */
function isOurSite(headers: IncomingHttpHeaders, isPlainRead: boolean) {
  const site = headers['sec-fetch-site'] ?? 'same-origin';
  const isFollowed =
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document';
  return site === 'same-origin' || (isPlainRead && (site === 'none' || isFollowed));
}

const wrongHost =
  'This address is not served here: open http://127.0.0.1 with the port, or the address in PAGE_URL.';
const wrongOrigin = 'Another page sent this request; only its own page may.';

/** Where programs find what they seek elsewhere. */
export const programsBelow =
  'Operations for programs begin with /v1: add it to the base URL.';

function createRefusedVerdict(
  status: 403 | 404 | 421,
  code: string,
  message: string,
): OriginVerdict {
  return { kind: 'refused', refusal: { status, code, message } };
}
