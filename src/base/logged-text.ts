import { type Admitted, admit } from './admitted.ts';
import { BotError, errorCodes } from './errors.ts';
import type { ChannelId, GuildId, MessageId, PersonId, RoleId } from './ids.ts';

/** A text that may stand in the log, an alert or a span. */
export type LoggedText = Admitted<string, 'log'>;

type Id = GuildId | ChannelId | PersonId | MessageId | RoleId;

/** Literals, ids and admitted texts. A plain string, and a template with one inside, is `never`. */
export type Loggable<Text extends string> = Text extends LoggedText | Id
  ? Text
  : Record<never, never> extends Record<Text, 1>
    ? never
    : Text;

/** A value that may stand in the log, an alert or a span. */
export type LoggableValue<Value> = Value extends string
  ? Loggable<Value>
  : Value extends number | boolean | undefined
    ? Value
    : Value extends (...args: never) => unknown
      ? never
      : { readonly [Name in keyof Value]: LoggableValue<Value[Name]> };

/**
 * Writes a sentence for the log. A plain string does not compile as one of its values.
 *
 * @example
 * import { writeSentence } from '#src/base/logged-text.ts';
 *
 * writeSentence`The server answered ${500}.`; // 'The server answered 500.'
 */
export function writeSentence(
  parts: TemplateStringsArray,
  ...values: readonly (LoggedText | Id | number)[]
): LoggedText {
  return admit('log', String.raw({ raw: parts }, ...values));
}

/** Admits a literal of this program, such as a reason or a state. */
export function admitLiteral<const Text extends string>(
  text: Loggable<Text>,
): LoggedText {
  return admit('log', text);
}

/** Admits what the operator or this program named: a host, a path, a model, an engine, a command or a tool. */
export function admitSetting(text: string): LoggedText {
  return admit('log', text);
}

/**
 * Admits an error by its class and code, as `TypeError (ECONNRESET)`, since its message may quote what it was given. Of a
 * `BotError` the sentence is admitted, which is ours.
 */
export function admitError(error: unknown): LoggedText {
  if (error instanceof BotError) return admit('log', error.message);
  if (!(error instanceof Error)) return admit('log', typeof error);
  const code = admitErrorCode('code' in error ? `${error.code}` : '');
  return admit('log', code ? `${error.name} (${code})` : error.name);
}

/** Admits a code of an error: one of ours, one in capitals as of systems and libraries, or one made of words of codes. */
export function admitErrorCode(code: string): LoggedText | undefined {
  return code in errorCodes || /^[A-Z\d_]{2,40}$/.test(code)
    ? admit('log', code)
    : admitCode(code, undefined);
}

/** Longest text from outside, in UTF-16 units. A longer one may hold a page, or a whole request. */
const maxOutsideChars = 1_000;

/**
 * Admits a sentence of a server, program or library to the log. Undefined if it is long, written in code, or repeats
 * anything of `said`: a figure, a letter of a script without spaces, or a piece of a word, also spelt otherwise. An
 * unknown `said` admits nothing.
 *
 * @example
 * import { admitSentence } from '#src/base/logged-text.ts';
 *
 * admitSentence('Model not loaded.', 'Eva sold it on Friday'); // 'Model not loaded.'
 * admitSentence('Flagged: E-v-a', 'Eva sold it on Friday'); // undefined
 * admitSentence('Model not loaded.', undefined); // undefined
 */
export function admitSentence(
  sentence: string,
  said: string | undefined,
): LoggedText | undefined {
  if (said === undefined || sentence.length > maxOutsideChars) return undefined;
  if (said !== '' && (codePattern.test(sentence) || repeatsWords(sentence, said)))
    return undefined;
  return admit('log', sentence);
}

/** Words of which servers make their codes. Another word may be one that somebody said. */
const codeWords = new Set(
  'access account active already api argument array audio auth authentication authorization bad balance base64 billing blocked body budget busy buffer call cancelled capacity char chat client closed commit completion concurrent connection content context conflict credit credits deployment denied disabled duplicate duration empty engine error events exceeded exception expired failed failure field file filter forbidden format found function gateway going image input insufficient int internal invalid item json key language large length limit limits loading long max maximum mb message method min missing model moderation name network no not of on out output overloaded param parameter payment permission policy process processing prompt quota range rate refused rejected request requests required resource response retry runtime safety schema server service session short size string supported temporarily tier timeout too token tokens tool transcription type unauthenticated unauthorized unavailable unknown unprocessable unsupported upstream url user validation value violation voice wait websocket with'.split(
    ' ',
  ),
);

/**
 * Admits a code of a server: where it is known what was said, one that repeats nothing of it, else one made of words of
 * codes alone.
 */
export function admitCode(
  code: string,
  said: string | undefined,
): LoggedText | undefined {
  if (code.length > 60) return undefined;
  if (said !== undefined)
    return admitSentence(code.replace(/[_.-]/g, ' '), said) && admit('log', code);
  const words = code
    .replace(/([a-z])(?=[A-Z])/g, '$1_')
    .toLowerCase()
    .split(/[_.-]+/);
  const isKnown = (word: string) =>
    word.length < 2 || codeWords.has(word) || /^\d{1,4}$/.test(word);
  const isSpelt = words.filter(({ length }) => length < 2).length > 1;
  return !isSpelt && words.every(isKnown) ? admit('log', code) : undefined;
}

/** Escaped characters, entities, percent signs before figures, and runs as in base64 or hexadecimal. */
const codePattern =
  /\\[ux\d]|&#?\w+;|%[0-9A-Fa-f]{2}|=\?|(?:[a-z][A-Z]{2}|[A-Z]{2}[a-z]|[A-Za-z]\d[A-Za-z])[\w+/-]{6}|[\w+/]{6}=|\b[0-9A-Fa-f]{12,}\b/;

/** Words and figures, and single letters of scripts without spaces. */
const unitPattern = /\p{N}+|\p{Script=Latin}{3,}|(?!\p{Script=Latin})\p{L}/gu;

function repeatsWords(sentence: string, said: string) {
  const [heard, told] = [normaliseText(said), normaliseText(sentence)];
  const heardUnits = new Set(splitUnits(heard).map((unit) => unit.slice(0, 4)));
  const toldUnits = splitUnits(told);
  if (toldUnits.some((unit) => heardUnits.has(unit.slice(0, 4)))) return true;
  // A cut word, and words that were cut apart, spelt in letters, with figures for letters, or written backwards.
  const heardLetters = squash(heard);
  if (toldUnits.some((unit) => unit.length > 3 && heardLetters.includes(unit)))
    return true;
  const toldLetters = [told, replaceFigures(told)].map(squash);
  const spellings = [
    ...toldLetters,
    ...toldLetters.map((text) => [...text].reverse().join('')),
  ];
  return splitUnits(heard).some(
    (unit) => unit.length > 3 && spellings.some((text) => text.includes(unit)),
  );
}

function normaliseText(text: string) {
  return text
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}]/gu, '')
    .toLowerCase();
}

function splitUnits(text: string): readonly string[] {
  return text.match(unitPattern) ?? [];
}

function squash(text: string) {
  return text.replace(/[^\p{L}\p{N}]/gu, '');
}

const lettersByFigure: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '@': 'a',
  $: 's',
};

function replaceFigures(text: string) {
  return text.replace(/[0134578@$]/g, (figure) => lettersByFigure[figure] ?? '');
}
