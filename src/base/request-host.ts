import type { IncomingMessage } from 'node:http';

/**
 * Finds the one host that a request names, in lower case, and empty if it names none. Undefined for several `Host` headers or a
 * target at another host, which https://www.rfc-editor.org/rfc/rfc9112.html#section-3.2 wants refused: readers of such a
 * request differ in whom it asks. Node itself takes the first header.
 */
export function findRequestHost({
  rawHeaders,
  url = '',
}: Pick<IncomingMessage, 'rawHeaders' | 'url'>): string | undefined {
  const hosts = rawHeaders.filter(
    (_, n) => n % 2 === 1 && rawHeaders[n - 1]?.toLowerCase() === 'host',
  );
  const [host = '', another] = hosts.map((name) => name.toLowerCase());
  const [, targetHost = host] = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i.exec(url) ?? [];
  const isOne = another === undefined && targetHost.toLowerCase() === host;
  return isOne ? host : undefined;
}
