import { plainWords } from '#src/turn/addressing/names.ts';
import type { LanguageRequestPhrases } from '#src/turn/languages/language-words.ts';
import { languages } from '#src/turn/languages/languages.ts';

/** Longest sentence, in characters, that only asks for a language. */
const mostChars = 90;
/** Most words beside such a request, so that a long text is looked through in no time. */
const mostBeside = 5;

/** Sentences of one language that ask for another, and which language each name in them means. */
type RequestPattern = { readonly pattern: RegExp; readonly codes: ReadonlyMap<string, string> };

/**
 * Language that a text requests for answers, ISO 639-1: one of its sentences holds only the request, and perhaps one of
 * `names`, the bot's names. The last one counts.
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

/** Made when they are first needed. */
function requestPatterns(): readonly RequestPattern[] {
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

/** Pattern of a phrase, without the punctuation that `plainWords` removes from texts. */
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

/** State of the language detection for one person in one session; an empty object to start from. */
export type SpeakerLanguage = {
  /** Language they asked to be answered in: "in German, please". BCP 47, as all languages here. */
  readonly requested?: string;
  /** Language of their latest turns, and of how many in a row. */
  readonly latest?: { readonly language: string; readonly turns: number };
  /** Language that enough turns in a row agreed on; it holds until as many agree on another one. */
  readonly locked?: string;
};

/** Evidence of a speaker's language in one turn. */
export type LanguageEvidence = {
  /** Language of its words, where that was found out. */
  readonly language?: string;
  /** Probability of that, 0 to 1. */
  readonly probability: number;
  readonly words: number;
  /** Language it asks for. */
  readonly requested?: string;
};

/** Language settings of the person and of all. */
export type LanguageChoices = {
  /** Only language of the bot's persona: all people are answered in it. */
  readonly fixed?: string;
  /** The person's own setting. */
  readonly own?: string;
  readonly server?: string;
  /** Languages of the server; no other one is ever detected. Empty: any is. */
  readonly among?: readonly string[];
};

const rules = {
  /** Least probability, 0 to 1, of a detected language that counts. */
  leastProbability: 0.8,
  /** Turns in a row that must agree before a language is locked. */
  turnsToLock: 2,
  /** Least number of words of a turn whose language counts: one word is often of many languages. */
  leastWords: 2,
} as const;

/**
 * One turn of this person; the language that holds afterwards is `languageOf`.
 *
 * A person who asks for another language may speak it next, so that ends a lock.
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
 * Language of a turn's words, as far as it is known.
 *
 * `recognised` comes from the recogniser. Where it was given that language as a `hint`, it may only repeat the hint, and a text
 * that is surely of another language counts in its place.
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

/** Whether the recogniser's language may be only its hint. */
export function isEcho(recognised: string, hint: string | undefined): boolean {
  return hint !== undefined && sameLanguage(recognised, hint);
}

/** Whether it is sure enough to count. */
export function isSure({ probability }: Pick<LanguageEvidence, 'probability'>): boolean {
  return probability >= rules.leastProbability;
}

/**
 * Language in which the person is answered; undefined where it is unknown.
 *
 * The first that there is: the persona's only one, the requested one, the person's setting, the spoken one, and that of the server.
 */
export function languageOf(
  { requested, locked, latest }: SpeakerLanguage,
  { fixed, own, server }: LanguageChoices,
): string | undefined {
  return fixed ?? requested ?? own ?? locked ?? latest?.language ?? server;
}

/** Ways in which `languageOf` may change: not at all, by the person's request, or by any next words. */
export type LanguageHold = 'fixed' | 'settled' | 'open';

/** `isHeard`: the turn is in `state` already; then it is open only where the language is unknown. */
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
 * Language hint for the recogniser before it hears the person; undefined where it is to detect it.
 *
 * The requested language of the answers is not always the spoken one; a lock that the person's latest turn broke is no
 * hint, or a recogniser that obeys would never hear anything else.
 */
export function hintOf(
  { locked, latest }: SpeakerLanguage,
  { own }: LanguageChoices,
): string | undefined {
  const isHeld = locked !== undefined && latest !== undefined;
  const spoken = isHeld && sameLanguage(locked, latest.language) ? locked : undefined;
  return own ?? spoken;
}

/** Whether two tags are of one language, for any regions and scripts. */
function sameLanguage(one: string, other: string): boolean {
  return baseOf(one) === baseOf(other);
}

function isAmong(language: string, among: readonly string[]) {
  return among.length === 0 || among.some((one) => sameLanguage(one, language));
}

function baseOf(tag: string): string {
  return tag.toLowerCase().split('-', 1)[0] ?? tag;
}

/** Words of a text without its numbers, also where they are written together, as in Japanese. */
export function countWords(text: string): number {
  let count = 0;
  for (const { segment, isWordLike } of segmenter.segment(text.slice(0, mostCountedChars)))
    if (isWordLike && /\p{L}/u.test(segment)) count++;
  return count;
}

/** A text without the bot's names: "Nova, otvor" is not Portuguese for its name. */
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
/** Limit of counted characters, above that of the rules. */
const mostCountedChars = 200;
