import { minUnderstoodShare } from '#src/probes/engine-probes.ts';
import type { Browser, BrowserContext, Page } from '#tools/browsers.ts';
import { listComplaints, openBrowser } from './open-browser.ts';
import { openProgram, type Program } from './open-program.ts';
import { forgetTapped, TabListener, tapSound } from './tap-sound.ts';

/** "What time is it", as the microphone takes it. */
const question = 'sandbox/recordings/what-time-is-it.wav';
/** Most bytes, packed, that the browser loads before the room is drawn. */
const mostFirstLoadBytes = 150_000;
/** Deadline of one attempt. */
const mostPlayingMs = 120_000;
/** Most words on the first screen of a phone, beside those of the conversation. */
const mostFirstWords = 60;
/** Acts of a newcomer that are tried, of three kinds. */
const firstActs = 9;
const story =
  'the house stood by the river and nobody knew who built it or why the door was open';

const opened = new AsyncDisposableStack();
const listener = opened.use(new TabListener());
let program: Program;
let browser: Browser;
let context: BrowserContext;
beforeAll(async () => {
  [program, browser] = await Promise.all([openProgram(), openBrowser(question)]);
  opened.use(program);
  opened.defer(() => browser.close());
  context = await browser.newContext();
  await tapSound(context);
}, 120_000);
afterAll(() => opened.disposeAsync());
beforeEach(() => onTestFailed(() => console.log(program.screen())));

/** The only tab of the browser. */
async function onlyTab(): Promise<[tab: Page, complaints: readonly string[]]> {
  for (const tab of context.pages()) await tab.close();
  const tab = await context.newPage();
  const complaints = listComplaints(tab);
  await tab.goto(program.link.href);
  return [tab, complaints];
}

/** A further tab of the browser that was let in. */
async function nextTab() {
  const tab = await context.newPage();
  await tab.goto(program.link.origin);
  await tab.getByRole('button', { name: 'Leave Lounge' }).waitFor();
  return tab;
}

/** Runs in the page: the number of words in sight, without those of the conversation. */
const wordsInSight = `(() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let count = document.getElementById('line').placeholder.split(' ').length;
  while (texts.nextNode()) {
    const { currentNode: text } = texts;
    for (const { 0: word, index } of text.data.matchAll(/\\S+/g)) {
      const range = new Range();
      range.setStart(text, index);
      range.setEnd(text, index + word.length);
      const { x, y, width, height } = range.getBoundingClientRect();
      const seen = document.elementFromPoint(x + width / 2, y + height / 2);
      if (seen === text.parentElement && !seen.closest('.face, .bubble')) count++;
    }
  }
  return count;
})()`;

const findLog = (tab: Page) => tab.getByRole('log', { name: 'Conversation' });
const answersOf = (tab: Page) =>
  findLog(tab).getByRole('article').filter({ hasText: 'Answered in' });
const answersTo = (tab: Page, name: string) =>
  answersOf(tab).getByText(`Answer to ${name}`);
const findWritten = (tab: Page) => findLog(tab).locator('.written');
const findSpeaking = (tab: Page, name: string) =>
  tab.getByRole('region', { name: 'Panel' }).getByText(`${name} speaks`);

test('who opens the link that npm start prints and speaks sees and hears the answer', {
  timeout: mostPlayingMs,
}, async () => {
  const [tab, complaints] = await onlyTab();
  await tab.getByRole('region', { name: 'Panel' }).waitFor();
  const [loadedBytes = 0, firstPaintMs = 0] = (await tab.evaluate(`[
    performance.getEntries().reduce((sum, { transferSize = 0 }) => sum + transferSize, 0),
    performance.getEntriesByName('first-contentful-paint')[0].startTime,
  ]`)) as readonly number[];
  console.log(
    `first load ${loadedBytes} bytes, first paint ${Math.round(firstPaintMs)} ms`,
  );
  expect(loadedBytes).toBeLessThan(mostFirstLoadBytes);
  await program.shows('Type to speak as Adam');
  const shownCount = await answersOf(tab).count();
  const locator = findLog(tab).locator('.you:not(.live)').getByText('what time is it');
  const askedBefore = await locator.count();
  await tab.getByRole('button', { name: 'Microphone' }).click();
  await findSpeaking(tab, 'Adam').waitFor();
  await findSpeaking(tab, 'Nova').waitFor();
  await expect.poll(() => answersOf(tab).count()).toBe(shownCount + 1);
  await findSpeaking(tab, 'Nova').waitFor({ state: 'detached' });
  await tab.getByRole('button', { name: 'Microphone' }).click();
  expect(askedBefore).toBeGreaterThan(0);
  expect(await locator.count()).toBe(askedBefore + 1);
  const answer = answersOf(tab).last();
  await answer.getByText('Answered in').click();
  const text = (await answer.getByText('The time is now').textContent()) ?? '';
  const stages = await answer.getByRole('listitem').locator('span').allTextContents();
  expect(new Set(stages)).toEqual(
    new Set([
      ...['I noticed that you had finished', 'Your words were recognised'],
      ...['The model began its answer', 'Its first words were whole'],
      ...['The voice began to speak them', 'The sound left', 'You heard it'],
    ]),
  );
  expect(await listener.measureUnderstood(tab, text)).toBeGreaterThan(
    minUnderstoodShare,
  );
  expect(complaints).toEqual([]);
  await tab.close();
});

test('what newcomers do first is answered: they type, press Microphone and talk, or type /', {
  timeout: mostPlayingMs,
}, async () => {
  const tab = await nextTab();
  await tab.setViewportSize({ width: 390, height: 844 });
  const words = Number(await tab.evaluate(wordsInSight));
  console.log(`${words} words on the first screen of a phone`);
  expect(words).toBeLessThanOrEqual(mostFirstWords);
  const line = tab.getByLabel('Ask, or / for a command');
  const microphone = tab.getByRole('button', { name: 'Microphone' });
  const isAnswered = async (act: () => Promise<void>) => {
    const answeredBefore = await answersOf(tab).count();
    await act();
    await expect.poll(() => answersOf(tab).count()).toBe(answeredBefore + 1);
    await findSpeaking(tab, 'Nova').waitFor({ state: 'detached' });
  };
  let answered = 0;
  while (answered < firstActs) {
    await isAnswered(async () => {
      await line.fill('hello');
      await line.press('Enter');
    });
    await isAnswered(() => microphone.click());
    await microphone.click();
    await line.pressSequentially('/');
    await tab.getByRole('option', { name: '/ask' }).waitFor();
    await line.clear();
    answered += 3;
  }
  console.log(`${answered} of ${answered} first acts were answered`);
  await tab.close();
});

test(
  'buttons of the panel, a command completed by keys and a second person do what they do on Discord',
  { timeout: mostPlayingMs, retry: 1 },
  pressesTypesAndSpeaks,
);

async function pressesTypesAndSpeaks() {
  const tab = await nextTab();
  const panel = tab.getByRole('region', { name: 'Panel' });
  const chat = findWritten(tab);
  for (const state of ['I stopped listening', 'Just talk to me']) {
    await panel.getByRole('button', { name: 'More' }).click();
    await chat.getByRole('button', { name: 'Pause/resume' }).last().click();
    await panel.getByText(state).waitFor();
  }
  const line = tab.getByLabel('Ask, or / for a command');
  for (const command of ['/captions on', '/captions off']) {
    await line.fill(command);
    await line.press('Enter');
    await chat
      .getByText(/Captions (on|off)/)
      .first()
      .waitFor();
    await panel.getByRole('button', { name: 'Ask' }).waitFor();
  }
  await line.pressSequentially('/as');
  await line.press('Enter');
  await expect.poll(() => line.inputValue()).toBe('/ask ');
  for (const key of ['ArrowDown', 'Enter']) await line.press(key);
  await expect.poll(() => line.inputValue()).toBe('/ask question:');
  await line.pressSequentially('what time is it');
  await line.press('Enter');
  const stop = panel.getByRole('button', { name: 'Stop' });
  await stop.waitFor(); // while something sounds
  await stop.waitFor({ state: 'detached' });
  await findLog(tab).getByText('The time is now').first().waitFor();
  await line.fill('/track play file:');
  await tab.getByLabel('File for file:').setInputFiles(question);
  await expect.poll(() => line.inputValue()).toMatch(/^\/track play file:.*\.wav $/);
  await line.press('Enter');
  await chat.getByText('what-time-is-it').first().waitFor();
  const shownCount = await answersTo(tab, 'Ben').count();
  await tab.getByText('Add a pretend person').click();
  await tab.getByLabel('Who').fill('Ben');
  await tab.getByRole('button', { name: 'Agrees to be heard' }).click();
  await chat.getByText('I hear you until you say no').first().waitFor();
  await askByName(tab);
  await findSpeaking(tab, 'Nova').waitFor();
  await expect.poll(() => answersTo(tab, 'Ben').count()).toBeGreaterThan(shownCount);
  await tab.close();
}

/** Ben asks until his words are shown with the name in them: the local recogniser guesses badly now and then. */
async function askByName(tab: Page) {
  const locator = findLog(tab).locator('.other:not(.live)').filter({ hasText: 'Ben:' });
  let text = '';
  while (!text.toLowerCase().includes('nova')) {
    const answeredBefore = await locator.count();
    await tab.getByLabel('Says').fill('Nova, who are you?');
    await tab.getByRole('button', { name: 'Say it' }).click();
    await findSpeaking(tab, 'Ben').waitFor();
    await expect.poll(() => locator.count()).toBeGreaterThan(answeredBefore);
    text = (await locator.last().textContent()) ?? '';
  }
}

test('the later of two tabs has the microphone, and the first is told', async () => {
  const [first, second] = [await nextTab(), await nextTab()];
  await first.getByRole('button', { name: 'Microphone' }).click();
  await first.getByRole('button', { name: 'Microphone', pressed: true }).waitFor();
  await second.getByRole('button', { name: 'Microphone' }).click();
  await second.getByRole('button', { name: 'Microphone', pressed: true }).waitFor();
  await first.getByText('Another tab has the microphone now').waitFor();
  await first.getByRole('button', { name: 'Microphone', pressed: false }).waitFor();
  await Promise.all([first.close(), second.close()]);
});

test('a page that is closed in mid-answer leaves the bot speaking to everybody else', {
  timeout: mostPlayingMs,
}, async () => {
  const [tab, other] = [await nextTab(), await nextTab()];
  await other.getByRole('heading', { name: 'Lounge' }).click(); // a browser plays once something was pressed
  await forgetTapped(other);
  await tab.getByLabel('Ask, or / for a command').fill(`/say text:${story}`);
  await tab.getByLabel('Ask, or / for a command').press('Enter');
  await findSpeaking(tab, 'Nova').waitFor();
  await tab.close();
  await findSpeaking(other, 'Nova').waitFor({ state: 'detached' });
  expect(await listener.measureUnderstood(other, story)).toBeGreaterThan(
    minUnderstoodShare,
  );
});
