import { readFile } from 'node:fs/promises';
import { openTestPage, sendRequest } from './open-page.ts';

test('the shell is at the root, runs nothing inline, and everything it names is there', async () => {
  await using page = await openTestPage();
  const shell = await sendRequest(page.url, '/');
  expect(shell.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(shell.text).toBe(await readFile('page/index.html', 'utf8'));
  expect(shell.text).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/);
  const named = [...shell.text.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(
    ([, path = '']) => path,
  );
  expect(named.length).toBeGreaterThan(0);
  for (const path of named)
    expect((await sendRequest(page.url, path)).status, path).toBe(200);
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
