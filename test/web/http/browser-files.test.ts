import { openTestPage, sendRequest } from './open-page.ts';

test('the shell is at the root, runs nothing inline, and everything it names is there', async () => {
  await using page = await openTestPage();
  const shell = await sendRequest(page.url, '/');
  expect(shell.headers['content-type']).toBe('text/html; charset=UTF-8');
  expect(shell.text).toContain('<html lang="en">');
  expect(shell.text).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/);
  const named = [...shell.text.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(
    ([, path = '']) => path,
  );
  expect(named.length).toBeGreaterThan(0);
  for (const path of named)
    expect((await sendRequest(page.url, path)).status, path).toBe(200);
});

test('the shell is in the first language of the browser that has texts, with each text in its place', async () => {
  await using page = await openTestPage();
  const languages = { 'accept-language': 'sw, de-AT;q=0.9, fr;q=0.8' };
  const { text } = await sendRequest(page.url, '/', languages);
  expect(text).toContain('<html lang="de">');
  expect(text).toContain('Diese Seite braucht JavaScript.');
  expect(text).not.toMatch(/\{page\./);
});

test.each([
  '/tsconfig.json',
  '/../package.json',
  '/%2e%2e/src/web/http/page.ts',
  '/.env',
  '/vendor/preact.mjs',
  '/vendor/__proto__',
  '//etc/passwd',
  '/main.js%00.css',
])('%s is nothing that is served', async (path) => {
  await using page = await openTestPage();
  const reply = await sendRequest(page.url, path);
  expect([reply.status, reply.headers['content-type']]).toEqual([
    404,
    'application/json',
  ]);
});
