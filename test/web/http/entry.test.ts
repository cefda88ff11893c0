import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileLink } from '#src/web/http/entry-links.ts';
import { onlyFor, viewerOf } from '#src/web/http/viewer.ts';
import { ask, cookieOf, enter, keyOf, openTestPage, refusalOf } from './open-page.ts';

const manager = {
  kind: 'manager',
  userId: '200000000000000001',
  guildId: '300000000000000001',
} as const;

test('an entry link lets its viewer in once, and its key is in the fragment only', async () => {
  await using page = await openTestPage();
  const link = page.links.create({ kind: 'owner' });
  expect([link.origin, link.pathname, link.search]).toEqual([page.url.origin, '/', '']);
  expect(keyOf(link)).toMatch(/^[\w-]{43}$/);
  const entered = await enter(page.url, keyOf(link));
  expect([entered.status, JSON.parse(entered.text)]).toEqual([200, { face: 'owner' }]);
  const cookie = cookieOf(entered);
  expect((await ask(page.url, '/face', { cookie })).text).toBe('{"face":"owner"}');
  expect(refusalOf(await enter(page.url, keyOf(link)))).toEqual([
    403,
    'link.used',
    'This link was used before, and each works once. For a new one: npm run link, or /stats in Discord.',
  ]);
});

test('two browsers that follow one link at the same time are not both let in', async () => {
  await using page = await openTestPage();
  const [ours, filed] = [page.links.create(manager), await fileLink(page.dataDir, page.clock)];
  for (const key of [keyOf(ours), filed ? keyOf(filed) : '']) {
    const replies = await Promise.all(Array.from({ length: 4 }, () => enter(page.url, key)));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 403, 403, 403]);
  }
});

test('a link of ten minutes ago is refused with a sentence, and so is a key that was never made', async () => {
  await using page = await openTestPage();
  const link = page.links.create({ kind: 'owner' });
  const filed = await fileLink(page.dataDir, page.clock);
  await page.clock.advance(10 * 60_000);
  for (const one of [link, filed]) {
    expect(refusalOf(await enter(page.url, one ? keyOf(one) : ''))).toEqual([
      403,
      'link.expired',
      'This link is older than 10 minutes. For a new one: npm run link, or /stats in Discord.',
    ]);
  }
  for (const key of ['', 'x', '../../etc/passwd', 'A'.repeat(43), 'A'.repeat(60_000)]) {
    expect(refusalOf(await enter(page.url, key))[1]).toBe('link.unknown');
  }
});

test('a link that another process left in DATA_DIR lets the operator in once, also after a restart', async () => {
  const operator = { kind: 'sandbox' } as const;
  await using page = await openTestPage({ operator });
  const link = await fileLink(page.dataDir, page.clock);
  const key = link ? keyOf(link) : '';
  expect(link?.origin).toBe(page.url.origin);
  expect((await enter(page.url, key)).text).toBe('{"face":"sandbox"}');
  expect(refusalOf(await enter(page.url, key))[1]).toBe('link.used');
  await using after = await openTestPage({ operator, dataDir: page.dataDir });
  expect(refusalOf(await enter(after.url, key))[1]).toBe('link.used');
});

test('no file holds a key, and nobody but its owner can read the folder', async () => {
  await using page = await openTestPage();
  const link = await fileLink(page.dataDir, page.clock);
  const folder = join(page.dataDir, 'page-links');
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  for (const name of await readdir(folder)) {
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    const text = `${name} ${await readFile(join(folder, name), 'utf8')}`;
    expect(text).not.toContain(link ? keyOf(link) : 'no link');
  }
});

test('without a page there is no link to print', async () => {
  const page = await openTestPage();
  const { dataDir, clock } = page;
  await page[Symbol.asyncDispose]();
  expect(await fileLink(dataDir, clock)).toBeUndefined();
});

test('the cookie is for this page alone, lasts 12 h, and is Secure behind PAGE_URL', async () => {
  const publicUrl = new URL('https://parley.example.org');
  await using page = await openTestPage({ publicUrl });
  const local = await enter(page.url, keyOf(page.links.create(manager)));
  const name = `parley-${page.url.port}`;
  const [cookie = ''] = local.headers['set-cookie'] ?? [];
  expect(
    cookie
      .replace(/=[\w-]{43};/, '=…;')
      .split('; ')
      .sort(),
  ).toEqual(['HttpOnly', 'Max-Age=43200', 'Path=/', 'SameSite=Strict', `${name}=…`].sort());
  const link = page.links.create(manager);
  expect(link.origin).toBe('https://parley.example.org');
  const headers = { host: publicUrl.host, origin: publicUrl.origin };
  const through = await enter(page.url, keyOf(link), headers);
  expect(through.headers['set-cookie']?.[0]).toContain('; Secure');
  const face = await ask(page.url, '/face', { host: publicUrl.host, cookie: cookieOf(through) });
  expect(JSON.parse(face.text)).toEqual({ face: 'manager', guildId: manager.guildId });
  await page.clock.advance(12 * 60 * 60_000);
  const late = await ask(page.url, '/face', { host: publicUrl.host, cookie: cookieOf(through) });
  expect(refusalOf(late)).toEqual([
    401,
    'session.none',
    'You are not let in yet: open the address that npm run link prints.',
  ]);
});

test('forged cookies let nobody in', async () => {
  await using page = await openTestPage();
  const good = cookieOf(await enter(page.url, keyOf(page.links.create({ kind: 'owner' }))));
  const name = `parley-${page.url.port}`;
  const forged = [
    '',
    name,
    `${name}=`,
    `${name}=${'A'.repeat(43)}`,
    `${good}A`,
    good.toLowerCase(),
  ];
  for (const cookie of [...forged, `parley=${good.split('=')[1]}`, `${name}=%00;${name}=é`]) {
    expect((await ask(page.url, '/face', { cookie })).status, cookie).toBe(401);
  }
  expect((await ask(page.url, '/face', { cookie: good })).status).toBe(200);
});

test('the hundred and first session ends the oldest one', async () => {
  await using page = await openTestPage({ publicUrl: new URL('https://parley.example.org') });
  const cookies: string[] = [];
  for (let n = 0; n <= 100; n++) {
    // Each from an address of its own, as keys are counted by address.
    const headers = {
      host: 'parley.example.org',
      origin: 'https://parley.example.org',
      'x-forwarded-for': `192.0.2.${n}`,
    };
    cookies.push(
      cookieOf(await enter(page.url, keyOf(page.links.create({ kind: 'owner' })), headers)),
    );
  }
  const statuses = [0, 1, 100].map((n) => ask(page.url, '/face', { cookie: cookies[n] ?? '' }));
  expect((await Promise.all(statuses)).map(({ status }) => status)).toEqual([401, 200, 200]);
});

test('somebody who manages the server no longer is out at their next request', async () => {
  let isManager = true;
  await using page = await openTestPage({
    isCurrent: (viewer) => viewer.kind !== 'manager' || isManager,
    routes: (app) => app.get('/who', (context) => context.json(viewerOf(context) ?? 'nobody')),
  });
  const cookie = cookieOf(await enter(page.url, keyOf(page.links.create(manager))));
  expect(JSON.parse((await ask(page.url, '/who', { cookie })).text)).toEqual(manager);
  isManager = false;
  expect((await ask(page.url, '/who', { cookie })).text).toBe('"nobody"');
  isManager = true;
  expect((await ask(page.url, '/who', { cookie })).text).toBe('"nobody"');
});

test('valid keys do not count: many people behind one address open their links', async () => {
  await using page = await openTestPage();
  for (let n = 0; n < 12; n++) {
    const entered = await enter(page.url, keyOf(page.links.create({ kind: 'owner' })));
    expect(entered.status).toBe(200);
  }
});

test('after ten invalid keys within a minute a further one is not looked at, and the answer says when the next is', async () => {
  await using page = await openTestPage();
  for (let n = 0; n < 10; n++) expect((await enter(page.url, 'x')).status).toBe(403);
  const refused = await enter(page.url, keyOf(page.links.create({ kind: 'owner' })));
  expect(refusalOf(refused)).toEqual([
    429,
    'door.rate',
    expect.stringMatching(/^Too many requests from your address: try again in (5\d|60) s\.$/),
  ]);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(50);
});

test('a route for some viewers tells the others why they are refused', async () => {
  await using page = await openTestPage({
    routes: (app) => app.get('/all', onlyFor('owner', 'sandbox'), (context) => context.json('all')),
  });
  const [owner, other] = [
    cookieOf(await enter(page.url, keyOf(page.links.create({ kind: 'owner' })))),
    cookieOf(await enter(page.url, keyOf(page.links.create(manager)))),
  ];
  expect((await ask(page.url, '/all', { cookie: owner })).text).toBe('"all"');
  const refused = [{ cookie: other }, {}].map((headers) => ask(page.url, '/all', headers));
  expect((await Promise.all(refused)).map(refusalOf)).toEqual([
    [403, 'session.other_face', 'This part of the page is not for you.'],
    [401, 'session.none', expect.stringContaining('npm run link')],
  ]);
});
