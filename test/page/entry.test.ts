import { stat, utimes } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { enter } from '#page/entry.js';
import { openTestPage } from '#test/web/http/open-page.ts';

/** The entry of a browser whose requests go to the page at `url`. */
function stubBrowser({ link, url }: { readonly link: URL; readonly url: URL }): Disposable {
  const send = fetch;
  vi.stubGlobal('location', { hash: link.hash, pathname: '/' });
  vi.stubGlobal('history', { replaceState: () => undefined });
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const headers = { ...init?.headers, origin: url.origin };
    return send(new URL(path, url), { ...init, headers });
  });
  return { [Symbol.dispose]: () => vi.unstubAllGlobals() };
}

test('a page whose files have changed asks to be reloaded', async () => {
  await using page = await openTestPage();
  using _browser = stubBrowser(page);
  expect([await enter(), await enter()]).toEqual([undefined, undefined]);
  const { mtime } = await stat('page/README.md');
  await utimes('page/README.md', new Date(), new Date());
  expect(await enter()).toBe('The page has changed: reload it.');
  await utimes('page/README.md', mtime, mtime);
});
