import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { vacantPort } from '#test/fakes/program.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import { captioned, Sayings } from '#test/scenarios/setup/captioning.ts';
import {
  eventually,
  openOwnScenario,
  type ScenarioSetup,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';
import { appearances, expectDrawnWell } from './drawn-well.ts';
import { complaintsOf, openBrowser } from './open-browser.ts';
import { openProxy } from './open-proxy.ts';

const sayings = new Sayings([
  'the bridge is long',
  '<img src=x onerror=alert(1)> end',
  'bread and wine',
]);
/** Every line is translated into the same words. */
const replies = [
  { match: /<lines>/, text: '[1] Das ist übersetzt.' },
  { match: /^/, text: 'Yes.' },
];

const newer = 'A newer link for you was made, so this page has ended.';

let browser: Browser;
let setup: ScenarioSetup;
let adam: SandboxPerson;
let proxy: Awaited<ReturnType<typeof openProxy>>;
const closing = new AsyncDisposableStack();

beforeAll(async () => {
  browser = await openBrowser();
  closing.defer(() => browser.close());
  const port = await vacantPort();
  proxy = closing.use(await openProxy(port));
  const environment = { PAGE_PORT: `${port}`, PAGE_URL: proxy.url.href, COMMANDS_PER_PERSON: '0' };
  const providers = { ...sayings.providers, replies };
  setup = closing.use(await openOwnScenario({ environment, providers }));
  [adam] = await captioned(setup, ['Ben', 'Cleo']);
});
afterAll(async () => {
  await closing.disposeAsync();
});

async function linkFor(person: SandboxPerson): Promise<URL> {
  const { text, ephemeral } = await commandReply(person, 'captions page');
  expect(ephemeral).toBe(true);
  return new URL(/https:[^\s>]+/.exec(text)?.[0] ?? 'none:');
}

/** A tab of this person, once it shows its first state. */
async function openTab(
  person: SandboxPerson,
  options: BrowserContextOptions = {},
  title = 'Captions',
) {
  const link = await linkFor(person);
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
  const tab = await context.newPage();
  const [complaints, addresses] = [complaintsOf(tab), [] as string[]];
  tab.on('request', (request) =>
    addresses.push(`${request.url()} ${request.headers().referer ?? ''}`),
  );
  await tab.goto(link.href);
  await tab.getByRole('heading', { name: `${title}: Lounge` }).waitFor();
  return { tab, complaints, addresses, link, [Symbol.asyncDispose]: () => context.close() };
}

function logOf(tab: Page) {
  return tab.getByRole('log');
}

test('a person reads on a page of their own, and neither address nor history names a word or a person', async () => {
  await using opened = await openTab(setup.sandbox.person('Ben'));
  const { tab, addresses, complaints, link } = opened;
  await sayings.say(adam, 'the bridge is long');
  await logOf(tab).getByText('the bridge is long').waitFor();
  await logOf(tab).getByText('Adam').waitFor();
  expect(new URL(tab.url())).toMatchObject({ pathname: '/', hash: '', search: '' });
  expect(await tab.title()).toBe('Captions');
  const key = new URLSearchParams(link.hash.slice(1)).get('key') ?? '';
  expect(addresses.length).toBeGreaterThan(5);
  expect(addresses.join('\n')).not.toMatch(new RegExp(`${key}|Adam|Ben|Lounge|bridge`));
  expect(complaints).toEqual([]);
  await tab.reload();
  await logOf(tab).getByText('the bridge is long').waitFor();
});

test.each(appearances)(
  "a participant's page in %s at %i px: axe finds nothing up to AAA contrast, nothing is wider than the window",
  async (colorScheme, width) => {
    const options = {
      colorScheme,
      viewport: { width, height: 800 },
      reducedMotion: 'reduce',
    } as const;
    await using opened = await openTab(setup.sandbox.person('Ben'), options);
    const { tab } = opened;
    await sayings.say(adam, 'bread and wine');
    await logOf(tab).getByText('bread and wine').first().waitFor();
    const passed = await expectDrawnWell(tab, width, true);
    console.log(
      `participant's page, ${colorScheme}, ${width} px: axe 0 violations, ${passed} rules passed`,
    );
    await tab.evaluate("document.documentElement.style.fontSize = '200%'");
    await expectDrawnWell(tab, width, true);
  },
);

test('by keyboard alone: the choice of a translation, the lines, and nothing else', async () => {
  await using opened = await openTab(setup.sandbox.person('Ben'));
  const { tab } = opened;
  const focused = () =>
    tab.evaluate<string>(
      "document.activeElement?.getAttribute('role') ?? document.activeElement?.tagName",
    );
  const walk: string[] = [];
  for (let n = 0; n < 3; n++) {
    await tab.keyboard.press('Tab');
    walk.push(await focused());
  }
  expect(walk).toEqual(['SELECT', 'log', 'BODY']);
  await tab.keyboard.press('Tab');
  await tab.keyboard.type('Deutsch');
  await expect.poll(() => tab.getByLabel('Translation').inputValue()).toBe('de');
  await sayings.say(adam, 'bread and wine');
  const translation = logOf(tab).getByText('Das ist übersetzt.').first();
  await translation.waitFor();
  expect(await translation.getAttribute('lang')).toBe('de');
  await using other = await openTab(setup.sandbox.person('Cleo'));
  await logOf(other.tab).getByText('bread and wine').first().waitFor();
  expect(await other.tab.locator('body').textContent()).not.toContain('Das ist');
});

test('a screen reader is told finished lines politely, and no partial ones', async () => {
  await using opened = await openTab(setup.sandbox.person('Ben'));
  const { tab } = opened;
  const log = logOf(tab);
  await expect.poll(() => log.getAttribute('aria-live')).toBe('polite');
  await tab.evaluate(`
    globalThis.seen = new Set();
    new MutationObserver(() => {
      for (const one of document.querySelectorAll('.partial p')) seen.add(one.closest('[aria-hidden=true]') ? 'hidden' : 'read');
    }).observe(document.body, { subtree: true, childList: true, characterData: true })`);
  const before = await log.locator('p').count();
  await sayings.say(adam, 'bread and wine');
  await expect.poll(() => log.locator('p').count()).toBe(before + 1);
  await expect.poll(() => tab.locator('.partial p').count()).toBe(0);
  expect(await tab.evaluate('[...seen].filter((one) => one !== "hidden")')).toEqual([]);
});

test('spoken HTML is shown as words', async () => {
  await using opened = await openTab(setup.sandbox.person('Ben'));
  const { tab, complaints } = opened;
  await sayings.say(adam, '<img src=x onerror=alert(1)> end');
  await logOf(tab).getByText('<img src=x onerror=alert(1)> end').first().waitFor();
  expect([await tab.locator('img').count(), complaints]).toEqual([0, []]);
});

test('the page speaks the language of the person, with its direction', async () => {
  const greta = setup.sandbox.person('Greta', { locale: 'de' });
  await greta.join('Lounge', soon());
  await using opened = await openTab(greta, {}, 'Untertitel');
  const { tab } = opened;
  expect(
    await tab.evaluate('[document.documentElement.lang, document.documentElement.dir]'),
  ).toEqual(['de', 'ltr']);
  await tab.getByLabel('Übersetzung').waitFor();
});

test('a link that was used says so in the language of its person, and shows nothing', async () => {
  await using opened = await openTab(
    setup.sandbox.person('Greta', { locale: 'de' }),
    {},
    'Untertitel',
  );
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const tab = await context.newPage();
  await tab.goto(opened.link.href);
  await tab.getByText('Dieser Link gilt nicht mehr.').waitFor();
  expect(await tab.locator('body').textContent()).not.toMatch(/Adam|bread/);
  await context.close();
});

test('a link that comes after too many wrong ones says so, and that it works in a minute', async () => {
  const link = await linkFor(setup.sandbox.person('Greta', { locale: 'de' }));
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const tab = await context.newPage();
  const error = { code: 'door.rate', message: 'Too many requests from your address.' };
  await tab.route('**/enter', (route) => route.fulfill({ status: 429, json: { error } }));
  await tab.goto(link.href);
  await tab.getByText('Zu viele Versuche aus deinem Netz.').waitFor();
  await context.close();
});

test('a newer link ends the former page in one sentence, and its lines are gone', async () => {
  const ben = setup.sandbox.person('Ben');
  await using first = await openTab(ben);
  await logOf(first.tab).getByText('bread and wine').first().waitFor();
  await using _second = await openTab(ben);
  await first.tab.getByText(newer).waitFor();
  expect(await first.tab.locator('body').textContent()).not.toContain('bread');
});

test('a tab stops where its browser has the pass of another person, once it connects again', async () => {
  await using opened = await openTab(setup.sandbox.person('Ben'));
  const link = await linkFor(setup.sandbox.person('Cleo'));
  const tab = await opened.tab.context().newPage();
  await tab.goto(link.href);
  await sayings.say(adam, 'bread and wine');
  await logOf(tab).getByText('bread and wine').first().waitFor();
  proxy.cut();
  await opened.tab.getByText(newer).waitFor();
  expect(await opened.tab.locator('body').textContent()).not.toContain('bread');
  await sayings.say(adam, 'the bridge is long');
  await logOf(tab).getByText('the bridge is long').last().waitFor();
});

test('lines leave a page that hears nothing of the bot for 30 s', async () => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const tab = await context.newPage();
  await tab.clock.install();
  await tab.goto((await linkFor(setup.sandbox.person('Cleo'))).href);
  await logOf(tab).getByText('bread and wine').first().waitFor();
  await context.setOffline(true);
  proxy.cut();
  await tab.clock.fastForward(31_000);
  await tab.getByText('The connection is lost. This page tries again by itself.').waitFor();
  expect(await tab.locator('body').textContent()).not.toContain('bread');
  await context.close();
});

test('lines leave a page that a proxy answers for 30 s in place of the bot', async () => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const tab = await context.newPage();
  await tab.clock.install();
  await tab.goto((await linkFor(setup.sandbox.person('Cleo'))).href);
  await logOf(tab).getByText('bread and wine').first().waitFor();
  await tab.route(/\/(captions\/events|face)$/, (route) => route.fulfill({ status: 502 }));
  proxy.cut();
  await tab.getByText('The connection is lost. This page tries again by itself.').waitFor();
  for (let n = 0; n < 4; n += 1) {
    const again = tab.waitForResponse('**/face');
    await tab.clock.fastForward(8_000);
    await again;
  }
  await expect.poll(() => tab.locator('body').textContent()).not.toContain('bread');
  await context.close();
});

test('captions that go off end the page in one sentence', async () => {
  await using opened = await openTab(setup.sandbox.person('Ben'));
  const { tab } = opened;
  await commandReply(adam, 'captions off');
  await tab
    .getByText('Captions are off. After /captions on, run /captions page for a new link.')
    .waitFor();
  expect(await tab.locator('body').textContent()).not.toContain('bread');
  await tab.reload();
  await tab
    .getByText('This link no longer works. Run /captions page in Discord for a new one.')
    .waitFor();
  await eventually(() => expect(JSON.stringify(setup.bot.log)).not.toMatch(/bread|bridge|onerror/));
});
