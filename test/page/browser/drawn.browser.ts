import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appearances, expectDrawnWell } from './drawn-well.ts';
import { openBrowser, openTab } from './open-browser.ts';
import { openSetup } from './open-page.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

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
