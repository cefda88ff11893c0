import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, openTab } from './open-browser.ts';
import { openSetup } from './open-page.ts';

/** Color schemes, and widths of the window in pixels, in which each face of the page is tried. */
const appearances = [
  ['light', 360],
  ['light', 1_280],
  ['dark', 390],
  ['dark', 1_920],
] as const;

/**
 * Fails where axe finds a violation, or where something is wider than a window of `width` pixels. Resolves to the number of rules
 * that passed.
 */
async function expectDrawnWell(tab: Page, width: number) {
  await tab.evaluate(axe.source);
  const { found, passed } = await tab.evaluate(async () => {
    const checked = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    const all = checked.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html }) => `${id}: ${html}`),
    );
    return { found: all, passed: checked.passes.length };
  });
  expect(found).toEqual([]);
  const scrollWidth = await tab.evaluate('document.documentElement.scrollWidth');
  expect(scrollWidth).toBeLessThanOrEqual(width);
  return passed;
}

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
    await tab.getByText('Answered in').click();
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
