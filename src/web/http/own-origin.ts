import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { findRequestHost } from '#src/base/request-host.ts';
import type { HttpRefusal } from './http-refusal.ts';

export type OriginVerdict =
  /** A request of our own page. `isPublic` means that it came by the name of `PAGE_URL`. */
  { readonly isPublic: boolean } | { readonly refusal: HttpRefusal };

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/** Accepts requests of our own page, or opened by its reader. */
export function checkOrigin(
  request: IncomingMessage,
  isForPrograms: boolean,
  publicUrl: URL | undefined,
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
  const { origin } = headers;
  const isPlainRead = /^(GET|HEAD)$/.test(method) && headers.upgrade === undefined;
  const ownOrigin = isPublic ? publicUrl.origin : `http://${hostName}`;
  // Browsers name the origin of all but plain reads. A program may leave it out.
  const isNamed = origin !== undefined || !(isForPrograms || isPlainRead);
  if (isNamed && origin !== ownOrigin)
    // A request without an origin comes from no page.
    return origin === undefined
      ? createRefusedVerdict(404, 'door.path', programsBelow)
      : createRefusedVerdict(403, 'door.origin', wrongOrigin);
  return isOurSite(headers, isPlainRead)
    ? { isPublic }
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
const wrongOrigin = 'Another page sent this request; only its own page may.';

export const programsBelow =
  'Operations for programs begin with /v1: add it to the base URL.';

function createRefusedVerdict(
  status: 400 | 403 | 404 | 421,
  code: string,
  message: string,
) {
  return { refusal: { status, code, message } };
}
