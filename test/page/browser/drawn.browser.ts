import type { BrowserContextOptions, Page } from '#tools/browsers.ts';
import { axe } from '#tools/browsers.ts';
import { openTab } from './open-browser.ts';
import { test } from './page-test.ts';

/** Schemes, and windows in pixels, in which each face of the page is tried. */
const appearances = [
  ['light', 360, 800],
  ['light', 1_280, 800],
  ['dark', 390, 844],
  ['dark', 1_920, 1_080],
  // The smallest phone, a phone on its side, and a laptop at 200 %.
  ['light', 320, 640],
  ['dark', 844, 390],
  ['light', 640, 400],
  ['forced', 1_280, 800],
] as const satisfies readonly Appearance[];
type Appearance = readonly [
  scheme: 'light' | 'dark' | 'forced',
  width: number,
  height: number,
];

function optionsOf([scheme, width, height]: Appearance): BrowserContextOptions {
  const viewport = { width, height };
  if (scheme === 'forced') return { viewport, forcedColors: 'active' };
  return { viewport, colorScheme: scheme };
}

/**
 * Fails where axe finds a violation, or where something is wider than a window of `width` pixels. Resolves to the number of rules
 * that passed.
 */
async function expectDrawnWell(tab: Page, width: number) {
  await tab.evaluate(axe.source);
  const { found, passed } = await tab.evaluate(async () => {
    const checked = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    const allTexts = checked.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html }) => `${id}: ${html}`),
    );
    return { found: allTexts, passed: checked.passes.length };
  });
  expect(found).toEqual([]);
  const scrollWidth = await tab.evaluate('document.documentElement.scrollWidth');
  expect(scrollWidth).toBeLessThanOrEqual(width);
  return passed;
}

test.for(appearances)(
  '%s at %i x %i px: axe finds nothing, and nothing is wider than the window',
  async (appearance, { browser, setup }) => {
    const [, width, height] = appearance;
    await using opened = await openTab(browser, setup.link, optionsOf(appearance));
    const { tab } = opened;
    await tab.getByText('Answered in').click();
    await tab.getByLabel('Ask, or / for a command').fill('/');
    await tab.getByRole('listbox', { name: 'Suggestions' }).waitFor();
    const pieces = [
      '[aria-label="Panel"]',
      '[role=log]',
      '[role=listbox]',
      '#microphone',
    ];
    const isInSight = pieces.map((part) =>
      tab.locator(part).evaluate((element, bottomEdge) => {
        const { top, bottom } = element.getBoundingClientRect();
        return top >= 0 && bottom > top && bottom <= bottomEdge;
      }, height),
    );
    expect(await Promise.all(isInSight)).toEqual(pieces.map(() => true));
    await expectDrawnWell(tab, width);
  },
);

test.for(appearances)(
  '%s at %i x %i px: a form lies over the room, has the focus, and can be sent and put away',
  async (appearance, { browser, setup }) => {
    const [, width, height] = appearance;
    await using opened = await openTab(browser, setup.link, optionsOf(appearance));
    const { tab } = opened;
    await tab.getByRole('button', { name: 'About you' }).click();
    const form = tab.getByRole('dialog', { name: 'About you' });
    await form.waitFor();
    const box = await form.boundingBox();
    expect(box && box.y >= 0 && box.y + box.height <= height).toBe(true);
    expect(await form.locator(':focus').getAttribute('name')).toBe('name');
    await form.getByRole('button', { name: 'Submit' }).scrollIntoViewIfNeeded();
    await expectDrawnWell(tab, width);
    await tab.keyboard.press('Escape');
    await form.waitFor({ state: 'detached' });
  },
);

/** Notes the layout shifts of a page, as browsers report them, with what moved. */
const shiftProbe = `globalThis.shifts = [];
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries())
      globalThis.shifts.push([value, ...sources.map(({ node }) => node?.outerHTML ?? node?.textContent)]);
  }).observe({ type: 'layout-shift', buffered: true });`;

/** Windows in pixels, and so many times slower scripts. */
const openings = [
  [1_280, 800, 1],
  [1_280, 800, 6],
  [390, 844, 1],
  [390, 844, 6],
] as const;

test.for(openings)(
  'nothing jumps while the room opens at %i x %i px, with a processor %i times as slow: there is no layout shift',
  async ([width, height, rate], { setup, browser }) => {
    const context = await browser.newContext({ viewport: { width, height } });
    const tab = await context.newPage();
    const processor = await context.newCDPSession(tab);
    await processor.send('Emulation.setCPUThrottlingRate', { rate });
    await tab.addInitScript(shiftProbe);
    await tab.goto(setup.link.href);
    await tab.getByText('It is noon.').waitFor();
    // Shifts are told after the frame in which they happened.
    await tab.evaluate(
      'new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))',
    );
    expect(await tab.evaluate('globalThis.shifts')).toEqual([]);
    await context.close();
  },
);

test('on a slow network a sentence is painted after one round trip', async ({
  setup,
  browser,
}) => {
  const latencyMs = 600;
  const context = await browser.newContext();
  const tab = await context.newPage();
  const network = await context.newCDPSession(tab);
  await network.send('Network.enable');
  await network.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: latencyMs,
    downloadThroughput: 20_000,
    uploadThroughput: 20_000,
  });
  await tab.goto(setup.link.href, { waitUntil: 'commit' });
  await tab.getByText('the room opens in a moment').first().waitFor();
  const paintedMs = await tab.evaluate(
    `new Promise((resolve) => new PerformanceObserver((list) => {
      for (const { name, startTime } of list.getEntries()) if (name === 'first-contentful-paint') resolve(startTime);
    }).observe({ type: 'paint', buffered: true }))`,
  );
  // A second round trip would be twice the latency.
  expect(paintedMs).toBeLessThan(2 * latencyMs);
  await tab.getByRole('region', { name: 'Panel' }).waitFor();
  await context.close();
});

test('who cannot see hears what the bot does, and can reach everything by the keyboard', async ({
  tab,
}) => {
  const mood = tab.getByRole('region', { name: 'Panel' }).getByRole('status').first();
  await expect.poll(() => mood.textContent()).toMatch(/\w/);
  const reached = new Set<string>();
  await tab.evaluate('document.activeElement?.blur()');
  for (let n = 0; n < 40; n++) {
    await tab.keyboard.press('Tab');
    reached.add(
      await tab.evaluate<string>(
        `(({ id, innerText, ariaLabel }) => ariaLabel || innerText || id)(document.activeElement)`,
      ),
    );
  }
  const named = [
    'Microphone',
    'Join Stage',
    'line',
    'Send',
    'Hear me',
    'Add a pretend person',
    'Conversation',
  ];
  expect(named.filter((name) => !reached.has(name))).toEqual([]);
});

test('Up brings back what was sent, and Down leads to an empty line', async ({
  tab,
}) => {
  const line = tab.getByLabel('Ask, or / for a command');
  for (const text of ['first', '/ask question:second']) {
    await line.fill(text);
    await line.press('Escape');
    await line.press('Enter');
    await expect.poll(() => line.inputValue()).toBe('');
  }
  for (const [key, shown] of [
    ['ArrowUp', '/ask question:second'],
    ['ArrowUp', 'first'],
    ['ArrowUp', 'first'],
    ['ArrowDown', '/ask question:second'],
    ['ArrowDown', ''],
  ] as const) {
    await line.press(key);
    await expect.poll(() => line.inputValue()).toBe(shown);
  }
});
