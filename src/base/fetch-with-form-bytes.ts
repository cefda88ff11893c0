export async function fetchWithFormBytes(
  url: string,
  init: RequestInit & { readonly headers: Headers },
): Promise<Response> {
  if (!(init.body instanceof FormData)) return await fetch(url, init);
  // undici goes on reading a form after its request failed, and then throws where no code can catch it.
  const form = new Response(init.body);
  init.headers.set('content-type', form.headers.get('content-type') ?? '');
  return await fetch(url, { ...init, body: await form.bytes() });
}
