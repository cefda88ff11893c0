import { readPageTexts } from '#src/texts/page-texts.ts';
import { openTab } from './open-browser.ts';
import { test } from './page-test.ts';

const [english, german] = [readPageTexts('en'), readPageTexts('de')];

/** Texts of the page that differ from the German ones, without words to fill in. */
const englishOnly = Object.entries(english).flatMap(([id, text]) =>
  text === german[id] || text.includes('{') || text.length < 4 ? [] : [text],
);

/** Everything that a reader of the page sees or hears of, also in what is folded. */
const readTexts = `[
  ...[...document.querySelectorAll('*')].flatMap((element) =>
    [...element.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ data }) => data.trim())),
  ...[...document.querySelectorAll('*')].flatMap((element) =>
    ['aria-label', 'placeholder', 'title'].map((name) => element.getAttribute(name) ?? '')),
].filter(Boolean)`;

test('a browser in German shows the whole page in German, 320 px wide without a wider word', async ({
  browser,
  setup,
}) => {
  await using opened = await openTab(browser, setup.link, {
    locale: 'de-DE',
    viewport: { width: 320, height: 640 },
    panel: 'Anzeige',
  });
  const { tab } = opened;
  await tab.getByText('Dein Mikrofon ist aus').waitFor();
  const texts = (await tab.evaluate(readTexts)) as readonly string[];
  expect(texts.length).toBeGreaterThan(40);
  expect(texts.filter((text) => englishOnly.includes(text))).toEqual([]);
  expect(await tab.evaluate('document.documentElement.lang')).toBe('de');
  expect(
    await tab.evaluate('document.documentElement.scrollWidth - innerWidth'),
  ).toBeLessThanOrEqual(0);
  const { SHOT } = process.env;
  if (SHOT) await tab.screenshot({ path: SHOT });
  expect(opened.complaints).toEqual([]);
});

test('another language is chosen by the menu, and kept for this browser', async ({
  browser,
  setup,
}) => {
  await using opened = await openTab(browser, setup.link);
  const { tab } = opened;
  await tab.getByLabel('Language').selectOption('ja');
  await tab.getByRole('region', { name: 'パネル' }).waitFor();
  await tab.reload();
  await tab.getByRole('region', { name: 'パネル' }).waitFor();
  expect(opened.complaints).toEqual([]);
});
