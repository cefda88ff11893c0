import { toCardinal as toGerman } from 'n2words/de-DE';
import { toCardinal as toEnglish } from 'n2words/en-US';
import { toCardinal as toSpanish } from 'n2words/es-ES';
import { toCardinal as toFrench } from 'n2words/fr-FR';
import { toCardinal as toJapanese } from 'n2words/ja-JP';
import { toCardinal as toPolish } from 'n2words/pl-PL';
import { toCardinal as toPortuguese } from 'n2words/pt-PT';
import { textLocales } from '#src/texts/locales.ts';
import type { Locale } from '#src/texts/texts.ts';
import de from './wordings/de.json' with { type: 'json' };
import en from './wordings/en.json' with { type: 'json' };
import es from './wordings/es.json' with { type: 'json' };
import fr from './wordings/fr.json' with { type: 'json' };
import ja from './wordings/ja.json' with { type: 'json' };
import pl from './wordings/pl.json' with { type: 'json' };
import ptBr from './wordings/pt-BR.json' with { type: 'json' };

/** A wish that the stand-in knows. */
export type Intent = keyof typeof en.wordings;

/** Operators of sums. */
export type Operator = keyof typeof en.operators;

/** The words of one language, as its file holds them. */
type WordingFile = {
  /** Words that change nothing, which are left out anywhere in a request. */
  readonly fillers: readonly string[];
  /** Further forms of numbers, and the letter between the groups of three digits. */
  readonly numbers: Readonly<Record<string, number | undefined>>;
  readonly thousands: string;
  /** Words between the whole part and the decimals of a number. */
  readonly point: readonly string[];
  /** The first word of `-` also stands before a negative result. */
  readonly operators: Readonly<Record<Operator, readonly string[]>>;
  /** Words between a percentage and what it is of. */
  readonly of: readonly string[];
  /** Words around a sum. */
  readonly sumFrames: readonly string[];
  /** Length in seconds. */
  readonly units: Readonly<Record<string, number | undefined>>;
  /** Units that need no number before them, such as half an hour. */
  readonly wholeUnits: readonly string[];
  readonly unitJoins: readonly string[];
  /** Names of sounds, with the name of the file. */
  readonly sounds: Readonly<Record<string, string | undefined>>;
  /** `{time}` stands for a length of time, `{sound}` and `{text}` for any words. */
  readonly wordings: Readonly<Record<Intent, readonly string[]>>;
  /** Share of its length by which a request may differ from a wording. */
  readonly maxDistance: number;
};

const files: Readonly<Record<Locale, WordingFile>> = {
  en,
  de,
  fr,
  es,
  'pt-BR': ptBr,
  pl,
  ja,
};
const toCardinals: Readonly<Record<Locale, (value: number) => string>> = {
  en: toEnglish,
  de: toGerman,
  fr: toFrench,
  es: toSpanish,
  'pt-BR': toPortuguese,
  pl: toPolish,
  ja: toJapanese,
};
const maxNumberWord = 1_000;

/** The words of one language, folded as requests are. */
export interface Wordings extends WordingFile {
  readonly locale: Locale;
  /** Finds number words in a folded text. Global. */
  readonly numberPattern: RegExp;
  /** Finds fillers in a folded text. Global. */
  readonly fillerPattern: RegExp;
  /** Finds a length of time. Groups: none. */
  readonly durationPattern: RegExp;
  /** Finds each operator, the longest phrases first. Global. */
  readonly operatorPatterns: readonly (readonly [Operator, RegExp])[];
  /** Finds any operator or sign of one. */
  readonly anyOperator: RegExp;
  /** Finds decimal points in words. Global. */
  readonly pointPattern: RegExp;
  /** Finds a word around a sum, at the start or the end. */
  readonly framePattern: RegExp;
  /** Finds any unit of time. */
  readonly anyUnit: RegExp;
  /** Value of each number word. */
  readonly values: ReadonlyMap<string, number>;
}

const tables = new Map<Locale, Wordings>();

/**
 * Gets the words of a language. They are folded when it is first used.
 *
 * @example
 * import { getWordings } from '#src/chat/stand-in/wordings.ts';
 *
 * getWordings('de').values.get('einundzwanzig'); // 21
 */
export function getWordings(locale: Locale): Wordings {
  const table = tables.get(locale) ?? createWordings(locale);
  tables.set(locale, table);
  return table;
}

/** Lists the languages, the most likely first, then English. */
export function listLanguages(likeliest: Locale): readonly Locale[] {
  return [...new Set([likeliest, 'en' as const, ...textLocales])];
}

function createWordings(locale: Locale): Wordings {
  const file = files[locale];
  const values = listNumberWords(locale, file);
  const units = foldKeys(file.units);
  const unit = joinPhrases(Object.keys(units));
  const amount = `(?:\\d+(?:\\.\\d+)?|${joinPhrases(listShortNumbers(values))})`;
  const alone = joinPhrases(foldAll(file.wholeUnits)) || '(?!)';
  const part = `(?:${amount} ?(?:${unit})|${alone})`;
  const join = `(?: ?(?:${joinPhrases(file.unitJoins)}) ?| ?)`;
  const operators = mapValues(file.operators, foldAll);
  const phrases = Object.entries<readonly string[]>(operators).flatMap(
    ([sign, texts]) => texts.map((phrase) => ({ sign: sign as Operator, phrase })),
  );
  const frames = joinPhrases(foldAll(file.sumFrames));
  return {
    ...file,
    locale,
    units,
    operatorPatterns: phrases
      .toSorted((a, b) => b.phrase.length - a.phrase.length)
      .map(({ sign, phrase }) => [sign, toWholeWords(RegExp.escape(phrase))]),
    anyOperator: toWholeWords(
      `${joinPhrases(phrases.map(({ phrase }) => phrase))}|[-+*/%x\u00d7\u22c5\u00f7\u2212]`,
      'u',
    ),
    pointPattern: toWholeWords(joinPhrases(foldAll(file.point))),
    framePattern: toWholeWords(`^(?:${frames})|(?:${frames})$`, 'u'),
    anyUnit: toWholeWords(unit, 'u'),
    values,
    sounds: foldKeys(file.sounds),
    operators,
    of: foldAll(file.of),
    wordings: mapValues(file.wordings, foldAll),
    numberPattern: toWholeWords(joinPhrases([...values.keys()])),
    fillerPattern: toWholeWords(joinPhrases(foldAll(file.fillers))),
    durationPattern: toWholeWords(`${part}(?:${join}${part}){0,3}`),
  };
}

function listNumberWords(locale: Locale, { numbers }: WordingFile) {
  const values = new Map<string, number>();
  for (let value = 0; value <= maxNumberWord; value++) {
    const words = foldText(toCardinals[locale](value));
    values.set(words, value);
    if (locale === 'en') values.set(words.replace('hundred ', 'hundred and '), value);
  }
  for (const [word, value = 0] of Object.entries(numbers))
    values.set(foldText(word), value);
  return values;
}

function listShortNumbers(values: ReadonlyMap<string, number>) {
  return [...values].filter(([, value]) => value <= 100).map(([words]) => words);
}

/** Folds a text to lower case without accents and punctuation, but with decimal points. */
export function foldText(text: string): string {
  return foldLetters(text)
    .replace(/'s(?![\p{L}\p{N}])/gu, ' is')
    .replace(/(?<=\d)[.,](?=\d)/g, '\uE000')
    .replace(/[^\p{L}\p{M}\p{N}'\uE000]+/gu, ' ')
    .replaceAll('\uE000', '.')
    .replace(unspacedGap, '')
    .trim();
}

const unspacedGap =
  /(?<=[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}]) | (?=[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}])/gu;

/** Folds case, width and the accents of Latin letters. */
export function foldLetters(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\u2019\u2018`\u00b4]/g, "'")
    .replaceAll('\u00df', 'ss')
    .replaceAll('\u0142', 'l')
    .normalize('NFD')
    .replace(/(?<=\p{Script=Latin})\p{M}+/gu, '')
    .normalize('NFC');
}

function foldAll(texts: readonly string[]) {
  return texts.map((text) => text.split(slotPattern).map(foldPart).join(''));
}

/** Slots of a wording stay as they are. */
const slotPattern = /(\{\w+\})/;

function foldPart(part: string, index: number) {
  if (index % 2 === 1) return part;
  const isSpacedBefore = index > 0 && part.startsWith(' ');
  return `${isSpacedBefore ? ' ' : ''}${foldText(part)}${part.length > 1 && part.endsWith(' ') ? ' ' : ''}`;
}

function foldKeys<Value>(record: Readonly<Record<string, Value>>) {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [foldText(key), value]),
  );
}

function mapValues<Key extends string, Value>(
  record: Readonly<Record<Key, Value>>,
  change: (value: Value) => Value,
): Readonly<Record<Key, Value>> {
  const entries = Object.entries<Value>(record);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, change(value)]),
  ) as Record<Key, Value>; // The keys are those of the record.
}

/** Joins phrases to alternatives of a pattern, the longest first. */
function joinPhrases(phrases: readonly string[]): string {
  return phrases
    .toSorted((a, b) => b.length - a.length)
    .map((phrase) => RegExp.escape(phrase))
    .join('|');
}

/** Makes a pattern that finds whole words, or any place of a text that is written without spaces. */
export function toWholeWords(source: string, flags = 'gu'): RegExp {
  const latin = "[\\p{Script=Latin}']";
  const before = `(?<!${latin})(?<!\\p{N}(?=${latin}))`;
  return new RegExp(`${before}(?:${source || '(?!)'})(?!${latin})`, flags);
}
