import { plainWords } from '#src/turn/addressing/names.ts';
import type { LanguageRequestPhrases } from '#src/turn/languages/language-words.ts';
import { languages } from '#src/turn/languages/languages.ts';

const mostChars = 90;
const mostBeside = 5;

type RequestPattern = { readonly pattern: RegExp; readonly codes: ReadonlyMap<string, string> };

/**
 * Finds the language (ISO 639-1) that a text asks for. The sentence may hold only the request and a name of the bot,
 * and the last request counts.
 */
export function requestedLanguage(text: string, names: readonly string[] = []): string | undefined {
  let found: string | undefined;
  for (const sentence of text.split(/[.?!\u3002\uff1f\uff01\n]+/u)) {
    const words = plainWords(sentence);
    if (words === '' || words.length > mostChars) continue;
    const rest = withoutNamesAround(words, names);
    for (const { pattern, codes } of requestPatterns()) {
      const name = Object.values(pattern.exec(rest)?.groups ?? {}).find((one) => one !== undefined);
      if (name !== undefined) found = codes.get(name) ?? found;
    }
  }
  return found;
}

let patterns: readonly RequestPattern[] | undefined;

function requestPatterns(): readonly RequestPattern[] {
  // Patterns take time, so they are made when first needed.
  patterns ??= languages.flatMap(({ code, languageRequests }) =>
    languageRequests ? [patternOf(code, languageRequests)] : [],
  );
  return patterns;
}

function patternOf(code: string, { requests, beside }: LanguageRequestPhrases): RequestPattern {
  const display = new Intl.DisplayNames([code], { type: 'language', fallback: 'none' });
  const named = languages.flatMap(({ code: of }) => {
    const name = display.of(of);
    return name === undefined ? [] : [[plainWords(name), of] as const];
  });
  const codes = new Map<string, string>();
  const asks = requests.map((phrase, n) => {
    const cut = Number(/\{-(\d)\}/.exec(phrase)?.[1] ?? 0);
    const forms = named.map(([name, of]) => [cut > 0 ? name.slice(0, -cut) : name, of] as const);
    for (const [form, of] of forms) codes.set(form, of);
    const [before = '', after = ''] = phrase.split(/\{(?:-\d)?\}/);
    const all = forms.map(([form]) => escaped(form)).join('|');
    return `${spaced(before)}(?<name${n}>${all})${spaced(after)}`;
  });
  const others = `(?:(?:${beside.map(spaced).join('|')}) *){0,${mostBeside}}`;
  return { pattern: new RegExp(`^${others}(?:${asks.join('|')}) *${others}$`, 'u'), codes };
}

function spaced(phrase: string): string {
  return escaped(phrase.replace(/['\u2019-]/gu, ' ').replace(/ +/g, ' '));
}

function escaped(words: string): string {
  return words.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function withoutNamesAround(words: string, names: readonly string[]): string {
  let rest = words;
  for (const name of names.map(plainWords).filter((one) => one !== '')) {
    if (rest.startsWith(`${name} `)) rest = rest.slice(name.length + 1);
    if (rest.endsWith(` ${name}`)) rest = rest.slice(0, -name.length - 1);
  }
  return rest;
}

/** Start with an empty object. All languages are BCP 47. */
export type SpeakerLanguage = {
  /** "In German, please." */
  readonly requested?: string;
  /** Language of the latest turns, and the number of them in a row. */
  readonly latest?: { readonly language: string; readonly turns: number };
  /** Holds until as many turns in a row agree on another language. */
  readonly locked?: string;
};

export type LanguageEvidence = {
  readonly language?: string;
  readonly probability: number;
  readonly words: number;
  readonly requested?: string;
};

export type LanguageChoices = {
  /** The persona speaks only this language. */
  readonly fixed?: string;
  readonly own?: string;
  readonly server?: string;
  /** Languages of the server. If empty, any language may be detected. */
  readonly among?: readonly string[];
};

const rules = {
  leastProbability: 0.8,
  turnsToLock: 2,
  /** One word often belongs to many languages. */
  leastWords: 2,
} as const;

/**
 * One turn of this person.
 *
 * A person who asks for another language may speak it next, so a request ends a lock.
 *
 * @example
 * import { languageOf, stepSpeakerLanguage } from '#src/turn/speaker-language/speaker-language.ts';
 *
 * const german = { language: 'de', probability: 0.99, words: 5 };
 * const state = stepSpeakerLanguage(stepSpeakerLanguage({}, german), german);
 * [state.locked, languageOf(state, { server: 'en' })]; // ['de', 'de']
 */
export function stepSpeakerLanguage(
  before: SpeakerLanguage,
  evidence: LanguageEvidence,
  among: readonly string[] = [],
): SpeakerLanguage {
  const { language, probability, words, requested } = evidence;
  const asked = requested === undefined ? before : afterRequest(before, requested);
  if (language === undefined || words < rules.leastWords || !isAmong(language, among)) return asked;
  if (!isSure({ probability })) return asked;
  const former = asked.latest;
  const turns = former && sameLanguage(former.language, language) ? former.turns + 1 : 1;
  const latest = { language, turns };
  return turns >= rules.turnsToLock ? { ...asked, latest, locked: language } : { ...asked, latest };
}

function afterRequest({ locked, ...before }: SpeakerLanguage, requested: string): SpeakerLanguage {
  if (locked === undefined || sameLanguage(locked, requested))
    return { ...before, locked, requested };
  const { latest: _, ...open } = before;
  return { ...open, requested };
}

/**
 * Chooses the language of a turn's words.
 *
 * A recogniser that got the language as a hint may only repeat it, and then a text that is surely of another language
 * wins.
 */
export function languageOfWords(
  recognised: string | undefined,
  hint: string | undefined,
  found: Pick<LanguageEvidence, 'language' | 'probability'> | undefined,
): Pick<LanguageEvidence, 'language' | 'probability'> {
  const isOpen = recognised === undefined || isEcho(recognised, hint);
  if (isOpen && found && (recognised === undefined || isSure(found))) return found;
  return { language: recognised, probability: recognised === undefined ? 0 : 1 };
}

export function isEcho(recognised: string, hint: string | undefined): boolean {
  return hint !== undefined && sameLanguage(recognised, hint);
}

export function isSure({ probability }: Pick<LanguageEvidence, 'probability'>): boolean {
  return probability >= rules.leastProbability;
}

/**
 * Decides the language of answers: of the persona, the request, the person's setting, the spoken language, then the
 * server.
 */
export function languageOf(
  { requested, locked, latest }: SpeakerLanguage,
  { fixed, own, server }: LanguageChoices,
): string | undefined {
  return fixed ?? requested ?? own ?? locked ?? latest?.language ?? server;
}

/** Whether the language may change: not at all, by a request, or by any next words. */
export type LanguageHold = 'fixed' | 'settled' | 'open';

export function holdOf(
  known: SpeakerLanguage,
  choices: LanguageChoices,
  isHeard: boolean,
): LanguageHold {
  if (choices.fixed !== undefined) return 'fixed';
  const settled = known.requested ?? choices.own ?? known.locked;
  return (isHeard ? languageOf(known, choices) : settled) === undefined ? 'open' : 'settled';
}

/**
 * Returns the hint for the recogniser, or undefined if it should detect the language.
 *
 * The requested language is not always the spoken one. A lock that the latest turn broke is no hint, since an
 * obedient recogniser would never hear anything else.
 */
export function hintOf(
  { locked, latest }: SpeakerLanguage,
  { own }: LanguageChoices,
): string | undefined {
  const isHeld = locked !== undefined && latest !== undefined;
  const spoken = isHeld && sameLanguage(locked, latest.language) ? locked : undefined;
  return own ?? spoken;
}

function sameLanguage(one: string, other: string): boolean {
  return baseOf(one) === baseOf(other);
}

function isAmong(language: string, among: readonly string[]) {
  return among.length === 0 || among.some((one) => sameLanguage(one, language));
}

function baseOf(tag: string): string {
  return tag.toLowerCase().split('-', 1)[0] ?? tag;
}

/** Counts words without numbers, also where they are written together, as in Japanese. */
export function countWords(text: string): number {
  let count = 0;
  for (const { segment, isWordLike } of segmenter.segment(text.slice(0, mostCountedChars)))
    if (isWordLike && /\p{L}/u.test(segment)) count++;
  return count;
}

/** "Nova, otvor" is not Portuguese because of the name. */
export function withoutNames(text: string, names: readonly string[]): string {
  const called = new Set(names.flatMap((name) => name.toLowerCase().split(betweenWords)));
  return text
    .split(betweenWords)
    .filter((word) => !called.has(word.toLowerCase()))
    .join(' ');
}

/** Apostrophes stand inside words. */
const betweenWords = /[^\p{L}\p{M}\p{N}'\u2019]+/u;

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
const mostCountedChars = 200;
