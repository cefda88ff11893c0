import { formatText } from '#src/texts/texts.ts';
import type { Page } from '#tools/browsers.ts';
import { listComplaints, openBrowser } from './open-browser.ts';
import { openProgram } from './open-program.ts';

/** "What time is it", as the microphone takes it. */
const question = 'sandbox/recordings/what-time-is-it.wav';
const mostPlayingMs = 240_000;
/** A machine that is busy with other tests hears and speaks late. */
const mostWaitingMs = 60_000;

const log = (tab: Page) => tab.getByRole('log', { name: 'Conversation' });
const bubbles = (tab: Page, words: string) =>
  log(tab).getByRole('article').filter({ hasText: words });
const written = (tab: Page) => log(tab).locator('.written');
const speaking = (tab: Page) =>
  tab.getByRole('region', { name: 'Panel' }).getByText('Nova speaks');

async function write(tab: Page, text: string) {
  const line = tab.getByLabel('Ask, or / for a command');
  await line.fill(text);
  await line.press('Escape'); // else Enter takes a suggestion
  await line.press('Enter');
}

/** Finds the words that stand in the conversation after the first of them, in the order in which they stand there, as one line. */
async function listOrder(tab: Page, words: readonly string[]) {
  const text = (await log(tab).textContent()) ?? '';
  const begin = text.lastIndexOf(words[0] ?? '');
  const places = words.map((word) => ({ word, at: text.indexOf(word, begin) }));
  const found = places.filter(({ at }) => at >= 0).toSorted((a, b) => a.at - b.at);
  return found.map(({ word }) => word).join(', ');
}

test('in the second minute each answer stands once and where it began, and no typed line meets silence', {
  timeout: mostPlayingMs,
}, async () => {
  await using program = await openProgram();
  onTestFailed(() => console.log(program.screen()));
  await using stack = new AsyncDisposableStack();
  const browser = await openBrowser(question);
  stack.defer(() => browser.close());
  const tab = await browser.newPage();
  tab.setDefaultTimeout(mostWaitingMs);
  const complaints = listComplaints(tab);
  onTestFailed(async () => console.log(await log(tab).textContent()));
  await tab.goto(program.link.href);
  await program.shows('Type to speak as Adam');
  const microphone = tab.getByRole('button', { name: 'Microphone' });

  // A line tells of the change, the answer says the same: one bubble, one line.
  const timer = 'Timer 1 is set for 30 minutes.';
  await write(tab, 'set a timer for thirty minutes');
  await speaking(tab).waitFor();
  await bubbles(tab, timer).filter({ hasText: 'Answered in' }).waitFor();
  await speaking(tab).waitFor({ state: 'detached' });
  expect(await bubbles(tab, timer).count()).toBe(1);
  expect(program.screen().split(timer).length - 1).toBe(1);

  // A spoken question cuts the answer, which stands above it.
  const counting = 'count to twelve';
  await write(tab, counting);
  await bubbles(tab, 'Talk over me').waitFor();
  await speaking(tab).waitFor();
  await microphone.click();
  const cut = formatText('page.cut').trim();
  await bubbles(tab, cut).filter({ hasText: 'Answered in' }).waitFor();
  await bubbles(tab, 'The time is now').nth(1).waitFor();
  await microphone.click();
  const words = [counting, cut, 'What time is it', 'The time is now'];
  expect(await listOrder(tab, words)).toBe(words.join(', '));
  await speaking(tab).waitFor({ state: 'detached' });

  // Captions that have begun are not denied.
  await write(tab, '/captions on');
  await bubbles(tab, 'Captions on, for people I may hear').waitFor();
  await microphone.click();
  await bubbles(tab, 'Captions · 2').waitFor();
  await microphone.click();
  await write(tab, ' /captions recap');
  await bubbles(tab, 'Recap of Lounge').waitFor();

  // Whoever said no is told so by a reply once, then beside each further line.
  await write(tab, '/privacy deny');
  const headline = formatText('join.ok.ask', { channel: 'Lounge' });
  await tab.getByRole('region', { name: 'Panel' }).getByText(headline).waitFor();
  const refusal = formatText('consent.no');
  await write(tab, 'hello');
  await written(tab).filter({ hasText: refusal }).nth(1).waitFor();
  await write(tab, 'hello?');
  await log(tab).locator('.note').filter({ hasText: refusal }).waitFor();
  expect(complaints).toEqual([]);
});
