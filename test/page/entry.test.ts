import { expect, test, vi } from 'vitest';
import { enter } from '#page/entry.js';
import { openTestPage, enter as tryKey } from '#test/web/http/open-page.ts';

test('a valid link after too many wrong ones is refused for that reason', async () => {
  await using page = await openTestPage();
  for (let n = 0; n < 10; n++) await tryKey(page.url, 'x');
  const send = fetch;
  vi.stubGlobal('location', { hash: page.link.hash, pathname: '/' });
  vi.stubGlobal('history', { replaceState: () => undefined });
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const headers = { ...init?.headers, origin: page.url.origin };
    return send(new URL(path, page.url), { ...init, headers });
  });
  try {
    expect(await enter()).toMatch(/^Too many requests/);
  } finally {
    vi.unstubAllGlobals();
  }
});
