import { readFile } from 'node:fs/promises';
import { frameKinds, toPcmBytes, writeFrame } from '#page/room/sound/sound-frames.js';
import type { Page } from '#tools/browsers.ts';
import { openBrowser } from './open-browser.ts';
import { test as pageTest } from './page-test.ts';

/** A test in a browser with three microphones and loudspeakers of Chromium's own. */
const test = pageTest.extend({
  browser: async ({ task: _ }, use) => {
    await using browser = await openBrowser('sandbox/recordings/what-time-is-it.wav');
    await use(browser);
  },
});

const findMicrophone = (tab: Page, pressed: boolean) =>
  tab.getByRole('button', { name: 'Microphone', pressed });

/** 20 ms of a tone of 1 kHz. */
const tone = Float32Array.from(
  { length: 960 },
  (_, n) => Math.sin((n * Math.PI) / 24) / 2,
);

test('a chosen microphone is used at once and after a reload; one that goes away is told, and the system’s is used', async ({
  tab,
}) => {
  await tab.addInitScript(`{
    const { mediaDevices } = navigator;
    const open = mediaDevices.getUserMedia.bind(mediaDevices);
    const list = mediaDevices.enumerateDevices.bind(mediaDevices);
    mediaDevices.getUserMedia = async (asked) => {
      globalThis.asked = asked.audio.deviceId?.exact ?? '';
      return (globalThis.opened = await open(asked));
    };
    mediaDevices.enumerateDevices = async () =>
      (await list()).filter(({ label }) => label !== globalThis.unplugged);
  }`);
  await tab.reload();
  await findMicrophone(tab, false).click();
  await findMicrophone(tab, true).waitFor();
  await tab.getByText('Sound', { exact: true }).click();
  await tab
    .getByRole('option', { name: /Fake Audio Input 2/ })
    .waitFor({ state: 'attached' });
  const select = tab.locator('aside select').first();
  await select.selectOption({ label: 'Fake Audio Input 2' });
  const usedLabel = () => tab.evaluate<string>('opened.getAudioTracks()[0].label');
  await expect.poll(usedLabel).toBe('Fake Audio Input 2');
  await findMicrophone(tab, true).waitFor();
  await tab.reload();
  await findMicrophone(tab, false).click();
  await findMicrophone(tab, true).waitFor();
  expect(await usedLabel()).toBe('Fake Audio Input 2');
  await tab.evaluate(
    `globalThis.unplugged = 'Fake Audio Input 2',
    opened.getTracks()[0].dispatchEvent(new Event('ended')), undefined`,
  );
  await tab.getByText('Fake Audio Input 2 is gone').waitFor();
  await expect.poll(() => tab.evaluate('asked')).toBe('');
  await findMicrophone(tab, true).waitFor();
});

test('the volume holds for all that the page plays, and is kept in the browser', async ({
  tab,
}) => {
  await tab.getByText('Sound', { exact: true }).click();
  const volume = tab.getByRole('slider', { name: 'Volume' });
  await volume.fill('30');
  await tab.reload();
  await tab.getByText('Sound', { exact: true }).click();
  await expect.poll(() => volume.inputValue()).toBe('30');
});

test('voice, pace and name are chosen by a click, without a bubble, and a voice can be heard', async ({
  tab,
  setup,
}) => {
  await tab.getByRole('heading', { name: 'Lounge' }).click(); // a browser may wait for a press
  await tab.getByText('How Parley speaks with you').click();
  await tab.getByRole('combobox', { name: /^Voice/ }).selectOption('rain');
  await tab.getByText('I speak as Rain.').waitFor();
  await tab.getByLabel('Pace').fill('1.2');
  await tab.getByLabel('Your name').fill('Ada');
  await tab.getByLabel('Your name').press('Tab');
  const sample = tab.waitForRequest('**/voice.wav');
  await tab.getByRole('button', { name: 'Hear it' }).click();
  await sample;
  const commands = setup.asked.filter(({ kind }) => kind === 'command');
  expect(commands.map(({ name, options }) => [name, options])).toEqual([
    ['voice me', { voice: 'rain' }],
    ['voice me', { speed: 1.2 }],
    ['voice me', { name: 'Ada' }],
    ['voice preview', { voice: 'rain' }],
  ]);
  const log = tab.getByRole('log', { name: 'Conversation' });
  expect(await log.getByText('I speak as Rain.').count()).toBe(0);
});

test('the talk is taken along as text, and as sound that was kept in the browser alone', async ({
  tab,
  setup,
}) => {
  await tab.getByRole('heading', { name: 'Lounge' }).click(); // a browser may wait for a press
  await tab.getByText('Take the talk along').click();
  const [text] = await Promise.all([
    tab.waitForEvent('download'),
    tab.getByRole('button', { name: 'Save the text' }).click(),
  ]);
  expect(await readFile(await text.path(), 'utf8')).toContain('Parley: It is noon.');
  await expect.poll(() => setup.sounds.length).toBe(1);
  await tab.getByRole('button', { name: 'Keep the sound' }).click();
  const payload = toPcmBytes(tone);
  for (let n = 0; n < 100; n++) {
    const frame = { kind: frameKinds.heardPcm, sequence: n, atMs: 0, payload };
    setup.sounds[0]?.send(writeFrame(frame));
    if (n % 10 === 9)
      await tab.evaluate('new Promise((resolve) => setTimeout(resolve, 150))');
  }
  const askedBefore = setup.asked.length;
  const [sound] = await Promise.all([
    tab.waitForEvent('download'),
    tab.getByRole('button', { name: 'Save the sound' }).click(),
  ]);
  expect(sound.suggestedFilename()).toMatch(/^parley-.*\.(?:ogg|webm)$/);
  const bytes = await readFile(await sound.path());
  const loudest = await tab.evaluate<number>(`(async () => {
    const bytes = Uint8Array.from(atob('${bytes.toString('base64')}'), (byte) => byte.charCodeAt(0));
    const buffer = await new OfflineAudioContext(1, 1, 48000).decodeAudioData(bytes.buffer);
    return Math.max(...buffer.getChannelData(0).slice(0, 100000));
  })()`);
  expect(loudest).toBeGreaterThan(0.2);
  expect(setup.asked.length).toBe(askedBefore); // nothing was sent anywhere
});

test('an answer stands cut where it was cut, and a screen reader is told', async ({
  tab,
  setup,
}) => {
  setup.report({
    ...{
      kind: 'answered',
      who: 'You',
      text: 'One, two, three.',
      heardText: 'One, two,',
    },
    ...{ finish: 'cancelled', instants: { heardAtMs: 1_000, endedAtMs: 1_180 } },
  });
  const answer = tab.getByRole('article').filter({ hasText: 'One, two,' });
  await answer.getByText('three.').waitFor();
  expect(await answer.locator('s').textContent()).toBe('three.');
  expect(await answer.ariaSnapshot()).toMatch(
    /One, two,.*Interrupted here\. Not heard:.*three\./s,
  );
});

test('captions repeat no bubble: they are folded, and a screen reader is not told twice', async ({
  tab,
  setup,
}) => {
  setup.report({
    ...{
      kind: 'message',
      change: 'posted',
      id: '61',
      channel: 'Lounge',
      author: 'Parley',
    },
    ...{ text: '**Adam** hello there\n**Parley** It is noon.', buttons: [], files: [] },
  });
  const captions = tab.getByText('Captions · 2');
  await captions.waitFor();
  expect(await tab.getByText('hello there').isVisible()).toBe(false);
  await captions.click();
  await tab.getByText('hello there').waitFor();
  expect(await tab.locator('details.captions').getAttribute('aria-live')).toBe('off');
});

test('at 400 % zoom face, microphone and line are in sight at once', async ({
  tab,
}) => {
  await tab.setViewportSize({ width: 320, height: 256 });
  const isInSight = (part: string) =>
    tab.locator(part).evaluate((element) => {
      const { top, bottom } = element.getBoundingClientRect();
      return top >= 0 && bottom > top && bottom <= 256;
    });
  for (const part of ['.orb', '.mood', '#microphone', '#line'])
    await expect.poll(() => isInSight(part)).toBe(true);
});
