import { realClock } from '#src/base/clock.ts';
import { EnteredBrowsers, type KeptBrowser } from '#src/web/http/entered-browsers.ts';
import type { Page } from '#tools/browsers.ts';
import { openTab } from './open-browser.ts';
import { openSetup } from './open-page.ts';
import { test } from './page-test.ts';

/** Counts what a reader can press, write in or tab to. */
const countActs = (tab: Page) =>
  tab.locator('button, input, select, textarea, a, summary, [tabindex]').count();

/** Browsers of a folder, over restarts. */
function keepBrowsers() {
  let keptBrowsers: readonly KeptBrowser[] = [];
  const onEntered = (browsers: readonly KeptBrowser[]) => {
    keptBrowsers = browsers;
  };
  return () => new EnteredBrowsers({ clock: realClock, kept: keptBrowsers, onEntered });
}

test('an open page finds the bot again after a restart in the same folder, and is used on', async ({
  browser,
}) => {
  const read = keepBrowsers();
  const before = await openSetup({ browsers: read() });
  await using opened = await openTab(browser, before.link);
  const { tab } = opened;
  await tab.getByLabel('Ask, or / for a command').fill('half a line');
  const port = Number(before.url.port);
  await before[Symbol.asyncDispose]();
  await tab.getByText('The connection to the sandbox is lost').waitFor();
  await using after = await openSetup({ port, browsers: read() });
  await tab
    .getByText('The connection to the sandbox is lost')
    .waitFor({ state: 'detached' });
  const line = tab.getByLabel('Ask, or / for a command');
  expect(await line.inputValue()).toBe('half a line');
  await line.press('Enter');
  await expect.poll(() => after.asked.at(-1)?.text).toContain('half a line');
  await tab.reload();
  await tab.getByRole('region', { name: 'Panel' }).waitFor();
});

test('an open page that a restarted sandbox does not know is one sheet that says where the link is', async ({
  browser,
}) => {
  const before = await openSetup();
  await using opened = await openTab(browser, before.link);
  const { tab } = opened;
  const port = Number(before.url.port);
  await before[Symbol.asyncDispose]();
  await using after = await openSetup({ port });
  await tab.getByText('open the new link that stands in its terminal').waitFor();
  expect([await countActs(tab), await tab.getByRole('region').count()]).toEqual([0, 0]);
  await tab.goto(after.link.href);
  await tab.getByRole('region', { name: 'Panel' }).waitFor();
});
