import { test as base } from 'vitest';
import type { Browser, Page } from '#tools/browsers.ts';
import { openBrowser, openTab } from './open-browser.ts';
import { openSetup } from './open-page.ts';

type PageFixtures = {
  readonly browser: Browser;
  readonly setup: Awaited<ReturnType<typeof openSetup>>;
  readonly opened: Awaited<ReturnType<typeof openTab>>;
  readonly tab: Page;
};

/** A test with a room and a tab of its own, in a browser without a microphone that all tests of a worker share. */
export const test = base.extend<PageFixtures>({
  browser: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of other fixtures from a pattern.
    async ({}, use) => {
      await using browser = await openBrowser();
      await use(browser);
    },
    { scope: 'worker' },
  ],
  setup: async ({ task: _ }, use) => {
    await using setup = await openSetup();
    await use(setup);
  },
  opened: async ({ browser, setup }, use) => {
    await using opened = await openTab(browser, setup.link);
    await use(opened);
  },
  tab: ({ opened }, use) => use(opened.tab),
});
