import { formatText } from '#src/texts/texts.ts';
import type { Page } from '#tools/browsers.ts';
import { listComplaints, openBrowser } from './open-browser.ts';
import { openProgram } from './open-program.ts';

/** "What time is it", as the microphone takes it. */
const question = 'sandbox/recordings/what-time-is-it.wav';
const mostPlayingMs = 240_000;
/** A machine that is busy with other tests hears and speaks late. */
const mostWaitingMs = 60_000;

const findLog = (tab: Page) => tab.getByRole('log', { name: 'Conversation' });
const findBubbles = (tab: Page, text: string) =>
  findLog(tab).getByRole('article').filter({ hasText: text });
const findWritten = (tab: Page) => findLog(tab).locator('.written');
const findSpeaking = (tab: Page) =>
  tab.getByRole('region', { name: 'Panel' }).getByText('Nova speaks');

async function writeQuestion(tab: Page, text: string) {
  const line = tab.getByLabel('Ask, or / for a command');
  await line.fill(text);
  await line.press('Escape'); // else Enter takes a suggestion
  await line.press('Enter');
}

/** Finds the words that stand in the conversation after the first of them, in the order in which they stand there, as one line. */
async function listOrder(tab: Page, words: readonly string[]) {
  const text = (await findLog(tab).textContent()) ?? '';
  const begin = text.lastIndexOf(words[0] ?? '');
  const places = words.map((word) => ({ word, at: text.indexOf(word, begin) }));
  const matches = places.filter(({ at }) => at >= 0).toSorted((a, b) => a.at - b.at);
  return matches.map(({ word }) => word).join(', ');
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
  onTestFailed(async () => console.log(await findLog(tab).textContent()));
  await tab.goto(program.link.href);
  await program.shows('Type to speak as Adam');
  const microphone = tab.getByRole('button', { name: 'Microphone' });

  // A line tells of the change, the answer says the same: one bubble, one line.
  const timer = 'Timer 1 is set for 30 minutes.';
  await writeQuestion(tab, 'set a timer for thirty minutes');
  await findSpeaking(tab).waitFor();
  await findBubbles(tab, timer).filter({ hasText: 'Answered in' }).waitFor();
  await findSpeaking(tab).waitFor({ state: 'detached' });
  expect(await findBubbles(tab, timer).count()).toBe(1);
  expect(program.screen().split(timer).length - 1).toBe(1);

  // A spoken question cuts the answer, which stands above it.
  const counting = 'count to twelve';
  await writeQuestion(tab, counting);
  await findBubbles(tab, 'Talk over me').waitFor();
  await findSpeaking(tab).waitFor();
  await microphone.click();
  const cut = formatText('page.cut').trim();
  await findBubbles(tab, cut).filter({ hasText: 'Answered in' }).waitFor();
  await findBubbles(tab, 'The time is now').nth(1).waitFor();
  await microphone.click();
  const words = [counting, cut, 'What time is it', 'The time is now'];
  expect(await listOrder(tab, words)).toBe(words.join(', '));
  await findSpeaking(tab).waitFor({ state: 'detached' });

  // Captions that have begun are not denied.
  await writeQuestion(tab, '/captions on');
  await findBubbles(tab, 'Captions on, for people I may hear').waitFor();
  await microphone.click();
  await findBubbles(tab, 'Captions · 2').waitFor();
  await microphone.click();
  await writeQuestion(tab, ' /captions recap');
  await findBubbles(tab, 'Recap of Lounge').waitFor();

  // Whoever said no is told so by a reply once, then beside each further line.
  await writeQuestion(tab, '/privacy deny');
  const headline = formatText('join.ok.ask', { channel: 'Lounge' });
  await tab.getByRole('region', { name: 'Panel' }).getByText(headline).waitFor();
  const refusal = formatText('consent.no');
  await writeQuestion(tab, 'hello');
  await findWritten(tab).filter({ hasText: refusal }).nth(1).waitFor();
  await writeQuestion(tab, 'hello?');
  await findLog(tab).locator('.note').filter({ hasText: refusal }).waitFor();
  expect(complaints).toEqual([]);
});
