import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { readOpusPackets } from '#bench/turns/voice-clips.ts';
import { writeWav } from '#src/audio/formats/wav.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { minUnderstoodShare } from '#src/probes/engine-probes.ts';
import { readPageTexts } from '#src/texts/page-texts.ts';
import { formatText, type Locale, type TextId } from '#src/texts/texts.ts';
import { readClip } from '#test/audio/clip-archive.ts';
import { joinedSpeech } from '#test/audio/recorded-speech.ts';
import type { Page } from '#tools/browsers.ts';
import { findUntranslated } from './find-untranslated.ts';
import { listComplaints, openBrowser } from './open-browser.ts';
import { openProgram } from './open-program.ts';
import { forgetTapped, readTapped, TabListener, tapSound } from './tap-sound.ts';

/** Deadline of one newcomer. */
const mostNewcomerMs = 120_000;
/** Gets the name of a language in a language. */
const getLanguageName = (code: Locale, locale: Locale) =>
  new Intl.DisplayNames(locale, { type: 'language' }).of(code) ?? code;

/** Names in the sandbox, and of Chromium's devices, which no language changes. */
const names = [
  ...['Nova', 'Adam', 'Ben', 'A', 'Lounge', 'Workshop'],
  ...['Input', 'Output'].flatMap((kind) =>
    [1, 2].map((n) => `Fake Audio ${kind} ${n}`),
  ),
];

/** Samples of silence are smaller, of 32,767. */
const maxSilentSample = 4;

const listener = new TabListener();
afterAll(() => listener[Symbol.asyncDispose]());

/** Folder of test/fixtures, and the clip's name. */
type Clip = readonly [folder: string, name: string];

type Newcomer = {
  readonly tag: string;
  readonly locale: Locale;
  /** "How are you?" in the language. */
  readonly question: string;
  /** A person who speaks the language, and words that a recogniser finds there. */
  readonly clip: Clip;
  readonly heard: RegExp;
};

const newcomers: readonly Newcomer[] = [
  {
    tag: 'de-DE',
    locale: 'de',
    question: 'Wie geht es dir?',
    clip: ['human', 'pv-cheetah-test_de_norm'],
    heard: /Lieblingszahl/,
  },
  {
    tag: 'es-ES',
    locale: 'es',
    question: '¿Cómo estás?',
    clip: ['prompts', 'es/ast-es-queue-periodic-announce'],
    heard: /ocupados|espere|atenderemos/,
  },
  {
    tag: 'ja-JP',
    locale: 'ja',
    question: 'お元気ですか',
    clip: ['human', 'pv-rhino-test_within_context_ja'],
    heard: /[\p{sc=Hiragana}\p{sc=Katakana}]/u,
  },
];

/** Writes a clip as a file that Chromium plays as its microphone, removed at the end. */
async function writeMicrophone([clips, name]: Clip) {
  const folder = await mkdtemp(join(tmpdir(), 'newcomer-'));
  const file = readClip(`test/fixtures/${clips}`, `${name}.opus`);
  const decoder = (await loadOpus()).createDecoder(48_000);
  const sound = readOpusPackets(file).map((packet) => decoder.decode(packet).slice());
  const samples = joinedSpeech([...sound, new Int16Array(48_000)]);
  const path = join(folder, 'microphone.wav');
  await writeFile(path, writeWav({ samples, rateHz: 48_000, channels: 1 }));
  const removeFolder = () => rm(folder, { recursive: true });
  return { path, [Symbol.asyncDispose]: removeFolder };
}

/** Returns whether a page was given nothing but silence since the sound was forgotten. */
async function hasPlayedNothing(tab: Page) {
  return (await readTapped(tab)).every((sample) => Math.abs(sample) < maxSilentSample);
}

/** The page of a newcomer in a language, by the words that stand on it. */
function findParts(tab: Page, locale: Locale) {
  const texts = readPageTexts(locale);
  const getText = (id: TextId) => texts[id] ?? id;
  const log = tab.getByRole('log', { name: getText('page.conversation') });
  const line = tab.getByLabel(getText('page.line'));
  const answered = getText('page.answered')
    .split('{seconds}')
    .at(locale === 'ja' ? -1 : 0);
  return {
    log,
    microphone: tab.getByRole('button', { name: getText('page.microphone') }),
    speaking: tab.getByText(getText('page.speaks').replace('{name}', 'Nova')),
    time: tab.getByRole('button', { name: getText('page.try.time') }).last(),
    findBubbles: (words: string | RegExp) =>
      log.locator('article.bot').filter({ hasText: words }),
    /** Waits for an answer that is over. */
    readAnswer: (words: string | RegExp) =>
      log
        .locator('article.bot')
        .filter({ hasText: words })
        .filter({ hasText: answered ?? '' })
        .waitFor(),
    askQuestion: async (text: string) => {
      await line.fill(text);
      await line.press('Escape'); // else Enter takes a suggestion
      await line.press('Enter');
    },
  };
}

/** Opens the program, and a browser in the newcomer's language whose microphone plays the clip. */
async function openNewcomer(
  { tag, clip, locale }: Newcomer,
  { onTestFailed }: Pick<TestContext, 'onTestFailed'>,
) {
  const stack = new AsyncDisposableStack();
  const microphone = stack.use(await writeMicrophone(clip));
  const [program, browser] = await Promise.all([
    openProgram(),
    openBrowser(microphone.path),
  ]);
  stack.use(program);
  stack.defer(() => browser.close());
  const context = await browser.newContext({ locale: tag });
  await tapSound(context);
  const tab = await context.newPage();
  const complaints = listComplaints(tab);
  await tab.goto(program.link.href);
  const deps = findParts(tab, locale);
  let talk: string | null = '';
  onTestFailed(() => console.log(program.screen(), talk));
  stack.defer(async () => {
    talk = await deps.log.textContent();
  });
  await program.shows('Type to speak as Adam');
  await deps.speaking.waitFor({ state: 'detached' });
  return {
    ...deps,
    tab,
    complaints,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

// Side by side: each waits for words that are spoken in real time, more than it computes.
test.concurrent.for(newcomers)(
  'a newcomer whose browser speaks $tag is answered in it in writing, told once that no voice speaks it, and hears English',
  { timeout: mostNewcomerMs },
  async (newcomer, { expect, onTestFailed }) => {
    const { locale, question, heard } = newcomer;
    await using room = await openNewcomer(newcomer, { onTestFailed });
    const { tab, findBubbles } = room;
    expect(await tab.evaluate('document.documentElement.lang')).toBe(locale);
    const well = formatText('standin.well', {}, locale);
    const [limit = ''] = formatText('standin.limit', { abilities: '\n' }, locale).split(
      '\n',
    );
    const [timeBegin = ''] = formatText('standin.time', { time: '\n' }, locale).split(
      '\n',
    );
    const [language, spoken] = [
      getLanguageName(locale, locale),
      getLanguageName('en', locale),
    ];
    const told = formatText('voice.language.written', { language, spoken }, locale);
    const toldAloud = formatText('voice.language.spoken', {
      language: getLanguageName(locale, 'en'),
    });

    await forgetTapped(tab);
    await room.askQuestion(question);
    await room.readAnswer(well);
    await findBubbles(told).waitFor();
    await room.speaking.waitFor();
    await room.speaking.waitFor({ state: 'detached' });
    await expect
      .poll(() => listener.measureUnderstood(tab, toldAloud))
      .toBeGreaterThan(minUnderstoodShare);

    await forgetTapped(tab);
    await room.microphone.click();
    await room.log.locator('.you:not(.live)').filter({ hasText: heard }).waitFor();
    await room.readAnswer(limit);
    await room.microphone.click();
    await room.time.click();
    await room.readAnswer(timeBegin);
    expect(await hasPlayedNothing(tab)).toBe(true);

    const english = findBubbles('The time is now');
    const englishBefore = await english.count();
    await room.askQuestion('what time is it');
    await expect.poll(() => english.count()).toBe(englishBefore + 1);
    await room.speaking.waitFor({ state: 'detached' });
    const sentence = (await english.last().locator('p').textContent()) ?? '';
    await expect
      .poll(() => listener.measureUnderstood(tab, sentence))
      .toBeGreaterThan(minUnderstoodShare);

    const once = [well, told, limit, timeBegin, toldAloud];
    expect(await Promise.all(once.map((text) => findBubbles(text).count()))).toEqual(
      once.map(() => 1),
    );
    for (const part of ['.stage', 'aside', '.composer', '.hello'])
      expect(await findUntranslated(tab, locale, names, part)).toEqual([]);
    expect(room.complaints).toEqual([]);
  },
);
