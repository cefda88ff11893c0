import { EnteredBrowsers, type KeptBrowser } from '#src/web/http/entered-browsers.ts';
import { requireEntry } from '#src/web/http/viewer.ts';
import {
  enterPage,
  getCookie,
  getKey,
  openTestPage,
  sendRequest,
  toRefusal,
} from './open-page.ts';

const publicUrl = new URL('https://parley.example.org');

/** A page with one route for browsers that came by its link. */
async function openRoom(overrides: { readonly browsers?: EnteredBrowsers } = {}) {
  return await openTestPage({
    ...overrides,
    publicUrl,
    routes: (app) => app.get('/who', requireEntry, (context) => context.json('you')),
  });
}

test('the link of a page lets a browser in, its key is in the fragment only, and another start has another', async () => {
  await using page = await openRoom();
  await using other = await openRoom();
  const { link, url } = page;
  expect([link.origin, link.pathname, link.search]).toEqual([
    publicUrl.origin,
    '/',
    '',
  ]);
  expect(getKey(link)).toMatch(/^[\w-]{43}$/);
  const cookie = getCookie(await enterPage(url, getKey(link)));
  expect((await sendRequest(url, '/who', { cookie })).text).toBe('"you"');
  expect(toRefusal(await sendRequest(url, '/who'))).toEqual([
    401,
    'session.none',
    'You are not let in yet: open the address that npm start prints.',
  ]);
  for (const key of ['', 'x', 'A'.repeat(43), 'A'.repeat(60_000), getKey(other.link)])
    expect(toRefusal(await enterPage(url, key))).toEqual([
      403,
      'link.unknown',
      'This link is not known here: open the address that npm start prints.',
    ]);
});

test('the cookie is for this page alone, and Secure behind PAGE_URL', async () => {
  await using page = await openRoom();
  const [cookie = ''] =
    (await enterPage(page.url, getKey(page.link))).headers['set-cookie'] ?? [];
  const name = `parley-${page.url.port}`;
  expect(
    cookie
      .replace(/=[\w-]{43};/, '=…;')
      .split('; ')
      .toSorted(),
  ).toEqual(['HttpOnly', 'Path=/', 'SameSite=Strict', `${name}=…`].toSorted());
  const through = await enterPage(page.url, getKey(page.link), {
    host: publicUrl.host,
    origin: publicUrl.origin,
  });
  expect(through.headers['set-cookie']?.[0]).toContain('; Secure');
});

test('forged cookies let nobody in', async () => {
  await using page = await openRoom();
  const good = getCookie(await enterPage(page.url, getKey(page.link)));
  const name = `parley-${page.url.port}`;
  const wrong = [
    name,
    `${name}=`,
    `${name}=${'A'.repeat(43)}`,
    `${good}A`,
    good.toLowerCase(),
  ];
  for (const cookie of [
    ...wrong,
    `parley=${good.split('=')[1]}`,
    `${name}=%00;${name}=é`,
  ])
    expect((await sendRequest(page.url, '/who', { cookie })).status, cookie).toBe(401);
});

test('a browser that was let in stays so over a restart for seven days, by a cookie of its own that is kept as a hash', async () => {
  let nowMs = 0;
  let keptBrowsers: readonly KeptBrowser[] = [];
  const clock = { wallMs: () => nowMs };
  const openAgain = () =>
    openRoom({
      browsers: new EnteredBrowsers({
        clock,
        kept: keptBrowsers,
        onEntered: (browsers) => {
          keptBrowsers = browsers;
        },
      }),
    });
  const enterAgain = async () => {
    await using page = await openAgain();
    return getCookie(await enterPage(page.url, getKey(page.link))).split('=')[1] ?? '';
  };
  const seePage = async (cookie: string) => {
    await using page = await openAgain();
    const name = `parley-${page.url.port}`;
    const seen = await sendRequest(page.url, '/who', { cookie: `${name}=${cookie}` });
    return seen.status;
  };
  const [first, second] = [await enterAgain(), await enterAgain()];
  expect(first).not.toBe(second);
  expect(JSON.stringify(keptBrowsers)).not.toContain(first);
  expect([
    await seePage(first),
    await seePage(second),
    await seePage(keptBrowsers[0]?.hash ?? ''),
  ]).toEqual([200, 200, 401]);
  nowMs = 7 * 86_400_000;
  expect(await seePage(first)).toBe(401);
  nowMs = 0;
  for (let n = 0; n < 15; n++) await enterAgain();
  expect([await seePage(first), await seePage(second)]).toEqual([401, 200]);
});
