/** What is known of the language of one person in one session; an empty object to start from. */
export type SpeakerLanguage = {
  /** Language they asked to be answered in: "in German, please". BCP 47, as all languages here. */
  readonly requested?: string;
  /** Language of their latest turns, and of how many in a row. */
  readonly latest?: { readonly language: string; readonly turns: number };
  /** Language that enough turns in a row agreed on; it holds until as many agree on another one. */
  readonly locked?: string;
};

/** What one turn tells of its speaker's language. */
export type LanguageEvidence = {
  /** Language of its words, where that was found out. */
  readonly language?: string | undefined;
  /** How sure that is, 0 to 1. */
  readonly probability: number;
  readonly words: number;
  /** Language it asks for. */
  readonly requested?: string | undefined;
};

/** Languages that hold where nothing is known of the person, the first that is set. */
export type LanguageChoices = {
  /** What the person has set for themselves. */
  readonly own?: string | undefined;
  /** Spoken in the channel, as people told. */
  readonly channel?: string | undefined;
  readonly server?: string | undefined;
  /** Languages of the server; no other one is ever detected. Empty: any is. */
  readonly among?: readonly string[];
};

export type LanguageRules = {
  /** Least probability, 0 to 1, of a detected language that counts. */
  readonly leastProbability: number;
  /** Turns in a row that must agree before a language is locked. */
  readonly turnsToLock: number;
  /** Least number of words of a turn whose language counts: one word is often of many languages. */
  readonly leastWords: number;
};

const languageRules: LanguageRules = {
  leastProbability: 0.7,
  turnsToLock: 2,
  leastWords: 2,
};

/** One turn of this person; the language that holds afterwards is `languageOf`. */
export function stepSpeakerLanguage(
  before: SpeakerLanguage,
  evidence: LanguageEvidence,
  among: readonly string[] = [],
  rules: LanguageRules = languageRules,
): SpeakerLanguage {
  const { language, probability, words, requested } = evidence;
  const asked = requested === undefined ? before : { ...before, requested };
  const counts = words >= rules.leastWords && probability >= rules.leastProbability;
  if (language === undefined || !counts || !isAmong(language, among)) return asked;
  const isSame = before.latest !== undefined && sameLanguage(before.latest.language, language);
  const turns = isSame ? (before.latest?.turns ?? 0) + 1 : 1;
  const latest = { language, turns };
  return turns >= rules.turnsToLock ? { ...asked, latest, locked: language } : { ...asked, latest };
}

/** Language in which the person is answered; undefined where nothing tells. */
export function languageOf(
  { requested, locked, latest }: SpeakerLanguage,
  { own, channel, server }: LanguageChoices,
): string | undefined {
  return requested ?? own ?? locked ?? latest?.language ?? channel ?? server;
}

/** Whether what a turn's words are in matters, or something that goes before it is known. */
export function needsDetection({ requested }: SpeakerLanguage, { own }: LanguageChoices): boolean {
  return requested === undefined && own === undefined;
}

/** Whether two tags are of one language, whatever their regions and scripts. */
function sameLanguage(one: string, other: string): boolean {
  return baseOf(one) === baseOf(other);
}

function isAmong(language: string, among: readonly string[]): boolean {
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

/** A text without what the bot is called: "Nova, otvor" is not Portuguese for its name. */
export function withoutNames(text: string, names: readonly string[]): string {
  const called = new Set(names.flatMap((name) => name.toLowerCase().split(betweenWords)));
  return text
    .split(betweenWords)
    .filter((word) => !called.has(word.toLowerCase()))
    .join(' ');
}

/** Apostrophes stand inside words. */
const betweenWords = /[^\p{L}\p{M}\p{N}'’]+/u;

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
/** More than the rules ask for. */
const mostCountedChars = 200;
