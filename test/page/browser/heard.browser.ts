import type { Page } from '#tools/browsers.ts';
import { hearPage } from './hear-page.ts';
import { test } from './page-test.ts';

const answer = {
  ...{ answerId: 7, who: 'You' },
  instants: { heardAtMs: 1_000, endedAtMs: 1_180 },
};
const track = {
  ...{ name: 'main', title: 'rain', isBusy: true, percent: 100, gainPercent: 100 },
  ...{ isMuted: false, isPaused: false, isLooping: false, waiting: 0 },
};
const message = {
  ...{ kind: 'message', change: 'posted', channel: 'Lounge', author: 'Parley' },
  ...{ buttons: [], files: [] },
};

/** Waits until the page has drawn a line that is told last. */
async function drawLastLine(
  tab: Page,
  report: (event: { kind: string; who: string; text: string }) => void,
) {
  report({ kind: 'said', who: 'Adam', text: 'This is the end.' });
  await tab.getByText('This is the end.').waitFor();
}

test('an answer is heard once, whole, however its words come, and without its times', async ({
  setup,
  tab,
}) => {
  const listHeard = await hearPage(tab);
  setup.report({ kind: 'answering', ...answer });
  for (const text of ['The', 'The time is', 'The time is noon.']) {
    setup.report({ kind: 'live', who: 'Parley', text, answerId: 7 });
    await tab.locator('.bubble').getByText(text, { exact: true }).waitFor();
  }
  const text = 'The time is noon.';
  setup.report({
    ...{ kind: 'answered', ...answer, text, heardText: text, finish: 'completed' },
    wallMs: 1_000,
  });
  await tab.getByText('Answered in').last().waitFor();
  await drawLastLine(tab, setup.report);
  const transcripts = (await listHeard()).filter((sentence) =>
    sentence.includes('time is'),
  );
  expect(transcripts).toEqual(['Parley: The time is noon.']);
});

test('what people say, why nobody answers, and what is refused is heard once each', async ({
  setup,
  tab,
}) => {
  setup.report({ kind: 'tracks', ageMs: 0, tracks: [track] });
  const fader = tab.getByRole('slider', { name: 'Volume of main' });
  await fader.waitFor();
  const listHeard = await hearPage(tab);
  setup.report({ kind: 'said', who: 'Adam', text: 'Good morning.' });
  setup.report({ kind: 'ignored', who: 'Adam', why: 'off' });
  const line = tab.getByLabel('Ask, or / for a command');
  await line.fill('/none');
  await line.press('Enter');
  await tab.locator('.notice').getByText('/none').waitFor();
  await fader.fill('20');
  await tab.locator('.refusal').getByText('That sound is of Adam.').waitFor();
  await drawLastLine(tab, setup.report);
  const transcripts = await listHeard();
  for (const text of [
    'Good morning.',
    'commands only',
    '/none',
    'That sound is of Adam.',
  ])
    expect(transcripts.filter((sentence) => sentence.includes(text))).toHaveLength(1);
});

test('the next sound of a track is heard by its title; levels, places and what repeats a bubble are not', async ({
  setup,
  tab,
}) => {
  setup.report({ kind: 'tracks', ageMs: 0, tracks: [track] });
  const title = tab.locator('.fader .title');
  await title.getByText('rain').waitFor();
  const listHeard = await hearPage(tab);
  for (const gainPercent of [80, 40]) {
    const changed = { ...track, gainPercent, positionMs: gainPercent, lengthMs: 1_000 };
    setup.report({ kind: 'tracks', ageMs: 0, tracks: [changed] });
  }
  setup.report({ kind: 'tracks', ageMs: 0, tracks: [{ ...track, title: 'waves' }] });
  await title.getByText('waves').waitFor();
  setup.report({
    ...{ ...message, id: '61' },
    text: '**Adam** hello there\n**Parley** It is noon.',
  });
  await tab.getByText('Captions · 2').waitFor();
  await drawLastLine(tab, setup.report);
  expect(await listHeard()).toEqual(['waves', 'Parley:', 'Adam: This is the end.']);
});

test('in the accessibility tree every fader, ring, menu and button has a name, and each fader a value', async ({
  setup,
  tab,
}) => {
  setup.report({ kind: 'tracks', ageMs: 0, tracks: [track] });
  const timer = { id: '1', text: 'tea', totalMs: 60_000, remainingMs: 45_000 };
  setup.report({ kind: 'timers', timers: [timer] });
  await tab.getByRole('meter', { name: 'tea' }).waitFor();
  for (const details of await tab.locator('aside > details > summary').all())
    await details.click();
  const session = await tab.context().newCDPSession(tab);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  const controls = nodes.filter(
    ({ ignored, role }) =>
      !ignored && ['button', 'slider', 'meter', 'combobox'].includes(`${role?.value}`),
  );
  expect(controls.length).toBeGreaterThan(15);
  expect(controls.filter(({ name }) => !name?.value)).toEqual([]);
  const sliders = controls.filter(({ role }) => role?.value === 'slider');
  const values = sliders.map(({ name, value }) => [name?.value, value?.value]);
  expect(values).toContainEqual(['Volume of main', 100]);
  expect(values).toContainEqual(['Volume', 100]);
  expect(values.filter(([, value]) => value === undefined)).toEqual([]);
});
