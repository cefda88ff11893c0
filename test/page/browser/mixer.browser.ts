import type { Page } from '#tools/browsers.ts';
import { test } from './page-test.ts';

const track = {
  ...{ name: 'main', title: 'rain', isBusy: true, percent: 100, gainPercent: 100 },
  ...{ isMuted: false, isPaused: false, isLooping: false, waiting: 0 },
  ...{ positionMs: 3_000, lengthMs: 30_000 },
};
const running = [
  { kind: 'tracks', ageMs: 0, tracks: [track, { ...track, name: 'bg' }] },
  {
    kind: 'timers',
    timers: [{ id: '1', text: 'tea', totalMs: 60_000, remainingMs: 45_000 }],
  },
  { kind: 'tools', tools: [{ id: '1', tool: 'play_sound', state: 'running' }] },
];

/** Returns the height of a part that is in sight, in pixels. */
const readHeightInSight = (tab: Page, part: string, windowPx: number) =>
  tab.locator(part).evaluate((element, edgePx) => {
    const { top, bottom } = element.getBoundingClientRect();
    return Math.min(bottom, edgePx) - Math.max(top, 0);
  }, windowPx);

test.for([
  [390, 844],
  [320, 640],
  [820, 1_180],
  [844, 390],
] as const)(
  'at %i x %i px the talk and its line stay in sight while tracks, a timer and a tool run',
  async ([width, height], { setup, tab }) => {
    await tab.setViewportSize({ width, height });
    for (const fact of running) setup.report(fact);
    await tab.getByRole('slider', { name: 'Volume of bg' }).waitFor();
    for (const [part, leastPx] of [
      ['[role=log]', 100],
      ['#line', 40],
      ['#microphone', 40],
    ] as const)
      expect(await readHeightInSight(tab, part, height)).toBeGreaterThanOrEqual(
        leastPx,
      );
  },
);

test('in a large window the first messages follow the welcome', async ({
  setup,
  tab,
}) => {
  await tab.setViewportSize({ width: 1_920, height: 2_160 }); // more than the talk fills
  setup.report({ kind: 'said', who: 'You', text: 'hello' });
  await tab.getByText('hello', { exact: true }).waitFor();
  const [welcome, first] = await Promise.all(
    ['.hello', '.messages article >> nth=0'].map((part) =>
      tab.locator(part).boundingBox(),
    ),
  );
  const gapPx = (first?.y ?? 0) - (welcome ? welcome.y + welcome.height : 0);
  expect(gapPx).toBeGreaterThanOrEqual(0);
  expect(gapPx).toBeLessThan(60);
});

test('a refused fader says why at its place, and goes back to the volume that holds', async ({
  setup,
  tab,
}) => {
  for (const fact of running) setup.report(fact);
  const fader = tab.getByRole('slider', { name: 'Volume of bg' });
  await fader.fill('20');
  const item = tab.locator('.fader').filter({ has: fader });
  await item.getByText('That sound is of Adam.').waitFor();
  await expect.poll(() => fader.inputValue()).toBe('100');
  expect(await tab.getByText('That sound is of Adam.').count()).toBe(1);
});

test('a ring has a name, the time that is left, and a value', async ({
  setup,
  tab,
}) => {
  for (const fact of running) setup.report(fact);
  const ring = tab.getByRole('meter', { name: 'tea' });
  await ring.waitFor();
  expect(await ring.getAttribute('aria-valuetext')).toMatch(/^0:4[45]$/);
  expect(Number(await ring.getAttribute('aria-valuenow'))).toBeGreaterThan(0);
});
