import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appearances, expectDrawnWell } from './drawn-well.ts';
import { complaintsOf, openBrowser, openTab, watchLoads } from './open-browser.ts';
import { openSetup } from './open-page.ts';

/** Bytes that the browser may load before the room is drawn, packed. */
const mostFirstLoadBytes = 150_000;

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

test('the channel is drawn under the CSP without a complaint, and its first load is small', async () => {
  await using setup = await openSetup();
  const context = await browser.newContext();
  const tab = await context.newPage();
  const complaints = complaintsOf(tab);
  const loads = watchLoads(tab);
  await tab.goto(setup.link.href);
  await tab.getByRole('button', { name: 'Hear me' }).waitFor();
  const loaded = await loads();
  const bytes = loaded.reduce((sum, one) => sum + one, 0);
  expect(loaded.length).toBeGreaterThan(10);
  expect(bytes).toBeLessThan(mostFirstLoadBytes);
  const firstPaintMs = await tab.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
  );
  console.log(
    `first load ${bytes} bytes gzip in ${loaded.length} files, first paint ${firstPaintMs} ms`,
  );
  expect(complaints).toEqual([]);
  await context.close();
});

test.each(appearances)(
  '%s at %i px: axe finds nothing, and nothing is wider than the window',
  async (colorScheme, width) => {
    await using setup = await openSetup();
    const options = { colorScheme, viewport: { width, height: 800 } };
    await using opened = await openTab(browser, setup.link, options);
    const { tab } = opened;
    await tab.getByText('Details').click();
    await tab.getByLabel('Ask, or / for a command').fill('/');
    await tab.getByRole('listbox', { name: 'Suggestions' }).waitFor();
    const parts = ['[aria-label="Panel"]', '[role=log]', '[role=listbox]', '#microphone'];
    const isInSight = parts.map((part) =>
      tab.locator(part).evaluate((element) => {
        const { top, bottom } = element.getBoundingClientRect();
        return top >= 0 && bottom > top && bottom <= 800;
      }),
    );
    expect(await Promise.all(isInSight)).toEqual(parts.map(() => true));
    await expectDrawnWell(tab, width);
  },
);
