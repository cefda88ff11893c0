import { readFile } from 'node:fs/promises';
import type { Pcm } from '#src/audio/pcm.ts';
import { sayAddresses } from '#src/base/addresses/addresses.ts';
import { BotError } from '#src/base/errors.ts';
import { includesLanguage } from '#src/base/language/expected-language.ts';
import { getEnglishLanguageName } from '#src/base/language-name.ts';
import type { SpeechVoice, Synthesizer } from '#src/speech/speech-engine.ts';

/** The detector of languages, and the languages (BCP 47) of voices that do not speak all. */
type SpokenFormOptions = {
  readonly detector: TextLanguageDetector;
  readonly languages: readonly string[];
};

/**
 * Speaks each text in its own language, its addresses as people say them, and with the pronunciations of
 * `SpeechVoice.pronounce`. The text shown stays as it is.
 *
 * A language that the maker of the text declares counts. Else the words of the text decide
 * (`decideClauseLanguage`), and the language of the voice is only expected.
 *
 * @example
 * import { NgramLanguageDetector, withSpokenForm } from '#src/speech/text-language/spoken-form.ts';
 * import type { Synthesizer } from '#src/speech/speech-engine.ts';
 *
 * declare const chain: Synthesizer;
 * withSpokenForm(chain, { detector: new NgramLanguageDetector(), languages: ['en'] });
 */
export function withSpokenForm(
  synthesizer: Synthesizer,
  options: SpokenFormOptions,
): Synthesizer {
  return createSpokenForm(synthesizer, options, undefined);
}

/** Language of the latest clause of one answer. Clauses may be begun before it is known. */
type AnswerMemory = { language: Promise<string | undefined> };

function createSpokenForm(
  synthesizer: Synthesizer,
  options: SpokenFormOptions,
  memory: AnswerMemory | undefined,
): Synthesizer {
  const { fixEngine, wrapEach } = synthesizer;
  const decideLanguage = async (text: string, voice: SpeechVoice) => {
    if (voice.isLanguageDeclared) return voice.language;
    const { detector, languages: spoken } = options;
    const { language: expected } = voice;
    const before = await memory?.language;
    return await decideClauseLanguage(text, { expected, before, spoken }, detector);
  };
  async function* speak(text: string, voice: SpeechVoice, signal: AbortSignal) {
    const deciding = decideLanguage(text, voice);
    if (memory) memory.language = deciding;
    const { pronounce, isLanguageDeclared: _, ...ownVoice } = voice;
    const language = await deciding;
    signal.throwIfAborted();
    const words = sayAddresses(text, language);
    const spokenText = pronounce?.(words) ?? words;
    yield* synthesizer.synthesize(spokenText, { ...ownVoice, language }, signal);
  }
  return {
    languages: synthesizer.languages,
    synthesize: speak,
    fixEngine: () =>
      createSpokenForm(fixEngine?.call(synthesizer) ?? synthesizer, options, {
        language: Promise.resolve(undefined),
      }),
    wrapEach: (wrap) =>
      createSpokenForm(
        wrapEach?.call(synthesizer, wrap) ?? wrap(synthesizer),
        options,
        memory,
      ),
  };
}

/** Refuses a text in a language that the voice does not speak by BotError `speech.no_voice`. */
export function withOwnLanguages(synthesizer: Synthesizer): Synthesizer {
  const { languages } = synthesizer;
  return {
    ...synthesizer,
    async *synthesize(text, voice, signal): AsyncGenerator<Pcm> {
      const { language } = voice;
      if (language !== undefined && !speaksLanguage(languages, language))
        throw createNoVoiceError(language);
      yield* synthesizer.synthesize(text, voice, signal);
    },
  };
}

function createNoVoiceError(language: string) {
  const message = `The voice does not speak ${getEnglishLanguageName(language)}, the language of the text.`;
  const about = { language };
  return new BotError('speech.no_voice', false, message, undefined, undefined, about);
}

/** Returns the language (BCP 47) for which a failure says that no voice speaks it. Undefined for any other failure. */
export function findMissingLanguage(error: unknown): string | undefined {
  if (!(error instanceof BotError) || error.code !== 'speech.no_voice')
    return undefined;
  return error.about.language ?? 'und';
}

/** Detects the language of a text that comes without a language. */
export interface TextLanguageDetector {
  /**
   * Returns the most likely language, as a code without region: `pt` for `pt-BR`, `nb` for Norwegian. `among` are BCP 47
   * tags; empty allows all. Undefined if no piece of the text is known in these, or the data cannot be read. Never
   * rejects.
   */
  detect(text: string, among: readonly string[]): Promise<DetectedLanguage | undefined>;
}

const ngramsFile = new URL('./ngrams.txt', import.meta.url);

/** Detector of 26 languages by n-grams, about 1.8 MB in a process after the first use. */
export class NgramLanguageDetector implements TextLanguageDetector {
  /** The data never change, so all detectors share them. */
  static #loading: Promise<LanguageNgrams> | undefined;

  /** Reads the data, so that no answer waits for them. Never rejects. */
  async load(): Promise<void> {
    await this.detect('', []);
  }

  /** Detects the most likely language, as the interface says. The first call reads the data. */
  async detect(
    text: string,
    among: readonly string[],
  ): Promise<DetectedLanguage | undefined> {
    NgramLanguageDetector.#loading ??= loadNgrams();
    try {
      return (await NgramLanguageDetector.#loading).detectLanguage(text, among);
    } catch {
      NgramLanguageDetector.#loading = undefined; // The next call tries again.
      return undefined;
    }
  }
}

async function loadNgrams() {
  return LanguageNgrams.parseText(await readFile(ngramsFile, 'utf8'));
}

/** Fewer words are sure only among few languages: "Stop" is a word in twelve. */
const minSureWords = 3;
/** "Toss a coin" is Hungarian rather than English with 0.82. */
const minSureProbability = 0.9;

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
const maxCountedChars = 200;

/** Lists words without numbers, also where they are written together, as in Japanese. Only the first 200 characters count. */
export function listWords(text: string): readonly string[] {
  const counted = text.slice(0, maxCountedChars);
  return [...segmenter.segment(counted)]
    .filter(({ segment, isWordLike }) => isWordLike && /\p{L}/u.test(segment))
    .map(({ segment }) => segment);
}

/** Tests whether a text is long enough to compare all languages. */
export function isLongEnough(text: string, detected: DetectedLanguage): boolean {
  return detected.isOwnScript || listWords(text).length >= minSureWords;
}

/** Tests whether a detected language is sure, in a text that is long enough or among few languages. */
export function isSure(detected: DetectedLanguage | undefined): boolean {
  return detected !== undefined && detected.probability >= minSureProbability;
}

/** Languages (BCP 47) that a clause may be in, as far as they are known beside its words. */
type LanguageClues = {
  /** Language of the answer, as the person or the persona would have it. It weighs, and never decides. */
  readonly expected?: string | undefined;
  /** Language of the clause before, in the same text. */
  readonly before?: string | undefined;
  /** Languages that some voice speaks although others do not. */
  readonly spoken: readonly string[];
};

/**
 * Decides the language of one clause by its own words: the language that they surely show, of all or, for one or two
 * words, of those in the clues. An unsure clause is in the language of the clause before, else in the expected one.
 * Undefined: nothing speaks for any language. Never rejects.
 *
 * @example
 * import { decideClauseLanguage, NgramLanguageDetector } from '#src/speech/text-language/spoken-form.ts';
 *
 * const clues = { expected: 'de', spoken: ['en'] };
 * await decideClauseLanguage('I can tell the time.', clues, new NgramLanguageDetector()); // 'en'
 */
export async function decideClauseLanguage(
  text: string,
  { expected, before, spoken }: LanguageClues,
  detector: TextLanguageDetector,
): Promise<string | undefined> {
  const known = before ?? expected;
  const hasWords = listWords(text).length > 0;
  const detected = hasWords ? await detector.detect(text, []) : undefined;
  if (!detected) return known;
  const clues = [expected, before, ...spoken].filter((tag) => tag !== undefined);
  // An unsure one of all languages is no better than a clue: of "Hello, I am Nova." it is Italian.
  const isFound = isLongEnough(text, detected) && isSure(detected);
  const candidates = isFound ? [detected.language, ...clues] : clues;
  const likeliest =
    (await detector.detect(text, candidates)) ?? (isFound ? detected : undefined);
  if (!likeliest || !isSure(likeliest)) return known;
  // The clue names the region, too: `pt-BR`.
  return (
    clues.find((tag) => speaksLanguage([likeliest.language], tag)) ?? likeliest.language
  );
}

/** Tests whether a language is among those that a voice speaks. Undefined languages are all. */
export function speaksLanguage(
  languages: readonly string[] | undefined,
  language: string,
): boolean {
  return languages === undefined || includesLanguage(languages, language);
}

type DetectedLanguage = {
  /** Code without region: `pt` for `pt-BR`. */
  readonly language: string;
  /** 0.5 to 1, of the best language against the second. */
  readonly probability: number;
  /** The script alone shows the language, so that one word is enough. */
  readonly isOwnScript?: true;
};

/** Added to each score of the file, as in the package eld. */
const minScore = 53;
/** Longer texts and words are cut, in bytes. */
const [maxTextBytes, maxWordBytes] = [350, 70];
/** Everything but letters, and apostrophes before one, as in eld. */
const separators = /[^\p{L}'`\u2019]+/gu;
const apostrophes = "'`\u2019";
/** Steepness with which a score becomes a probability (`npm test -- test/conversation/languages`). */
const probabilitySteepness = 10;

const ownScripts: readonly (readonly [string, RegExp])[] = [
  ['ko', /\p{Script=Hangul}/gu],
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ['el', /\p{Script=Greek}/gu],
  ['he', /\p{Script=Hebrew}/gu],
  ['th', /\p{Script=Thai}/gu],
];
/** Least share of letters in a language's own script. Low, since Japanese mixes kana and Han. */
const minScriptShare = 0.3;

/** Frequent pieces of words in 26 languages, with a score for each language. Detects the language of a text by them. */
class LanguageNgrams {
  /** Codes of the languages in the order of the file. */
  readonly #codes: readonly string[];
  /** Index in `#scores` for each piece. */
  readonly #indexes: ReadonlyMap<string, number>;
  /** For each piece pairs of a language's number from 1 and its score, then 0. */
  readonly #scores: Uint8Array;

  private constructor(
    codes: readonly string[],
    indexes: ReadonlyMap<string, number>,
    scores: Uint8Array,
  ) {
    this.#codes = codes;
    this.#indexes = indexes;
    this.#scores = scores;
  }

  /** Parses the text of the file that `scripts/make-language-ngrams.mjs` writes. Throws a plain Error for any other text. */
  static parseText(text: string): LanguageNgrams {
    const [header = '', ...textLines] = text.trimEnd().split('\n');
    const indexes = new Map<string, number>();
    const scores: number[] = [];
    for (const textLine of textLines) {
      const [ngram, encoded] = textLine.split('\t');
      if (ngram === undefined || encoded === undefined)
        throw new Error('a damaged file of n-grams');
      indexes.set(ngram, scores.length);
      for (const [, letter = '', score = ''] of encoded.matchAll(/([A-Z])([0-9a-z]+)/g))
        scores.push(letter.charCodeAt(0) - 64, Number.parseInt(score, 36));
      scores.push(0);
    }
    return new LanguageNgrams(header.split(' '), indexes, Uint8Array.from(scores));
  }

  /**
   * Returns the most likely language, as a code without region: `pt` for `pt-BR`, `nb` for Norwegian. `among` are BCP 47
   * tags; empty allows all. Undefined if no piece of the text is known in these.
   */
  detectLanguage(text: string, among: readonly string[]): DetectedLanguage | undefined {
    return (
      detectByScript(text, among) ??
      chooseBest(this.#scoreLanguages(text), this.#codes, among)
    );
  }

  /** Scores languages, in the order of the file. */
  #scoreLanguages(text: string) {
    const scores = this.#scores;
    const sums: number[] = [];
    for (const ngram of listNgrams(text)) {
      const index = this.#indexes.get(ngram);
      if (index === undefined) continue;
      for (let at = index; scores[at]; at += 2) {
        const language = (scores[at] ?? 0) - 1;
        sums[language] = (sums[language] ?? 0) + (scores[at + 1] ?? 0) + minScore;
      }
    }
    return sums;
  }
}

function detectByScript(text: string, among: readonly string[]) {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  for (const [language, script] of ownScripts) {
    if (!isAllowedLanguage(language, among)) continue;
    const scriptLetters = text.match(script)?.length ?? 0;
    if (letters > 0 && scriptLetters / letters >= minScriptShare)
      return { language, probability: 1, isOwnScript: true };
  }
  return undefined;
}

/** An empty `among` allows all. */
function isAllowedLanguage(language: string, among: readonly string[]) {
  return among.length === 0 || includesLanguage(among, language);
}

function listNgrams(text: string) {
  const ngrams = new Set<string>();
  let length = 0;
  for (const separated of text.slice(0, 1_000).toLowerCase().split(separators)) {
    const word = trimApostrophes(separated);
    if (word === '') continue;
    if (length > maxTextBytes) break;
    const bytes = Buffer.from(word, 'utf8').toString('latin1').slice(0, maxWordBytes);
    length += bytes.length + 1;
    for (const ngram of listWordNgrams(bytes)) ngrams.add(ngram);
  }
  return ngrams;
}

function trimApostrophes(word: string) {
  let end = word.length;
  while (end > 0 && apostrophes.includes(word.charAt(end - 1))) end--;
  return word.slice(0, end);
}

/** Splits a word, between blanks, into pieces of 4 bytes, one every 3 bytes. */
function* listWordNgrams(bytes: string) {
  if (bytes === '') return;
  let at = 0;
  for (; at + 4 < bytes.length; at += 3)
    yield `${at === 0 ? ' ' : ''}${bytes.slice(at, at + 4)}`;
  const last = bytes.length === 3 ? 0 : Math.max(0, bytes.length - 4);
  yield `${at === 0 ? ' ' : ''}${bytes.slice(last)} `;
}

function chooseBest(
  sums: readonly number[],
  codes: readonly string[],
  among: readonly string[],
) {
  const ranking = codes
    .map((code, n) => ({ language: code === 'no' ? 'nb' : code, sum: sums[n] ?? 0 }))
    .filter(({ language }) => isAllowedLanguage(language, among))
    .toSorted((a, b) => b.sum - a.sum);
  const [best, second] = ranking;
  if (!best || best.sum === 0) return undefined;
  // The weight of the best language is 1.
  const secondWeight = ((second?.sum ?? 0) / best.sum) ** probabilitySteepness;
  return { language: best.language, probability: 1 / (1 + secondWeight) };
}
