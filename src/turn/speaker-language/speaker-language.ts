import { toPlainWords } from '#src/turn/addressing/names.ts';
import type { LanguageRequestPhrases } from '#src/turn/languages/language-words.ts';
import { languages } from '#src/turn/languages/languages.ts';

const maxRequestChars = 90;
const maxBesideWords = 5;

type RequestPattern = {
  readonly pattern: RegExp;
  readonly codes: ReadonlyMap<string, string>;
};

/**
 * Finds the language (ISO 639-1) that a text asks for last. The sentence may hold only the request and a name of
 * the bot.
 */
export function findRequestedLanguage(
  text: string,
  names: readonly string[],
): string | undefined {
  let found: string | undefined;
  for (const sentence of text.split(/[.?!\u3002\uff1f\uff01\n]+/u)) {
    const words = toPlainWords(sentence);
    if (words === '' || words.length > maxRequestChars) continue;
    const rest = trimNames(words, names);
    for (const { pattern, codes } of getRequestPatterns()) {
      const name = Object.values(pattern.exec(rest)?.groups ?? {}).find(
        (one) => one !== undefined,
      );
      if (name !== undefined) found = codes.get(name) ?? found;
    }
  }
  return found;
}

let cachedPatterns: readonly RequestPattern[] | undefined;

function getRequestPatterns() {
  // Patterns take time, so they are made when first needed.
  cachedPatterns ??= languages.flatMap(({ code, languageRequests }) =>
    languageRequests ? [compileRequestPattern(code, languageRequests)] : [],
  );
  return cachedPatterns;
}

function compileRequestPattern(
  code: string,
  { requests, beside }: LanguageRequestPhrases,
): RequestPattern {
  const display = new Intl.DisplayNames([code], { type: 'language', fallback: 'none' });
  const named = languages.flatMap(({ code: of }) => {
    const name = display.of(of);
    return name === undefined ? [] : [[toPlainWords(name), of] as const];
  });
  const codes = new Map<string, string>();
  const asks = requests.map((phrase, n) => {
    const cut = Number(/\{-(\d)\}/.exec(phrase)?.[1] ?? 0);
    const forms = named.map(
      ([name, of]) => [cut > 0 ? name.slice(0, -cut) : name, of] as const,
    );
    for (const [form, of] of forms) codes.set(form, of);
    const [before = '', after = ''] = phrase.split(/\{(?:-\d)?\}/);
    const all = forms.map(([form]) => RegExp.escape(form)).join('|');
    return `${toPhrasePattern(before)}(?<name${n}>${all})${toPhrasePattern(after)}`;
  });
  const others = `(?:(?:${beside.map(toPhrasePattern).join('|')}) *){0,${maxBesideWords}}`;
  return {
    pattern: new RegExp(`^${others}(?:${asks.join('|')}) *${others}$`, 'u'),
    codes,
  };
}

function toPhrasePattern(phrase: string) {
  return RegExp.escape(phrase.replace(/['\u2019-]/gu, ' ').replace(/ +/g, ' '));
}

function trimNames(words: string, names: readonly string[]) {
  let rest = words;
  for (const name of names.map(toPlainWords).filter((one) => one !== '')) {
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

const speakerLanguageRules = {
  leastProbability: 0.8,
  turnsToLock: 2,
  /** One word often belongs to many languages. */
  leastWords: 2,
} as const;

/**
 * Updates a person's language by one turn.
 *
 * @example
 * import { decideAnswerLanguage, stepSpeakerLanguage } from '#src/turn/speaker-language/speaker-language.ts';
 *
 * const german = { language: 'de', probability: 0.99, words: 5 };
 * const state = stepSpeakerLanguage(stepSpeakerLanguage({}, german), german);
 * [state.locked, decideAnswerLanguage(state, { server: 'en' })]; // ['de', 'de']
 */
export function stepSpeakerLanguage(
  before: SpeakerLanguage,
  evidence: LanguageEvidence,
  among: readonly string[] = [],
): SpeakerLanguage {
  const { language, probability, words, requested } = evidence;
  // The person may speak the requested language next, so a request ends a lock.
  const asked = requested === undefined ? before : applyRequest(before, requested);
  if (
    language === undefined ||
    words < speakerLanguageRules.leastWords ||
    !isAmong(language, among)
  )
    return asked;
  if (!isSureLanguage({ probability })) return asked;
  const former = asked.latest;
  const turns =
    former && isSameLanguage(former.language, language) ? former.turns + 1 : 1;
  const latest = { language, turns };
  return turns >= speakerLanguageRules.turnsToLock
    ? { ...asked, latest, locked: language }
    : { ...asked, latest };
}

function applyRequest(
  { locked, ...before }: SpeakerLanguage,
  requested: string,
): SpeakerLanguage {
  if (locked === undefined || isSameLanguage(locked, requested))
    return { ...before, locked, requested };
  const { latest: _, ...open } = before;
  return { ...open, requested };
}

export function chooseTurnLanguage(
  recognised: string | undefined,
  hint: string | undefined,
  found: Pick<LanguageEvidence, 'language' | 'probability'> | undefined,
): Pick<LanguageEvidence, 'language' | 'probability'> {
  // A text that is surely of another language wins over a recogniser that repeats its hint.
  const isOpen = recognised === undefined || repeatsHint(recognised, hint);
  if (isOpen && found && (recognised === undefined || isSureLanguage(found)))
    return found;
  return { language: recognised, probability: recognised === undefined ? 0 : 1 };
}

export function repeatsHint(recognised: string, hint: string | undefined): boolean {
  return hint !== undefined && isSameLanguage(recognised, hint);
}

export function isSureLanguage({
  probability,
}: Pick<LanguageEvidence, 'probability'>): boolean {
  return probability >= speakerLanguageRules.leastProbability;
}

/**
 * Decides the language of answers: of the persona, the request, the person's setting, the spoken language, then the
 * server.
 */
export function decideAnswerLanguage(
  { requested, locked, latest }: SpeakerLanguage,
  { fixed, own, server }: LanguageChoices,
): string | undefined {
  return fixed ?? requested ?? own ?? locked ?? latest?.language ?? server;
}

/** Whether the language may change: not at all, by a request, or by any next words. */
export type LanguageStability = 'fixed' | 'settled' | 'open';

export function getLanguageStability(
  known: SpeakerLanguage,
  choices: LanguageChoices,
  isHeard: boolean,
): LanguageStability {
  if (choices.fixed !== undefined) return 'fixed';
  const settled = known.requested ?? choices.own ?? known.locked;
  return (isHeard ? decideAnswerLanguage(known, choices) : settled) === undefined
    ? 'open'
    : 'settled';
}

/** Returns the language hint for the recogniser, undefined if it should detect one. */
export function getRecogniserHint(
  { locked, latest }: SpeakerLanguage,
  { own }: LanguageChoices,
): string | undefined {
  // A requested language is not always spoken.
  const isHeld = locked !== undefined && latest !== undefined;
  // With a lock that the latest turn broke, an obedient recogniser would never hear anything else.
  const spoken = isHeld && isSameLanguage(locked, latest.language) ? locked : undefined;
  return own ?? spoken;
}

function isSameLanguage(one: string, other: string) {
  return getBaseLanguage(one) === getBaseLanguage(other);
}

function isAmong(language: string, among: readonly string[]) {
  return among.length === 0 || among.some((one) => isSameLanguage(one, language));
}

function getBaseLanguage(tag: string) {
  return tag.toLowerCase().split('-', 1)[0] ?? tag;
}

/** Counts words without numbers, also where they are written together, as in Japanese. */
export function countWords(text: string): number {
  let count = 0;
  for (const { segment, isWordLike } of segmenter.segment(
    text.slice(0, maxCountedChars),
  ))
    if (isWordLike && /\p{L}/u.test(segment)) count++;
  return count;
}

export function removeNames(text: string, names: readonly string[]): string {
  // "Nova, otvor" would be taken for Portuguese.
  const called = new Set(
    names.flatMap((name) => name.toLowerCase().split(wordSeparators)),
  );
  return text
    .split(wordSeparators)
    .filter((word) => !called.has(word.toLowerCase()))
    .join(' ');
}

/** Apostrophes stand inside words. */
const wordSeparators = /[^\p{L}\p{M}\p{N}'\u2019]+/u;

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
const maxCountedChars = 200;
