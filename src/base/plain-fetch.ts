/**
 * `fetch` whose forms leave as the bytes they are written as: undici goes on reading a form of a request that failed at
 * once, and throws where no code can catch it.
 */
export async function plainFetch(
  url: string,
  init: RequestInit & { readonly headers: Headers },
): Promise<Response> {
  if (!(init.body instanceof FormData)) return await fetch(url, init);
  const form = new Response(init.body);
  init.headers.set('content-type', form.headers.get('content-type') ?? '');
  return await fetch(url, { ...init, body: await form.bytes() });
}
