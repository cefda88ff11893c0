import { request } from 'node:http';
import { openPage, type PageOptions } from '#src/web/http/page.ts';

export type HttpReply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
};

/** A page on a free port. */
export async function openTestPage(options: Partial<PageOptions> = {}) {
  const bugs: unknown[] = [];
  const outcome = await openPage({
    host: '127.0.0.1',
    port: 0,
    onBug: (error) => bugs.push(error),
    ...options,
  });
  if (outcome.kind === 'refused') throw new Error(outcome.why);
  const { server } = outcome;
  return {
    url: server.url,
    link: server.link,
    bugs,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** The response to a request with exactly these headers: `fetch` sends some of its own, and no other Host. */
export async function sendRequest(
  url: URL,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  {
    method = 'GET',
    body = '',
  }: { readonly method?: string; readonly body?: string } = {},
) {
  const { promise, resolve, reject } = Promise.withResolvers<HttpReply>();
  const [host, port] = [url.hostname, url.port];
  const clientRequest = request(
    {
      method,
      host,
      port,
      path,
      agent: false,
      headers: { 'content-length': body.length, ...headers },
    },
    async (response) => {
      let text = '';
      for await (const part of response.setEncoding('utf8')) text += part;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
    },
  );
  clientRequest.on('error', reject).end(body);
  return await promise;
}

/** Tries a key as the page does. */
export async function enterPage(
  url: URL,
  key: string,
  headers: Readonly<Record<string, string>> = {},
) {
  return await sendRequest(
    url,
    '/enter',
    { origin: url.origin, 'content-type': 'application/json', ...headers },
    {
      method: 'POST',
      body: JSON.stringify({ key }),
    },
  );
}

/** The key in the fragment of an entry link. */
export function getKey(link: URL) {
  return new URLSearchParams(link.hash.slice(1)).get('key') ?? '';
}

/** Cookie of a response, as a browser sends it back. */
export function getCookie({ headers }: HttpReply) {
  return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

/** Code and sentence of a refusal. */
export function toRefusal({ status, text }: HttpReply) {
  const { error } = JSON.parse(text);
  return [status, error.code, error.message];
}
