import { expect, test, vi } from 'vitest';
import { enter } from '#page/entry.js';
import { keyOf, openTestPage, enter as tryKey } from '#test/web/http/open-page.ts';

test('a valid link after too many wrong ones is refused for that reason, and is not used up', async () => {
  await using page = await openTestPage();
  const link = page.links.create({ kind: 'owner' });
  for (let n = 0; n < 10; n++) await tryKey(page.url, 'x');
  const send = fetch;
  vi.stubGlobal('location', { hash: link.hash, pathname: '/' });
  vi.stubGlobal('history', { replaceState: () => undefined });
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const headers = { ...init?.headers, origin: page.url.origin };
    return send(new URL(path, page.url), { ...init, headers });
  });
  try {
    expect(await enter()).toMatchObject({ face: 'none', code: 'door.rate' });
  } finally {
    vi.unstubAllGlobals();
  }
  expect((await page.links.enter(keyOf(link))).kind).toBe('entered');
});
