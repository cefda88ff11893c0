import {
  includesLanguage,
  isSameLanguage,
  type LikelyLanguages,
  toBaseLanguage,
} from '#src/base/language/expected-language.ts';
import { toPlainWords, trimNames } from '#src/turn/addressing/names.ts';
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
  let language: string | undefined;
  for (const sentence of text.split(/[.?!\u3002\uff1f\uff01\n]+/u)) {
    const plainSentence = toPlainWords(sentence);
    if (plainSentence === '' || plainSentence.length > maxRequestChars) continue;
    const request = trimNames(plainSentence, names);
    for (const { pattern, codes } of getRequestPatterns()) {
      const name = Object.values(pattern.exec(request)?.groups ?? {}).find(
        (group) => group !== undefined,
      );
      if (name !== undefined) language = codes.get(name) ?? language;
    }
  }
  return language;
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
  const namedCodes = languages.flatMap(({ code: languageCode }) => {
    const name = display.of(languageCode);
    return name === undefined ? [] : [[toPlainWords(name), languageCode] as const];
  });
  const codeByName = new Map<string, string>();
  const requestPatterns = requests.map((phrase, n) => {
    const cut = Number(/\{-(\d)\}/.exec(phrase)?.[1] ?? 0);
    const forms = namedCodes.map(
      ([name, languageCode]) =>
        [cut > 0 ? name.slice(0, -cut) : name, languageCode] as const,
    );
    for (const [form, languageCode] of forms) codeByName.set(form, languageCode);
    const [textBefore = '', textAfter = ''] = phrase.split(/\{(?:-\d)?\}/);
    const nameForms = forms.map(([form]) => RegExp.escape(form)).join('|');
    return `${toPhrasePattern(textBefore)}(?<name${n}>${nameForms})${toPhrasePattern(textAfter)}`;
  });
  const besidePattern = `(?:(?:${beside.map(toPhrasePattern).join('|')}) *){0,${maxBesideWords}}`;
  return {
    pattern: new RegExp(
      `^${besidePattern}(?:${requestPatterns.join('|')}) *${besidePattern}$`,
      'u',
    ),
    codes: codeByName,
  };
}

function toPhrasePattern(phrase: string) {
  return RegExp.escape(phrase.replace(/['\u2019-]/gu, ' ').replace(/ +/g, ' '));
}

/** Languages that a person asked for and spoke. The first state is an empty object. All languages are BCP 47. */
export type SpeakerLanguage = {
  /** "In German, please." */
  readonly requested?: string;
  /** Language of the latest turns, and the number of them in a row. */
  readonly latest?: { readonly language: string; readonly turns: number };
  /** Holds until as many turns in a row agree on another language. */
  readonly locked?: string;
};

/**
 * The language (BCP 47) that the words of a turn show, its probability from 0 to 1, and a language that the words ask
 * for.
 */
export type LanguageEvidence = {
  readonly language?: string;
  readonly probability: number;
  readonly wordCount: number;
  readonly requested?: string;
};

/** Languages (BCP 47) that persona, person and server have chosen. */
export type LanguageChoices = {
  /** The persona speaks only this language. */
  readonly fixed?: string;
  readonly own?: string;
  readonly server?: string;
  /** Languages of the server. If empty, any language may be detected. */
  readonly among?: readonly string[];
};

const speakerLanguageRules = {
  minProbability: 0.8,
  turnsToLock: 2,
  /** One word often belongs to many languages. */
  minWords: 2,
} as const;

/**
 * Updates a person's language by one turn.
 *
 * @example
 * import { decideAnswerLanguage, stepSpeakerLanguage } from '#src/turn/speaker-language/speaker-language.ts';
 *
 * const german = { language: 'de', probability: 0.99, wordCount: 5 };
 * const state = stepSpeakerLanguage(stepSpeakerLanguage({}, german), german);
 * [state.locked, decideAnswerLanguage(state, { server: 'en' })]; // ['de', 'de']
 */
export function stepSpeakerLanguage(
  lastState: SpeakerLanguage,
  evidence: LanguageEvidence,
  among: readonly string[] = [],
): SpeakerLanguage {
  const { language, probability, wordCount, requested } = evidence;
  // The person may speak the requested language next, so a request ends a lock.
  const state =
    requested === undefined ? lastState : applyRequest(lastState, requested);
  if (
    language === undefined ||
    wordCount < speakerLanguageRules.minWords ||
    !isAmong(language, among)
  )
    return state;
  if (!isSureLanguage({ probability })) return state;
  const lastTurns = state.latest;
  const turns =
    lastTurns && isSameLanguage(lastTurns.language, language) ? lastTurns.turns + 1 : 1;
  const latest = { language, turns };
  return turns >= speakerLanguageRules.turnsToLock
    ? { ...state, latest, locked: language }
    : { ...state, latest };
}

function applyRequest(
  { locked, ...otherState }: SpeakerLanguage,
  requested: string,
): SpeakerLanguage {
  if (locked === undefined || isSameLanguage(locked, requested))
    return { ...otherState, locked, requested };
  const { latest: _, ...unlockedState } = otherState;
  return { ...unlockedState, requested };
}

/** Returns whether a detected language is sure enough to count. */
export function isSureLanguage({
  probability,
}: Pick<LanguageEvidence, 'probability'>): boolean {
  return probability >= speakerLanguageRules.minProbability;
}

/**
 * Decides the language of answers: of the persona, the request, the person's setting, the spoken language, then the
 * server.
 */
export function decideAnswerLanguage(
  { requested, locked, latest }: SpeakerLanguage,
  { fixed, own: ownLanguage, server }: LanguageChoices,
): string | undefined {
  return fixed ?? requested ?? ownLanguage ?? locked ?? latest?.language ?? server;
}

/** Whether the language may change: not at all, by a request, or by any next words. */
export type LanguageStability = 'fixed' | 'settled' | 'open';

/** Returns whether the words of a question may change the language of its answer: what was learned settles nothing. */
export function getLanguageStability(
  { requested }: SpeakerLanguage,
  { fixed, own: ownLanguage }: LanguageChoices,
): LanguageStability {
  if (fixed !== undefined) return 'fixed';
  return (requested ?? ownLanguage) === undefined ? 'open' : 'settled';
}

/**
 * Weights of guesses, by which a recogniser multiplies the probabilities that it hears. With 4 one of 1610 clips of a
 * language other than the learned one is heard in that, and with 8 two (`npm run bench -- ears --tuning`).
 */
const guessWeights = { settled: 4, possible: 2, outsideList: 1 / 8 } as const;

/** Languages that others in the room spoke last, and those of the server's list, which may be empty. */
export type LanguageSurroundings = {
  readonly room: readonly string[];
  readonly among: readonly string[];
};

/**
 * Weighs the languages that a person may speak next: the one that they settled on, those of their latest words, of a
 * request and of the room, and those of the server's list.
 */
export function weighLanguages(
  { latest, locked, requested }: SpeakerLanguage,
  { among, room }: LanguageSurroundings,
): LikelyLanguages {
  const settled =
    locked !== undefined && (!latest || isSameLanguage(locked, latest.language));
  const weights = new Map(among.map((tag) => [toBaseLanguage(tag), 1]));
  const guesses = [
    ...(settled ? [[locked, guessWeights.settled] as const] : []),
    ...[locked, latest?.language, requested, ...room].map(
      (tag) => [tag, guessWeights.possible] as const,
    ),
  ];
  for (const [tag, weight] of guesses) {
    const language = tag && toBaseLanguage(tag);
    if (!language || !isAmong(language, among)) continue;
    weights.set(language, Math.max(weight, weights.get(language) ?? weight));
  }
  const languages = [...weights].map(([language, weight]) => ({ language, weight }));
  return {
    languages: languages.toSorted((a, b) => b.weight - a.weight),
    others: among.length > 0 ? guessWeights.outsideList : 1,
  };
}

function isAmong(language: string, among: readonly string[]) {
  return among.length === 0 || includesLanguage(among, language);
}

/** Removes the words of names, and all punctuation, before a language is guessed. */
export function removeNames(text: string, names: readonly string[]): string {
  // "Nova, otvor" would be taken for Portuguese.
  const nameWords = new Set(
    names.flatMap((name) => name.toLowerCase().split(wordSeparators)),
  );
  return text
    .split(wordSeparators)
    .filter((word) => !nameWords.has(word.toLowerCase()))
    .join(' ');
}

/** Apostrophes stand inside words. */
const wordSeparators = /[^\p{L}\p{M}\p{N}'\u2019]+/u;
