import type { Browser, Page } from 'playwright-core';
import { afterAll, test as base } from 'vitest';
import { openBrowser, openTab } from './open-browser.ts';
import { openSetup } from './open-page.ts';

type PageFixtures = {
  readonly browser: Browser;
  readonly setup: Awaited<ReturnType<typeof openSetup>>;
  readonly opened: Awaited<ReturnType<typeof openTab>>;
  readonly tab: Page;
};

let shared: Promise<Browser> | undefined;
afterAll(async () => (await shared)?.close());

/** A test with a room and a tab of its own, in a browser without a microphone that all tests of a file share. */
export const test = base.extend<PageFixtures>({
  browser: async ({ task: _ }, use) => {
    shared ??= openBrowser();
    await use(await shared);
  },
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
