import { foldLetters, type Wordings } from './wordings.ts';

/** The result of a sum, in digits with a decimal point. */
export type SumResult =
  | { readonly kind: 'exact' | 'about'; readonly digits: string }
  | { readonly kind: 'by-zero' };

const [maxChars, maxDigits, maxTokens] = [200, 15, 40];
/** A quotient that does not end is rounded to so many decimals. */
const [maxDecimals, roundedDecimals] = [12, 4];

/**
 * Calculates a sum in figures or words, exactly. Undefined if a request is anything else.
 *
 * @example
 * import { calculateSum } from '#src/chat/stand-in/sums.ts';
 * import { getWordings } from '#src/chat/stand-in/wordings.ts';
 *
 * calculateSum('What is twelve times 0.1?', getWordings('en')); // { kind: 'exact', digits: '1.2' }
 */
export function calculateSum(
  request: string,
  wordings: Wordings,
): SumResult | undefined {
  if (request.length > maxChars || isScore(request)) return undefined;
  const folded = foldSum(request);
  if (!wordings.anyOperator.test(folded)) return undefined;
  const tokens = listTokens(toSymbols(folded, wordings));
  if (!tokens || tokens.length < 3 || tokens.length > maxTokens) return undefined;
  const reader = new SumReader(tokens);
  const value = reader.readSum();
  if (!reader.isAtEnd || value === undefined) return undefined;
  return value === 'by-zero' ? { kind: value } : formatFraction(value);
}

/** Dates, scores and numbers of telephones: 24/7, 3-2, 555-1234. */
function isScore(request: string) {
  return /^\s*\d+(?:[-/]\d+)+[.?!\s]*$/.test(request);
}

function toSymbols(folded: string, wordings: Wordings) {
  const { framePattern, numberPattern, of, operatorPatterns, pointPattern, values } =
    wordings;
  const replaceOperators = (text: string, isPercent: boolean) =>
    operatorPatterns
      .filter(([sign]) => (sign === '%') === isPercent)
      .reduce((left, [sign, pattern]) => left.replace(pattern, ` ${sign} `), text);
  // "Pour cent" holds a number, and "por ciento" an operator, so percentages come first.
  const numbered = groupDigits(replaceOperators(folded, true), wordings.thousands)
    .replace(/\s+/g, ' ')
    .trim()
    .replace(numberPattern, (words) => ` ${values.get(words) ?? words} `);
  const pointed = numbered
    .replace(/\s+/g, ' ')
    .replace(pointPattern, '.')
    .replace(/(?<=\d) ?\. ?(?=\d)/g, '.');
  const parts = removeFrames(pointed.trim(), framePattern).replace(
    /% (\p{L}+) /gu,
    (whole, word: string) => (of.includes(word) ? '% * ' : whole),
  );
  return replaceOperators(parts, false);
}

/** Folds letters and signs of a sum, and leaves decimal points. */
function foldSum(request: string) {
  return foldLetters(request)
    .replace(/'s(?![\p{L}\p{N}])/gu, ' is')
    .replace(/[?!\u00bf\u00a1\u3002\u3001\uff1f"\u201c\u201d\u201e=:]/g, ' ')
    .replace(/[.,](?!\d)/g, ' ')
    .replace(/(?<=\p{L})-(?=\p{L})/gu, ' ')
    .replace(/(?<=\d) ?[x\u00d7\u22c5](?= ?\d)/g, ' * ')
    .replace(/\u00f7/g, ' / ')
    .replace(/[\u2212\u2013]/g, '-');
}

function groupDigits(text: string, thousands: string) {
  const gap = thousands || ' ';
  return text
    .replace(/(?<=\d)([., ])(?=\d{3}(?!\d))/g, (sign) => (sign === gap ? '' : sign))
    .replace(/(?<=\d),(?=\d)/g, '.');
}

function removeFrames(text: string, frame: RegExp) {
  let [rest, before] = [text, ''];
  while (rest !== before) {
    before = rest;
    rest = rest.replace(frame, '').trim();
  }
  return rest;
}

function listTokens(text: string) {
  const tokens = text.match(/\d+(?:\.\d+)?|[-+*/%]|[^\s\d]/g) ?? [];
  const isKnown = tokens.every((token) => /^(?:\d[\d.]*|[-+*/%])$/.test(token));
  const isShort = tokens.every((token) => token.length <= maxDigits);
  return isKnown && isShort ? tokens : undefined;
}

/** Numerator and denominator above 0. */
type Fraction = readonly [bigint, bigint];
type Value = Fraction | 'by-zero' | undefined;

/** Reads tokens as a sum, products first. */
class SumReader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  /** True once every token is read. */
  get isAtEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  /** Reads terms. Undefined where a number is missing. */
  readSum(): Value {
    let value = this.#readProduct();
    for (let sign = this.#take('+', '-'); sign; sign = this.#take('+', '-'))
      value = combine(sign, value, this.#readProduct());
    return value;
  }

  #readProduct(): Value {
    let value = this.#readNumber();
    for (let sign = this.#take('*', '/'); sign; sign = this.#take('*', '/'))
      value = combine(sign, value, this.#readNumber());
    return value;
  }

  #readNumber(): Value {
    const isNegative = this.#take('-') !== undefined;
    const token = this.#tokens[this.#at] ?? '';
    if (!/^\d/.test(token)) return undefined;
    this.#at++;
    const [whole = '', decimals = ''] = token.split('.');
    const scale = this.#take('%') ? 100n : 1n;
    const digits = BigInt(`${whole}${decimals}`);
    return [isNegative ? -digits : digits, 10n ** BigInt(decimals.length) * scale];
  }

  #take(...symbols: readonly string[]) {
    const token = this.#tokens[this.#at];
    if (token === undefined || !symbols.includes(token)) return undefined;
    this.#at++;
    return token;
  }
}

function combine(sign: string, left: Value, right: Value): Value {
  if (left === undefined || right === undefined) return undefined;
  if (left === 'by-zero' || right === 'by-zero') return 'by-zero';
  const [a, b] = left;
  const [c, d] = right;
  switch (sign) {
    case '+':
      return [a * d + c * b, b * d];
    case '-':
      return [a * d - c * b, b * d];
    case '*':
      return [a * c, b * d];
    default:
      if (c === 0n) return 'by-zero';
      return c < 0n ? [-a * d, -b * c] : [a * d, b * c];
  }
}

function formatFraction([numerator, denominator]: Fraction): SumResult | undefined {
  const isNegative = numerator < 0n;
  const size = isNegative ? -numerator : numerator;
  const exactScale = 10n ** BigInt(maxDecimals);
  const isExact = (size * exactScale) % denominator === 0n;
  const decimals = isExact ? maxDecimals : roundedDecimals;
  const scaled =
    (size * 10n ** BigInt(decimals) * 2n + denominator) / (denominator * 2n);
  const padded = `${scaled}`.padStart(decimals + 1, '0');
  const fraction = removeLastZeros(padded.slice(-decimals));
  const whole = padded.slice(0, -decimals);
  const sign = isNegative && scaled > 0n ? '-' : '';
  const digits = `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
  return { kind: isExact ? 'exact' : 'about', digits };
}

function removeLastZeros(digits: string) {
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}
