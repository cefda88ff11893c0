import type { Fetch } from './guarded-fetch.ts';

/**
 * Tolerates a base URL without `/v1`: after the first 404 the request is repeated with it, and the working URL is kept.
 *
 * `onFound` gets the base URL that answered. Bodies that can be sent only once are not tried.
 */
export function tryV1(send: Fetch, baseUrl: string, onFound: (baseUrl: string) => void): Fetch {
  const base = baseUrl.replace(/(?<!\/)\/+$/, '');
  const versioned = `${base}/v1`;
  let found: 'nothing yet' | 'as given' | 'versioned' = 'nothing yet';
  if (/\/v\d+$/.test(base)) found = 'as given';
  const moved = (url: string) => `${versioned}/${url.slice(base.length).replace(/^\/+/, '')}`;

  const trial: Fetch = async (url, init) => {
    const plain = await send(url, init);
    if (plain.ok) found = 'as given';
    if (plain.status !== 404) return plain;
    const second = await send(moved(String(url)), init).catch(() => undefined);
    if (!second || (await isMissing(second))) {
      await second?.body?.cancel();
      return plain;
    }
    await plain.body?.cancel();
    if (found !== 'versioned') onFound(versioned);
    found = 'versioned';
    return second;
  };

  return (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const ours = url.startsWith(`${base}/`) && !url.startsWith(`${versioned}/`);
    if (ours && found === 'versioned') return send(moved(url), init);
    if (!ours || found === 'as given' || init?.body instanceof ReadableStream)
      return send(url, init);
    return trial(url, init);
  };
}

/** An API that lacks only the model says so; a server without the path names neither. */
async function isMissing(response: Response): Promise<boolean> {
  const { status, headers } = response;
  if (status !== 404) return status >= 500;
  if (!/json/.test(headers.get('content-type') ?? '')) return true;
  return knowsNoPath(await response.clone().text());
}

/** Whether the body of a 404 is about the path, in the words of FastAPI and OpenAI. */
function knowsNoPath(body: string): boolean {
  return /"(detail|message|error)"\s*:\s*"(not found\b|invalid url)/i.test(body);
}
