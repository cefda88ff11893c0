import { dropCodes, ignoreCodes } from '#sandbox/page/browser-protocol.ts';
import { readPageTexts } from '#src/texts/page-texts.ts';
import type { Page } from '#tools/browsers.ts';
import { findUntranslated } from './find-untranslated.ts';
import { openBrowser, openTab } from './open-browser.ts';
import { test } from './page-test.ts';

/** Words of the bot and of people, and names, in this room. */
const roomWords = [
  ...['Parley', 'You', 'Adam', 'Beth', 'Lounge', 'Stage', 'A', 'B', 'Y', 'In Lounge'],
  ...['Hear me', 'Stop', 'About you', 'Name', 'Story', 'Once', 'Colour', 'Red', 'Blue'],
  ...['A colour', 'main', 'rain', 'tea', 'gpt at 127.0.0.1', 'OpenAI', 'Ollama'],
  ...['llama3.2', 'qwen3', 'default', 'Ben'],
];

/** Everything of the page but words in bubbles, which are those of the bot and of people. */
const pieces = [
  ...['.stage', '.running', 'aside', '.composer', '.hello', '.note', 'dialog'],
  ...['.bubble details', '.bubble .only', '.bubble .hidden', '.bubble select'],
];

const track = {
  ...{ name: 'main', title: 'rain', isBusy: true, percent: 100, gainPercent: 20 },
  ...{ isMuted: false, isPaused: false, isLooping: true, waiting: 2 },
};
const toolStates = ['running', 'asked', 'failed', 'refused', 'stopped', 'completed'];
const timer = { id: '1', text: '', totalMs: 60_000 };

/** One of everything that the room tells a page, and that a page explains. */
const events = [
  ...ignoreCodes.map((why) => ({ kind: 'ignored', who: 'Adam', why })),
  ...dropCodes.map((why) => ({ kind: 'dropped', who: 'Adam', why })),
  ...['completed', 'cancelled', 'empty', 'failed'].map((finish, answerId) => ({
    ...{ kind: 'answered', answerId, who: 'You', text: 'One, two.', heardText: 'One,' },
    ...{
      finish,
      instants: { heardAtMs: 1_000, endedAtMs: 1_180, firstSentAtMs: 1_310 },
    },
  })),
  { kind: 'tracks', ageMs: 0, tracks: [track, { ...track, name: 'voice' }] },
  {
    kind: 'tracks',
    ageMs: 0,
    tracks: [
      { ...track, isMuted: true },
      { ...track, name: 'voice', isPaused: true },
    ],
  },
  {
    kind: 'timers',
    timers: [
      { ...timer, remainingMs: 50_000 },
      { ...timer, id: '2', remainingMs: -9_000 },
    ],
  },
  {
    kind: 'tools',
    tools: toolStates.map((state) => ({ id: state, tool: 'play_sound', state })),
  },
  { kind: 'models', hasChatModel: false },
  {
    ...{ kind: 'message', change: 'posted', id: '80', channel: 'general' },
    ...{ author: 'Parley', text: '', buttons: [], files: [] },
    menus: [
      { customId: 'unnamed', disabled: false, minCount: 1, maxCount: 1, choices: [] },
    ],
  },
];

const tongues = [
  ['de', 'de-DE'],
  ['es', 'es-MX'],
  ['ja', 'ja-JP'],
] as const;

test.for(tongues)(
  'a browser in %s shows no sentence of another language, whatever happens, 320 px wide without a wider word',
  async ([locale, tag], { browser, setup }) => {
    const texts = readPageTexts(locale);
    const getText = (id: string) => texts[id] ?? id;
    await using opened = await openTab(browser, setup.link, {
      locale: tag,
      viewport: { width: 320, height: 640 },
      panel: getText('page.panel'),
    });
    const { tab } = opened;
    const expectTranslated = async () => {
      const matches = pieces.map((part) =>
        findUntranslated(tab, locale, roomWords, part),
      );
      expect((await Promise.all(matches)).flat()).toEqual([]);
    };
    expect(await tab.evaluate('document.documentElement.lang')).toBe(locale);
    for (const event of events) {
      setup.report(event);
      if (event.kind !== 'tracks') continue;
      await tab.getByRole('slider', { name: 'main' }).waitFor();
      await expectTranslated();
    }
    await tab
      .getByRole('meter', { name: getText('page.timer') })
      .last()
      .waitFor();
    await expectTranslated();
    expect(
      await tab.evaluate('document.documentElement.scrollWidth - innerWidth'),
    ).toBeLessThanOrEqual(0);
    for (const kind of ['tracks', 'timers', 'tools'])
      setup.report({ kind, [kind]: [] });
    const line = tab.getByLabel(getText('page.line'));
    for (const typed of ['/ask', '/none', '/track play', '/']) {
      await line.fill(typed);
      await line.press('Escape');
      await line.press('Enter');
      await tab.locator('.notice').last().getByText(/./).waitFor();
      await expectTranslated();
    }
    await tab
      .getByRole('button', { name: getText('page.connect.button') })
      .first()
      .click();
    await tab.getByLabel(getText('page.connect.key')).fill('sk-no');
    await tab
      .getByRole('button', { name: getText('page.connect.connect') })
      .last()
      .click();
    await tab.locator('dialog pre').waitFor();
    await expectTranslated();
    await tab.keyboard.press('Escape');
    for (const channel of setup.channels)
      channel.close(1_013, 'This page does not read.');
    await tab.getByText(getText('page.lost')).waitFor();
    await expectTranslated();
  },
);

/** Sets a mark in the page that a reload would take away. */
const keepPage = (tab: Page) => tab.evaluate('void (globalThis.isSamePage = true)');

test('another language is chosen without a reload: the talk, a typed line and the microphone stay, and it is kept for this browser', async ({
  setup,
}) => {
  await using browser = await openBrowser('sandbox/recordings/what-time-is-it.wav');
  await using opened = await openTab(browser, setup.link);
  const { tab } = opened;
  await keepPage(tab);
  setup.report({ kind: 'ignored', who: 'Adam', why: 'off' });
  await tab.getByRole('button', { name: 'Microphone' }).click();
  await expect.poll(() => setup.frames.length).toBeGreaterThan(0);
  await tab.getByLabel('Ask, or / for a command').fill('half a line');
  await tab.getByLabel('Language').selectOption('ja');
  const japanese = readPageTexts('ja');
  await tab.getByRole('region', { name: japanese['page.panel'] ?? '' }).waitFor();
  const off = japanese['page.ignored.off']?.replace('{bot}', 'Parley') ?? '';
  await tab.getByText(off).waitFor();
  expect(await tab.evaluate('globalThis.isSamePage')).toBe(true);
  expect(await tab.evaluate('document.documentElement.lang')).toBe('ja');
  expect(await tab.locator('#line').inputValue()).toBe('half a line');
  await expect
    .poll(() => setup.asked.at(-1))
    .toMatchObject({ kind: 'language', locale: 'ja' });
  const framesBefore = setup.frames.length;
  await expect.poll(() => setup.frames.length).toBeGreaterThan(framesBefore);
  await tab.reload();
  await tab.getByRole('region', { name: japanese['page.panel'] ?? '' }).waitFor();
  expect(opened.complaints).toEqual([]);
});
