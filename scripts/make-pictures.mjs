// npm run node -- scripts/make-pictures.mjs [animation | pictures]: writes the pictures of
// docs/pictures from the sandbox of `npm start` in Chromium, with a mock recogniser. Delays can be
// read in room.webp, so run it on an idle machine.
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { instantPace, openMockProviders } from '#test/fakes/providers/mock-providers.ts';
import { openBrowser } from '#test/page/browser/open-browser.ts';
import { openProgram } from '#test/page/browser/open-program.ts';
import { saveAnimation } from './save-animation.ts';

const folder = fileURLToPath(new URL('../docs/pictures/', import.meta.url));
const [maxBytes, maxAnimationBytes] = [200_000, 480_000];
const animation = { width: 960, height: 600, gapMs: 160, quality: 0.72 };
const waitMs = 60_000;
const marginPx = 12;
const question = 'sandbox/recordings/what-time-is-it.wav';
const appearance = { viewport: { width: 1_280, height: 800 }, ignoreHTTPSErrors: true };
const tall = { width: 1_280, height: 1_200 };
const talk = [
  ['Ben', 'Shall we meet on Friday at eight?'],
  ['Adam', 'Friday is fine. I can bring the maps.'],
  ['Ben', 'Then I book the table for four people.'],
];

await mkdir(folder, { recursive: true });
await using opened = new AsyncDisposableStack();
const browser = await openBrowser(question);
opened.defer(() => browser.close());
const wanted = process.argv.slice(2);
const isWanted = (name) => wanted.length === 0 || wanted.includes(name);
if (isWanted('animation')) for (const scheme of ['dark', 'light']) await recordInterruption(scheme);
if (isWanted('pictures')) await pictureSandbox();

/** Nova counts, Adam says "Stop", and asks something else. */
async function recordInterruption(colorScheme) {
  let said = 'What time is it?'; // as the sandbox asks first
  await using mock = await openMockProviders({ pace: instantPace, hears: () => said, rateHz: 24_000 });
  await using program = await openProgram(undefined, { TRANSCRIPTION_BASE_URL: mock.baseUrl });
  const { tab, messages, panel } = await enter(program, colorScheme);
  const heard = () => messages.locator('.you:not(.live)').getByText(said, { exact: true }).waitFor();
  const path = `${folder}talk-${colorScheme}.webp`;
  await saveAnimation(tab, path, animation, async () => {
    await tab.waitForTimeout(1_200);
    await tab.getByRole('button', { name: 'Interrupt the bot' }).click();
    await panel.locator('.orb.speaks').waitFor();
    await tab.waitForTimeout(3_000); // until it counts
    said = 'Stop.';
    await pressMicrophone(tab);
    await heard();
    await panel.getByText('Listening').waitFor();
    await tab.waitForTimeout(1_000);
    said = 'What time is it?';
    await pressMicrophone(tab);
    await tab.getByRole('button', { name: said }).click();
    await panel.locator('.orb.speaks').waitFor();
    await panel.getByText('Listening').waitFor();
    await tab.waitForTimeout(2_500);
  });
  await tab.context().close();
  await checkSize(path, maxAnimationBytes);
}

/** A mock recogniser understands every word. All else is the sandbox's own. */
async function pictureSandbox() {
  let said = 'What time is it?';
  await using mock = await openMockProviders({ pace: instantPace, hears: () => said, rateHz: 24_000 });
  await using program = await openProgram(undefined, { TRANSCRIPTION_BASE_URL: mock.baseUrl });
  const { tab, messages, panel, types, says } = await enter(program);
  await tab.getByText('Add a pretend person').click();
  await types('/track play sound:rain track:bg volume:30');
  await panel.getByText('bg: rain').waitFor();
  await tab.getByRole('button', { name: 'Agrees to be heard' }).click();
  await messages.getByText('I hear you until you say no').waitFor();
  said = 'Nova, what time is it?';
  await says('Nova what time is it'); // without a pause, at which the mock would understand all of it twice
  await tab.getByText('Add a pretend person').click();
  await tab.locator('.bot.live').waitFor();
  await save(tab, 'room');
  await tab.emulateMedia({ colorScheme: 'light' });
  await save(tab, 'room-light');
  await tab.emulateMedia({ colorScheme: 'dark' });
  await tab.getByText('Add a pretend person').click();
  await tab.setViewportSize({ width: 720, height: 800 });
  await panel.getByText('Listening').waitFor();
  await save(tab, 'panel', panel);
  said = 'Stop.';
  await tab.setViewportSize({ width: 390, height: 844 });
  await tab.getByRole('button', { name: 'Interrupt the bot' }).click();
  await panel.locator('.orb.speaks').waitFor();
  await tab.waitForTimeout(2_000); // until it counts
  await pressMicrophone(tab);
  await messages.locator('.you:not(.live)').getByText(said).waitFor();
  await save(tab, 'phone');
  await pressMicrophone(tab);
  await tab.setViewportSize(tall);

  await types('/settings view');
  await choose(messages, 'Advanced: all settings', 'Captions');
  await choose(messages, 'Choose', 'captions_days');
  const setting = messages.getByRole('article').last();
  await setting.getByText('Type a value').waitFor();
  await save(tab, 'settings', setting);

  await types('/captions on');
  await messages.getByText('Captions on,').waitFor();
  await tab.waitForTimeout(10_000); // until Adam needs its name again
  for (const [name, words] of talk) {
    said = words;
    if (name === 'Ben') await says(words);
    else await pressMicrophone(tab);
    await messages.locator('.written').getByText(words).waitFor();
  }
  const captions = messages.locator('.written').filter({ hasText: talk.at(-1)[1] });
  await captions.getByText(/(?:…|\.{3})\s*$/).waitFor({ state: 'detached' }); // the mark of words that may change
  await save(tab, 'captions', captions);
  await tab.context().close();
}

async function enter(program, colorScheme = 'dark') {
  const tab = await newTab(colorScheme);
  await tab.goto(program.link.href);
  await program.shows('Type to speak as Adam');
  return {
    tab,
    messages: tab.getByRole('log', { name: 'Conversation' }),
    panel: tab.getByRole('region', { name: 'Panel' }),
    async types(line) {
      await tab.getByLabel('Ask, or / for a command').fill(line);
      await tab.getByRole('button', { name: 'Send' }).click();
    },
    async says(words) {
      await tab.getByLabel('Says').fill(words);
      await tab.getByRole('button', { name: 'Say it' }).click();
    },
  };
}

async function pressMicrophone(tab) {
  await tab.getByRole('button', { name: 'Microphone' }).click();
}

async function newTab(colorScheme) {
  const context = await browser.newContext({ ...appearance, colorScheme });
  context.setDefaultTimeout(waitMs);
  return await context.newPage();
}

async function choose(messages, menu, choice) {
  const form = messages.locator('form').filter({ hasText: menu }).last();
  await form.getByLabel(menu).selectOption({ label: choice });
}

/** Saves a tab, or a part of it, as WebP, which Chromium writes and Playwright does not ask for. */
async function save(tab, name, part) {
  await tab.evaluate('scrollTo(0, 0)');
  const box = await part?.boundingBox();
  const clip = box && { ...box, x: box.x - marginPx, width: box.width + 2 * marginPx, scale: 1 };
  const session = await tab.context().newCDPSession(tab);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 90, clip });
  const path = `${folder}${name}.webp`;
  await writeFile(path, data, 'base64');
  await checkSize(path, maxBytes);
}

async function checkSize(path, most) {
  const { size } = await stat(path);
  if (size > most) throw new Error(`${path} has ${size} bytes: ${most} are the most.`);
  console.log(`${path} ${size} bytes`);
}
