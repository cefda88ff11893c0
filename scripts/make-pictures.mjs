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
const maxBytes = 200_000;
const maxAnimationBytes = 480_000;
const animation = { width: 960, height: 600, gapMs: 160, quality: 0.72 };
const waitMs = 60_000;
const marginPx = 12;
const question = 'sandbox/recordings/what-time-is-it.wav';
const appearance = { viewport: { width: 1_280, height: 800 }, ignoreHTTPSErrors: true };
const tallSize = { width: 1_280, height: 1_200 };
const talk = [
  ['Ben', 'Shall we meet on Friday at eight?'],
  ['Adam', 'Friday is fine. I can bring the maps.'],
  ['Ben', 'Then I book the table for four people.'],
];

await mkdir(folder, { recursive: true });
await using opened = new AsyncDisposableStack();
const browser = await openBrowser(question);
opened.defer(() => browser.close());
const wantedNames = process.argv.slice(2);
const isWanted = (name) => wantedNames.length === 0 || wantedNames.includes(name);
if (isWanted('animation')) for (const scheme of ['dark', 'light']) await recordInterruption(scheme);
if (isWanted('pictures')) await pictureSandbox();

/** Records how Nova counts, Adam says "Stop", and asks something else. */
async function recordInterruption(colorScheme) {
  let spokenText = 'What time is it?'; // as the sandbox asks first
  await using mock = await openMockProviders({ pace: instantPace, hears: () => spokenText, rateHz: 24_000 });
  await using program = await openProgram(undefined, { TRANSCRIPTION_BASE_URL: mock.baseUrl });
  const { tab, messages, panel } = await enterSandbox(program, colorScheme);
  const awaitHeardText = () => messages.locator('.you:not(.live)').getByText(spokenText, { exact: true }).waitFor();
  const path = `${folder}talk-${colorScheme}.webp`;
  await saveAnimation(tab, path, animation, async () => {
    await tab.waitForTimeout(1_200);
    await tab.getByRole('button', { name: 'Interrupt the bot' }).click();
    await panel.locator('.orb.speaks').waitFor();
    await messages.locator('.bot').getByText('One,').waitFor(); // it counts
    spokenText = 'Stop.';
    await pressMicrophone(tab);
    await awaitHeardText();
    await messages.locator('.bot:has(.cut) ~ .you').getByText(spokenText).waitFor({ timeout: 5_000 }); // the cut answer stands above what cut it
    await panel.getByText('Listening').waitFor();
    await tab.waitForTimeout(1_000);
    spokenText = 'What time is it?';
    await pressMicrophone(tab);
    await tab.getByRole('button', { name: spokenText }).last().click();
    await panel.locator('.orb.speaks').waitFor();
    await panel.getByText('Listening').waitFor();
    await tab.waitForTimeout(2_500);
  });
  await tab.context().close();
  await checkSize(path, maxAnimationBytes);
}

/** Saves the pictures of one visit. A mock recogniser understands every word. All else is the sandbox's own. */
async function pictureSandbox() {
  const speech = { text: 'What time is it?' };
  await using mock = await openMockProviders({ pace: instantPace, hears: () => speech.text, rateHz: 24_000 });
  await using program = await openProgram(undefined, { TRANSCRIPTION_BASE_URL: mock.baseUrl });
  const visit = await enterSandbox(program);
  await pictureRoom(visit, speech);
  await picturePhone(visit, speech);
  await visit.tab.setViewportSize(tallSize);
  await pictureSettings(visit);
  await pictureCaptions(visit, speech);
  await visit.tab.context().close();
}

/** Saves the room by dark and by light, and its panel. */
async function pictureRoom({ tab, messages, panel, types, says }, speech) {
  await tab.getByText('Add a pretend person').click();
  await types('/track play sound:rain track:bg volume:30');
  await tab.getByRole('slider', { name: 'Volume of bg' }).waitFor();
  await tab.getByRole('button', { name: 'Agrees to be heard' }).click();
  await messages.getByText('I hear you until you say no').waitFor();
  speech.text = 'Nova, what time is it?';
  await says('Nova what time is it'); // without a pause, at which the mock would understand all of it twice
  await tab.getByText('Add a pretend person').click();
  await panel.locator('.orb.speaks').waitFor();
  await savePicture(tab, 'room');
  await tab.emulateMedia({ colorScheme: 'light' });
  await savePicture(tab, 'room-light');
  await tab.emulateMedia({ colorScheme: 'dark' });
  await tab.getByText('Add a pretend person').click();
  await tab.setViewportSize({ width: 720, height: 960 });
  await panel.getByText('Listening').waitFor();
  await tab.getByRole('button', { name: 'Skip on bg' }).click();
  await panel.getByRole('button', { name: 'Ask' }).waitFor(); // in the place of the fader
  await savePicture(tab, 'panel', panel);
}

/** Saves an interrupted answer on a narrow screen. */
async function picturePhone({ tab, messages, panel }, speech) {
  speech.text = 'Stop.';
  await tab.setViewportSize({ width: 390, height: 844 });
  await tab.getByRole('button', { name: 'Interrupt the bot' }).click();
  await panel.locator('.orb.speaks').waitFor();
  await tab.waitForTimeout(1_500); // until it counts
  await pressMicrophone(tab);
  await messages.locator('.you:not(.live)').getByText(speech.text).waitFor();
  await savePicture(tab, 'phone');
  await pressMicrophone(tab);
}

/** Saves the form of a setting. */
async function pictureSettings({ tab, messages, types }) {
  await types('/settings view');
  await chooseOption(messages, 'Advanced: all settings', 'Captions');
  const setting = 'captions_days';
  await messages.locator('select').filter({ hasText: setting }).last().selectOption({ label: setting });
  const form = messages.getByRole('article').last();
  await form.getByText('Type a value').waitFor();
  await savePicture(tab, 'settings', form);
}

/** Saves captions of a talk. */
async function pictureCaptions({ tab, messages, types, says }, speech) {
  await types('/captions on');
  await messages.getByText('Captions on,').waitFor();
  await tab.waitForTimeout(10_000); // until Adam needs its name again
  for (const [name, text] of talk) {
    speech.text = text;
    if (name === 'Ben') await says(text);
    else await pressMicrophone(tab);
    await messages.locator('.written').getByText(text).waitFor({ state: 'attached' }); // folded
  }
  const captions = messages.locator('.written').filter({ hasText: talk.at(-1)[1] });
  await captions.getByText(/(?:…|\.{3})\s*$/).waitFor({ state: 'detached' }); // the mark of words that may change
  await captions.locator('summary').click();
  await savePicture(tab, 'captions', captions);
}

/** Opens the page of a sandbox, with the acts of its reader. */
async function enterSandbox(program, colorScheme = 'dark') {
  const tab = await openTab(colorScheme);
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
    async says(text) {
      await tab.getByLabel('Says').fill(text);
      await tab.getByRole('button', { name: 'Say it' }).click();
    },
  };
}

/** Lets Adam speak, or ends that. */
async function pressMicrophone(tab) {
  await tab.getByRole('button', { name: 'Microphone' }).click();
}

/** Opens an empty tab with its own cookies. */
async function openTab(colorScheme) {
  const context = await browser.newContext({ ...appearance, colorScheme });
  context.setDefaultTimeout(waitMs);
  return await context.newPage();
}

/** Picks a choice of the newest menu of that name. */
async function chooseOption(messages, menu, choice) {
  const form = messages.locator('form').filter({ hasText: menu }).last();
  await form.getByLabel(menu).selectOption({ label: choice });
}

/** Saves a tab, or a part of it, as WebP, which Chromium writes and Playwright does not ask for. */
async function savePicture(tab, name, part) {
  await tab.evaluate('scrollTo(0, 0)');
  const box = await part?.boundingBox();
  const clip = box && { ...box, x: box.x - marginPx, width: box.width + 2 * marginPx, scale: 1 };
  const session = await tab.context().newCDPSession(tab);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 90, clip });
  const path = `${folder}${name}.webp`;
  await writeFile(path, data, 'base64');
  await checkSize(path, maxBytes);
}

/** Throws where a file is too large for the documentation. */
async function checkSize(path, maxBytes) {
  const { size } = await stat(path);
  if (size > maxBytes) throw new Error(`${path} has ${size} bytes: ${maxBytes} are the most.`);
  console.log(`${path} ${size} bytes`);
}
