import { toCardinal, toOrdinal } from 'n2words/en-US';
import wordTables from './english-words.json' with { type: 'json' };
import { stripAccents } from './phonemes.ts';

/** A pattern and the spoken words. */
type SpellingRule = readonly [
  find: RegExp,
  say: string | ((...groups: string[]) => string),
];

const months =
  'January February March April May June July August September October November December'.split(
    ' ',
  );
type WordTable = Readonly<Record<string, string>>;

/**
 * The plural of `units` is regular, and `fixedUnits` have none. `letters` are not accented forms of
 * others.
 */
const tables: Readonly<Record<keyof typeof wordTables, WordTable>> = wordTables;
const { abbreviations, currencies, fixedUnits, letters, magnitudes, units } = tables;
const monthNames = months.map((name) => `${name}|${name.slice(0, 3)}\\.?`).join('|');
const symbols: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(currencies).map(([sign, name]) => [sign, `${name}s`]),
  ),
  ...wordTables.symbols,
};
/** Writing systems that are named because the voice cannot say the words. */
const scripts: readonly (readonly [name: string, letter: RegExp])[] = [
  ['Cyrillic', /\p{sc=Cyrillic}/u],
  ['Greek', /\p{sc=Greek}/u],
  ['Arabic', /\p{sc=Arabic}/u],
  ['Hebrew', /\p{sc=Hebrew}/u],
  ['Korean', /\p{sc=Hangul}/u],
  ['Japanese', /[\p{sc=Hiragana}\p{sc=Katakana}]/u],
  ['Chinese', /\p{sc=Han}/u],
];

const number = '\\d{1,3}(?:,\\d{3})+(?:\\.\\d+)?|\\d+(?:\\.\\d+)?';
const signs = Object.keys(currencies).map(RegExp.escape).join('');
const unitNames = [...Object.keys(units), ...Object.keys(fixedUnits)]
  .toSorted((a, b) => b.length - a.length)
  .map(RegExp.escape)
  .join('|');

const buildPattern = (pattern: string, flags = 'g') => new RegExp(pattern, flags);

/** The order matters: a date holds numbers, and a number may hold a stop. */
const rules: readonly SpellingRule[] = [
  [/\s+/g, ' '],
  [/[\u2018\u2019\u02bc`\u00b4]/g, "'"],
  [/["\u201c\u201d\u201e\u00ab\u00bb()[\]{}]+/g, ' '],
  [/\u2026|\.{2,}/g, '. '],
  [
    /(?<![\d-])(\d{1,3})-(?=\d{1,3}(?![\d-]))|(\d) ?[\u2013\u2014] ?(?=\d)/g,
    '$1$2 to ',
  ],
  [/ ?[\u2013\u2014] ?| -+ /g, ', '],
  [
    /\b(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\b/g,
    (_, year, month, day) => sayDate(Number(month), day, year),
  ],
  [
    /\b(0?[1-9]|1[0-2])\/(0?[1-9]|[12]\d|3[01])\/(\d{4})\b/g,
    (_, month, day, year) => sayDate(Number(month), day, year),
  ],
  [
    /\b(0?[1-9]|[12]\d|3[01])\.(0?[1-9]|1[0-2])\.(\d{4})\b/g,
    (_, day, month, year) => sayDate(Number(month), day, year),
  ],
  [
    buildPattern(`\\b(${monthNames}) (\\d{1,2})(?:st|nd|rd|th)?(,? \\d{4})?\\b`),
    (_, month, day, year = '') => sayDate(findMonth(month), day, year),
  ],
  [
    buildPattern(`\\b(\\d{1,2}) (${monthNames})(,? \\d{4})?\\b`),
    (_, day, month, year = '') => sayDate(findMonth(month), day, year),
  ],
  [
    /\b(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([ap])\.?m\b(?:\.(?! ?$))?)?/gi,
    (_, hour, minute, second, half) => sayTime(hour, minute, half, second),
  ],
  [
    /\b(\d{1,2}) ?([ap])\.?m\b(?:\.(?! ?$))?/gi,
    (_, hour, half) => sayTime(hour, '', half),
  ],
  [/\b([ap])\.m\./gi, (_, half) => sayHalf(half)],
  [
    /\b(1\d|20)(\d0)'?s\b/g,
    (_, century, decade) => `${sayYear(century + decade).replace(/y$/, 'ie')}s`,
  ],
  // A name before it makes a street of a saint: "St. James St.", "5th St.", but "In St. Louis".
  [
    /(?<=(?:[a-z,.] [A-Z][a-z']+|\d(?:st|nd|rd|th)) )(St|Dr)\./g,
    (_, short) => (short === 'St' ? 'street' : 'drive'),
  ],
  [
    buildPattern(`\\b(${Object.keys(abbreviations).map(RegExp.escape).join('|')})\\.`),
    (_, short) => abbreviations[short] ?? '',
  ],
  [/\bNo\. ?(?=\d)/g, 'number '],
  [/\b((?:[A-Z]\.){2,})/g, (_, dotted) => dotted.replaceAll('.', ' ')],
  [/(?<=[A-Za-z\d])\.(?=[A-Za-z])|(?<=[A-Za-z])\.(?=\d)/g, ' dot '],
  [
    buildPattern(
      `([${signs}]) ?(${number})(?: ?(million|billion|trillion|thousand)\\b|(k|m|bn|b)\\b)?`,
      'gi',
    ),
    (_, sign, amount, magnitude, short) =>
      sayMoney(sign, amount, magnitude ?? magnitudes[short?.toLowerCase() ?? '']),
  ],
  [
    buildPattern(`(?<![\\d.,])(${number}) ?([\u20ac\u00a3])`),
    (_, amount, sign) => sayMoney(sign, amount),
  ],
  [buildPattern(`(?<![\\w.])[-\u2212](?=${number})`), 'minus '],
  [
    buildPattern(`(?<![\\w.])(${number}) ?(${unitNames})(?![\\w/])`),
    (_, amount, unit) => sayMeasure(amount, unit),
  ],
  [/\b(\d+)(?:st|nd|rd|th)\b/g, (_, digits) => sayOrdinal(digits)],
  [
    /(?<![\d/.])(\d{1,2})\/(\d{1,2})(?![\d/])/g,
    (_, part, whole) => sayFraction(Number(part), Number(whole)),
  ],
  [
    /\d{1,9}(?:\.\d{1,9}){2,9}/g,
    (numbers) => ` ${numbers.split('.').map(sayNumber).join(' dot ')} `,
  ],
  [buildPattern(number), (digits) => ` ${sayNumber(digits)} `],
  [/#(?=[A-Za-z])/g, 'hashtag '],
  [/~(?= ?[a-z])/g, 'about '],
  [
    buildPattern(`[${Object.keys(symbols).map(RegExp.escape).join('')}]`),
    (sign) => ` ${symbols[sign]} `,
  ],
  [
    /[\u00df\u00e6\u0153\u00f8\u0142\u0111\u00f0\u00fe\u0131]/gi,
    (letter) => letters[letter.toLowerCase()] ?? '',
  ],
  [
    /(?!\p{sc=Latin})\p{L}[^\p{sc=Latin}\d]*/gu,
    (foreign) => ` ${nameScript(foreign)} words, `,
  ],
  [/[^A-Za-z',;:.?!]+/g, ' '],
  [/ (?=[,;:.?!])/g, ''],
  [/([,;:.?!])[,;:.?!]+/g, '$1'],
  [/(?<=[,;:.?!])(?=[A-Za-z'])/g, ' '],
];

/**
 * Spells numbers, dates, times, money, units, abbreviations and symbols in English words. The result has only
 * letters, apostrophes and stops, and is empty if nothing can be said.
 *
 * @example
 * import { spellOutEnglish } from '#src/speech/local/english/spell-out.ts';
 *
 * spellOutEnglish('Dr. Lee paid $3.50 at 5:30 pm.'); // 'doctor Lee paid three dollars and fifty cents at five thirty pee em.'
 */
export function spellOutEnglish(text: string): string {
  if (!/[\p{sc=Latin}\d]/u.test(text)) return '';
  const plain = stripAccents(
    text
      .replace(/(\d)\s?(?=[\u00bc\u00bd\u00be])/g, '$1 and ')
      .replaceAll('\u2260', ' is not '),
  ).replaceAll('\u2044', '/');
  const spokenText = rules
    .reduce((spelled, [find, say]) => spelled.replace(find, say as string), plain)
    .trim();
  return /[A-Za-z]/.test(spokenText) ? spokenText : '';
}

function sayNumber(digits: string) {
  const [whole = '', decimals] = digits.replaceAll(',', '').split('.');
  const spokenWhole = isSpelt(whole, digits)
    ? sayDigits(whole)
    : sayWhole(whole, digits.includes(','));
  return decimals === undefined
    ? spokenWhole
    : `${spokenWhole} point ${sayDigits(decimals)}`;
}

/** Recognises telephone numbers and codes, which are said digit by digit. */
function isSpelt(whole: string, digits: string) {
  if (/^0\d/.test(whole) || whole.length > 15) return true;
  return whole.length >= 7 && !digits.includes(',') && !whole.endsWith('000');
}

function sayWhole(whole: string, hasComma: boolean) {
  const isYear = !hasComma && /^(?:1[1-9]|20)\d\d$/.test(whole);
  return isYear ? sayYear(whole) : toCardinal(whole);
}

function sayDigits(digits: string) {
  return [...digits].map((digit) => toCardinal(digit)).join(' ');
}

function sayYear(year: string) {
  const [century, yearOfCentury] = [year.slice(0, -2), year.slice(-2)];
  if (!/^[1-9][1-9]..$|^20[1-9].$/.test(year)) return toCardinal(year);
  if (yearOfCentury === '00') return `${toCardinal(century)} hundred`;
  return `${toCardinal(century)} ${sayMinutes(yearOfCentury)}`;
}

function sayMinutes(digits: string) {
  return `${digits.startsWith('0') ? 'oh ' : ''}${toCardinal(Number(digits))}`;
}

function sayOrdinal(digits: string) {
  return Number(digits) > 0 && digits.length <= 15
    ? toOrdinal(digits)
    : `${sayNumber(digits)}th`;
}

function findMonth(name: string) {
  return months.findIndex((month) => month.startsWith(name.slice(0, 3))) + 1;
}

function sayDate(month: number, day: string, year: string) {
  const spoken = year === '' ? '' : `, ${sayYear(year.replace(/\D+/g, ''))}`;
  return `${months[month - 1]} ${sayOrdinal(day)}${spoken}`;
}

function sayTime(hour: string, minute: string, half = '', second = '') {
  const isWhole = minute === '' || minute === '00';
  const wholeHour = half === '' ? " o'clock" : '';
  const minutes = isWhole ? wholeHour : ` ${sayMinutes(minute)}`;
  const seconds = second === '' ? '' : ` and ${toCardinal(Number(second))} seconds`;
  return `${toCardinal(Number(hour))}${minutes}${seconds} ${sayHalf(half)}`.trim();
}

function sayHalf(half: string) {
  const letter = { a: 'ay', p: 'pee' }[half.toLowerCase()];
  return letter === undefined ? '' : `${letter} em`;
}

function sayMoney(sign: string, amount: string, magnitude?: string): string {
  const name = currencies[sign] ?? '';
  const [whole = '', part] = amount.split('.');
  if (magnitude !== undefined || part?.length !== 2) {
    const many = `${name}${amount === '1' && magnitude === undefined ? '' : 's'}`;
    return [sayNumber(amount), magnitude, many].filter(Boolean).join(' ');
  }
  const small = sign === '\u00a3' ? 'pence' : part === '01' ? 'cent' : 'cents';
  const coins = `${toCardinal(Number(part))} ${small}`;
  return whole === '0' ? coins : `${sayMoney(sign, whole)} and ${coins}`;
}

function sayMeasure(amount: string, unit: string) {
  const name = units[unit] ?? '';
  const many = amount === '1' ? name : name.replace(/^[a-z-]+/, '$&s');
  return `${sayNumber(amount)} ${fixedUnits[unit] ?? many}`;
}

function sayFraction(part: number, whole: number) {
  if (part >= whole || whole > 10)
    return `${toCardinal(part)} slash ${toCardinal(whole)}`;
  const name = { 2: 'half', 4: 'quarter' }[whole] ?? toOrdinal(whole);
  return `${toCardinal(part)} ${name}${part === 1 ? '' : 's'}`;
}

function nameScript(foreign: string) {
  return scripts.find(([, letter]) => letter.test(foreign))?.[0] ?? 'foreign';
}
