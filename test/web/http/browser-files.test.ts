import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ask, openTestPage } from './open-page.ts';

test('the shell is at the root, runs nothing inline, and everything it names is there', async () => {
  await using page = await openTestPage();
  const shell = await ask(page.url, '/');
  expect(shell.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(shell.text).toBe(await readFile('page/index.html', 'utf8'));
  expect(shell.text).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/);
  const named = [...shell.text.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, path = '']) => path);
  expect(named.length).toBeGreaterThan(0);
  for (const path of named) expect((await ask(page.url, path)).status, path).toBe(200);
});

test('a file is sent packed to who takes it so, and not again to who has it', async () => {
  await using page = await openTestPage();
  const packed = await fetch(new URL('/vendor/preact.js', page.url));
  expect(packed.headers.get('content-encoding')).toBe('gzip');
  expect(await packed.text()).toBe(await readFile('node_modules/preact/dist/preact.mjs', 'utf8'));
  const etag = packed.headers.get('etag') ?? '';
  const held = await ask(page.url, '/vendor/preact.js', { 'if-none-match': `"x", ${etag}` });
  expect([held.status, held.text, held.headers.etag]).toEqual([304, '', etag]);
  const raw = await ask(page.url, '/vendor/uplot.css');
  expect(raw.headers['content-encoding']).toBeUndefined();
  expect(() => gunzipSync(raw.text)).toThrow();
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
  const reply = await ask(page.url, path);
  expect([reply.status, reply.headers['content-type']]).toEqual([404, 'application/json']);
});
