import type { Browser, Page } from '#tools/browsers.ts';
import { hearPage } from './hear-page.ts';
import { openBrowser, openTab } from './open-browser.ts';
import { openProgram, type Program } from './open-program.ts';

const story =
  'the house stood by the river and nobody knew who built it or why the door was open';
/** Deadline of one attempt. */
const mostRunningMs = 120_000;

const opened = new AsyncDisposableStack();
let program: Program;
let browser: Browser;
beforeAll(async () => {
  [program, browser] = await Promise.all([openProgram(), openBrowser()]);
  opened.use(program);
  opened.defer(() => browser.close());
}, 120_000);
afterAll(() => opened.disposeAsync());
beforeEach(() => onTestFailed(() => console.log(program.screen())));

async function sendQuestion(tab: Page, text: string) {
  const line = tab.getByLabel('Ask, or / for a command');
  await line.fill(text);
  await line.press('Escape'); // else Enter takes a suggestion
  await line.press('Enter');
}

const getFader = (tab: Page, name: string) =>
  tab.getByRole('slider', { name: `Volume of ${name}` });

/** Share of the fader that the level behind it fills, which follows the gain of the mixer. */
async function readLevel(tab: Page, name: string) {
  const style = await getFader(tab, name).locator('..').getAttribute('style');
  return Number(/--level: ?([\d.]+)/.exec(style ?? '')?.[1]);
}

/** Counts lines of the talk about volumes, mute and pause. The folded times of an answer may speak of a pause. */
async function countTrackLines(tab: Page) {
  const talk = tab.getByRole('log', { name: 'Conversation' });
  const unfolded = talk.locator(':not(details *)');
  return await unfolded
    .getByText(/Volume|mute|pause/i)
    .and(unfolded)
    .count();
}

test('a fader, mute and pause change the track for everybody, and nothing of it stands in the talk', {
  timeout: mostRunningMs,
}, async () => {
  await program.shows('Type to speak as Adam');
  await using room = await openTab(browser, program.link);
  const { tab, complaints } = room;
  await sendQuestion(tab, 'play rain');
  const rain = getFader(tab, 'main');
  await rain.waitFor();
  await sendQuestion(tab, '/track loop mode:on');
  await tab.getByText('↻').waitFor();
  // The level is that of the mixer, which ducks the track while the answer is spoken.
  await expect.poll(() => readLevel(tab, 'main')).toBeCloseTo(0.5, 1);
  await rain.fill('60');
  await expect.poll(() => readLevel(tab, 'main')).toBeCloseTo(0.3, 2);
  await using other = await openTab(browser, program.link);
  const otherFader = getFader(other.tab, 'main');
  await expect.poll(() => otherFader.inputValue()).toBe('60');
  await rain.focus();
  await rain.press('ArrowUp'); // five percent
  await expect.poll(() => otherFader.inputValue()).toBe('65');
  // Neither at once, nor in a page that is told everything anew.
  expect(await countTrackLines(other.tab)).toBe(0);
  await other.tab.reload();
  await otherFader.waitFor();
  expect(await countTrackLines(other.tab)).toBe(0);
  await tab.getByRole('button', { name: 'Mute main', pressed: false }).click();
  await tab.getByRole('button', { name: 'Mute main', pressed: true }).waitFor();
  await expect.poll(() => readLevel(tab, 'main')).toBe(0);
  await tab.getByRole('button', { name: 'Mute main', pressed: true }).click();
  await tab.getByRole('button', { name: 'Pause main', pressed: false }).click();
  await tab.getByRole('button', { name: 'Pause main', pressed: true }).click();
  await tab.getByRole('button', { name: 'Pause main', pressed: false }).waitFor();
  expect(await countTrackLines(tab)).toBe(0);
  expect(await tab.locator('.refusal').allTextContents()).toEqual(['', '']);
  expect(complaints).toEqual([]);
});

test('music falls behind its fader while the bot speaks, and rises again', {
  timeout: mostRunningMs,
}, async () => {
  await using room = await openTab(browser, program.link);
  const { tab } = room;
  await getFader(tab, 'main').waitFor();
  const gainBefore = Number(await getFader(tab, 'main').inputValue()) / 200;
  await expect.poll(() => readLevel(tab, 'main')).toBe(gainBefore);
  await sendQuestion(tab, `/say text:${story}`);
  await expect.poll(() => readLevel(tab, 'main')).toBeCloseTo(gainBefore * 0.2, 1);
  await expect.poll(() => readLevel(tab, 'main')).toBeLessThan(gainBefore * 0.25);
  await tab.getByText('quiet under the voice').waitFor();
  await expect.poll(() => readLevel(tab, 'main')).toBe(gainBefore);
});

/** Runs in the page: the part of the ring that is empty, in percent. */
const ringOffset =
  "parseFloat(getComputedStyle(document.querySelector('.timers .left')).strokeDashoffset)";

test('a timer is a ring that empties until it is over, which a screen reader is told once', {
  timeout: mostRunningMs,
}, async () => {
  await using room = await openTab(browser, program.link);
  const { tab } = room;
  await sendQuestion(tab, 'set a timer for twelve seconds');
  const timers = tab.getByRole('region', { name: 'Your timers' });
  await timers.getByText('Timer', { exact: true }).waitFor();
  await tab.getByRole('region', { name: 'Tools' }).getByText('done').last().waitFor();
  const readOffset = async () => Number(await tab.evaluate(ringOffset));
  const first = await readOffset();
  await expect.poll(readOffset).toBeGreaterThan(first + 20);
  const listHeard = await hearPage(tab);
  await timers.waitFor({ state: 'detached' });
  await tab.getByRole('log').getByText("Time's up").last().waitFor();
  const transcripts = await listHeard();
  expect(transcripts.filter((text) => text.includes("Time's up"))).toHaveLength(1);
});

test('a board of sounds stands beside the talk, plays what is pressed, and says who did', {
  timeout: mostRunningMs,
}, async () => {
  await using room = await openTab(browser, program.link);
  const { complaints, tab } = room;
  const board = tab.getByRole('region', { name: 'Sound board' });
  await board.getByRole('button', { name: 'Sound board' }).click();
  const sound = board.getByRole('listitem').getByRole('button').first();
  const title = await sound.textContent();
  await sound.click();
  await board.getByText(`Adam played ${title}`).waitFor();
  await board.getByRole('button', { name: 'Quieter' }).click();
  await board.getByText('75 %').first().waitFor();
  await tab.reload();
  await board.getByText('75 %').first().waitFor();
  expect(
    await tab.getByRole('log').getByRole('button', { name: 'Quieter' }).count(),
  ).toBe(0);
  expect(complaints).toEqual([]);
});
