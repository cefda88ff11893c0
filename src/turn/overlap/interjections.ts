import {
  isSameLanguage,
  toBaseLanguage,
} from '#src/base/language/expected-language.ts';
import { textLocales } from '#src/texts/locales.ts';
import { formatText, type PlainTextId } from '#src/texts/texts.ts';
import {
  getMaxNameDistance,
  isWithinDistance,
  normaliseLetters,
  toLatin,
  toPhoneticCode,
  toPlainWords,
} from '#src/turn/addressing/names.ts';
import everywhere from '#src/turn/languages/everywhere.json' with { type: 'json' };
import type {
  ConfirmationPhrases,
  LanguageWords,
  OverlapPhrases,
} from '#src/turn/languages/language-words.ts';
import { languages } from '#src/turn/languages/languages.ts';

const pauseToken = ',';
const isWordToken = (token: string) => token !== pauseToken;

const maxInterjectionChars = 300;

/**
 * Han, kana, Thai and Hangul letter by letter, as their words are written together or apart at will. Runs of other
 * letters.
 */
const tokenPattern =
  /,|[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Hangul}]\p{M}*|(?:(?![\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Hangul}])[\p{L}\p{N}\p{M}])+/gu;

/** Spellings between which recognisers choose. */
const spellingFolds: readonly (readonly [RegExp, string])[] = [
  [/['\u2019\u2018`\u00b4]/g, ''],
  [
    /[.,!?;:\u2026\u2014\u2013\u00a1\u00bf\u3001\u3002\uff0c\uff01\uff1f\uff1b\uff1a\u061f\u061b\u060c\u0964\u0965\u00b7()"\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d\u300e\u300f\n]+/g,
    ' , ',
  ],
  [/[\u30fc\u3063\u301c~]/g, ''],
  [/\u03c2/g, '\u03c3'],
  [/\u0649/g, '\u064a'],
  [/\u06cc/g, '\u064a'],
  [/\u06a9/g, '\u0643'],
  [/[\u0629\u06c1\u06be\u06c0]/g, '\u0647'],
  [/\u0626/g, '\u064a'],
  [/\u0901/g, '\u0902'],
  [/[\u093c\u09bc]/g, ''],
  [
    /(\p{scx=Latin}|\p{scx=Cyrillic}|\p{scx=Greek}|\p{scx=Arabic}|\p{scx=Hebrew})\1{2,}/gu,
    '$1',
  ],
];

/** Vietnamese "\u0111\u1eebng" (don't), "\u0111\u00fang" (right) and "d\u1eebng" (stop) differ only by marks. */
const vietnameseFolds: readonly (readonly [RegExp, string])[] = [
  [/\u0111\u1eebng/giu, 'dhuwng'],
  [/\u0111/giu, 'dh'],
];

/** Splits a text into normalised tokens. Only the first 300 characters count. */
function tokenizeText(text: string) {
  const isWhole = text.length <= maxInterjectionChars;
  const shortText = isWhole
    ? text
    : text.slice(0, maxInterjectionChars).replace(/\S{1,40}$/u, '');
  const phraseTokens = tokenizePhrase(shortText);
  const start = phraseTokens.findIndex(isWordToken);
  return start < 0
    ? []
    : phraseTokens.slice(start, phraseTokens.findLastIndex(isWordToken) + 1);
}

function tokenizePhrase(text: string) {
  return foldSpelling(text).match(tokenPattern) ?? [];
}

/** Private-use character that no pattern matches. */
const textSeparator = '\uE000';

function tokenizeEach(texts: readonly string[]) {
  if (texts.length === 0) return [];
  // text.replaceAll => Folding all texts at once is faster for thousands of phrases.
  const joined = texts
    .map((text) => text.replaceAll(textSeparator, ' '))
    .join(textSeparator);
  return foldSpelling(joined)
    .split(textSeparator)
    .map((text) => text.match(tokenPattern) ?? []);
}

function foldSpelling(text: string) {
  const joined = replacePairs(text.normalize('NFC'), vietnameseFolds).replace(
    /\u200c/g,
    ' ',
  );
  const hiragana = normaliseLetters(joined).replace(/[\u30a1-\u30f6]/g, (kana) =>
    String.fromCharCode(kana.charCodeAt(0) - 0x60),
  );
  return replacePairs(hiragana, spellingFolds);
}

/** Recognises notes of the recogniser: "[laughter]", "(coughs)". */
function isRecogniserNote(text: string) {
  return /^\s*(?:\[[^\]]*\]|\([^)]*\)|\*[^*]*\*|\uff08[^\uff09]*\uff09|<[^>]*>)[\s.]*$/u.test(
    text.slice(0, maxInterjectionChars),
  );
}

const humPatterns = everywhere.hums.map((pattern) => new RegExp(pattern, 'u'));

function isHum(token: string) {
  return humPatterns.some((hum) => hum.test(token));
}

function replacePairs(text: string, pairs: readonly (readonly [RegExp, string])[]) {
  return pairs.reduce((folded, [from, to]) => folded.replace(from, to), text);
}

type PhraseRole = Exclude<keyof OverlapPhrases, 'refusals'>;

/** The first role counts if a phrase has two in one language. */
const phraseRoles: readonly PhraseRole[] = [
  'stop',
  'neverMind',
  'wait',
  'goOn',
  'backchannel',
  'fillers',
];

/** Phrases of one language, as tokens with spaces between. */
type PhraseTable = {
  readonly isWidespread: boolean;
  readonly roles: ReadonlyMap<string, PhraseRole>;
  /** Words that change nothing before a pause. */
  readonly refusals: ReadonlySet<string>;
  readonly longest: number;
  /** Sorted for a binary search. */
  readonly sorted: readonly string[];
};

/** Phrases of no language, or of all. */
const commonPhrases: OverlapPhrases = everywhere.overlap;
const commonPhrasesByRole = new Map(
  phraseRoles.map((role) => [role, toTokenPhrases(commonPhrases[role])]),
);

const phraseTables: readonly PhraseTable[] = languages.map(createPhraseTable);

function isPhrase(token: string) {
  return phraseTables.some(({ roles }) => roles.has(token));
}

/** Returns whether a phrase begins with this text, even in the middle of a word. */
function beginsPhrase({ sorted }: PhraseTable, start: string) {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((sorted[middle] ?? '') < start) from = middle + 1;
    else to = middle;
  }
  return sorted[from]?.startsWith(start) ?? false;
}

function createPhraseTable({ code, isWidespread, overlap: words }: LanguageWords) {
  // Who reads a label on a button may say it.
  const stop = [...words.stop, ...listLabels('button.stop', code)];
  const overlap = { ...words, stop };
  const roleByPhrase = new Map<string, PhraseRole>();
  for (const role of phraseRoles) {
    const phrases = [
      ...toTokenPhrases(overlap[role]),
      ...(commonPhrasesByRole.get(role) ?? []),
    ];
    for (const phrase of phrases)
      if (!roleByPhrase.has(phrase)) roleByPhrase.set(phrase, role);
  }
  const refusals = toTokenPhrases(overlap.refusals);
  for (const phrase of repeatRefusals(refusals))
    if (!roleByPhrase.has(phrase)) roleByPhrase.set(phrase, 'fillers');
  const lengths = [...roleByPhrase.keys()].map((phrase) => phrase.split(' ').length);
  return {
    isWidespread,
    roles: roleByPhrase,
    refusals: new Set(refusals),
    longest: Math.max(...lengths),
    sorted: [...roleByPhrase.keys()].sort(),
  };
}

function repeatRefusals(refusals: readonly string[]) {
  return refusals.flatMap((word) => [`${word} ${word}`, `${word} ${word} ${word}`]);
}

function toTokenPhrases(phrases: readonly string[] = []) {
  return tokenizeEach(phrases).map((phraseTokens) =>
    phraseTokens.filter(isWordToken).join(' '),
  );
}

/** Intent of a whole sentence. `other` only contains such words. `sure` means that no further word can change the intent. */
export type Interjection =
  | { readonly kind: 'empty' }
  | { readonly kind: InterjectionKind; readonly sure: boolean };

type InterjectionOptions = {
  readonly isFinal: boolean;
  readonly names?: readonly string[];
};

type InterjectionKind =
  | 'stop'
  | 'wait'
  | 'go-on'
  | 'backchannel'
  | 'never-mind'
  | 'other';
type ParsedInterjection = InterjectionKind | 'nothing';
type SentenceTokens = {
  readonly tokens: readonly string[];
  readonly isFinal: boolean;
  /** Names of the bot that begin at each token. */
  readonly nameSteps: readonly (readonly PhraseStep[])[];
};

const nameLimits = { names: 45, nameLetters: 60 };
const notStopPhrases = new Set(toTokenPhrases(everywhere.notStops));

/** Precedence where languages disagree. */
const precedence: readonly ParsedInterjection[] = [
  'never-mind',
  'wait',
  'go-on',
  'backchannel',
  'other',
  'nothing',
  'stop',
];

/**
 * Classifies a sentence in all languages. Only politeness, fillers and the bot's names may be left over.
 *
 * A stop word of a widespread language stops. One of another language gives way to any other meaning.
 *
 * @example
 * import { classifyInterjection } from '#src/turn/overlap/interjections.ts';
 *
 * classifyInterjection('Stop it, please!', { isFinal: true }); // { kind: 'stop', sure: true }
 */
export function classifyInterjection(
  text: string,
  options: InterjectionOptions,
): Interjection {
  const { isFinal, names = [] } = options;
  const tokens = tokenizeText(text);
  if (isRecogniserNote(text)) return { kind: 'backchannel', sure: isFinal };
  if (tokens.length === 0) return { kind: 'empty' };
  const nameSteps = findNameSteps(tokens, names, isFinal);
  const readings = phraseTables.map((table) =>
    readInLanguage(table, { tokens, isFinal, nameSteps }),
  );
  const parsed = chooseMeaning(readings, tokens.filter(isWordToken).join(' '));
  const kind = parsed === 'nothing' ? 'other' : parsed;
  return { kind, sure: isFinal || !readings.some(({ open }) => open) };
}

function findNameSteps(
  tokens: readonly string[],
  names: readonly string[],
  isFinal: boolean,
): PhraseStep[][] {
  const namePhrases = names.slice(0, nameLimits.names).flatMap(toNamePhrases);
  return tokens.map((_, at) => listNameSteps(tokens, at, namePhrases, isFinal));
}

function toNamePhrases(botName: string) {
  const nameTokens = tokenizeText(botName.slice(0, nameLimits.nameLetters)).filter(
    isWordToken,
  );
  const latin = nameTokens.length === 1 ? toLatin(nameTokens[0] ?? '') : undefined;
  const sound =
    latin !== undefined && latin.length > 3 ? toPhoneticCode(latin) : undefined;
  return nameTokens.length === 0 ? [] : [{ words: nameTokens, sound }];
}

type LanguageReading = {
  readonly isWidespread: boolean;
  /** Undefined if the sentence has no such meaning in the language. */
  readonly parsed: ParsedInterjection | undefined;
  /** More words could complete a phrase. */
  readonly open: boolean;
};

function chooseMeaning(
  readings: readonly LanguageReading[],
  sentence: string,
): ParsedInterjection {
  const meanings = readings.flatMap(({ isWidespread, parsed }) =>
    parsed ? [{ isWidespread, parsed }] : [],
  );
  const widespread = meanings.filter(({ isWidespread }) => isWidespread);
  const candidates = (widespread.length > 0 ? widespread : meanings).map(
    ({ parsed }) => parsed,
  );
  const isStop = widespread.some(({ parsed }) => parsed === 'stop');
  const parsed = isStop
    ? 'stop'
    : (precedence.find((meaning) => candidates.includes(meaning)) ?? 'nothing');
  return parsed === 'stop' && notStopPhrases.has(sentence) ? 'nothing' : parsed;
}

function readInLanguage(table: PhraseTable, sentence: SentenceTokens): LanguageReading {
  const { tokens, isFinal } = sentence;
  const allParsed: (ParsedInterjection | undefined)[] = ['nothing'];
  let open = false;
  for (const [at, token] of tokens.entries()) {
    const parsed = allParsed[at];
    if (!parsed) continue;
    if (token === pauseToken) allParsed[at + 1] ??= parsed;
    open ||= !isFinal && canGrow(table, tokens, at);
    for (const { role, to } of listSteps(table, sentence, at))
      allParsed[to] ??= applyRole(parsed, role);
  }
  const parsed = allParsed[tokens.length];
  return {
    isWidespread: table.isWidespread,
    parsed,
    open: open || parsed !== undefined,
  };
}

function canGrow(table: PhraseTable, tokens: readonly string[], at: number) {
  return (
    tokens.length - at <= table.longest &&
    beginsPhrase(table, tokens.slice(at).join(' '))
  );
}

type PhraseStep = { readonly role: PhraseRole; readonly to: number };

function listSteps(
  { roles, refusals, longest }: PhraseTable,
  sentence: SentenceTokens,
  at: number,
): PhraseStep[] {
  const { tokens, nameSteps } = sentence;
  const steps: PhraseStep[] = [];
  let phrase = '';
  for (let to = at + 1; to <= Math.min(tokens.length, at + longest); to++) {
    phrase += to === at + 1 ? tokens[at] : ` ${tokens[to - 1]}`;
    const role = roles.get(phrase);
    if (role && !(role === 'fillers' && isHum(phrase))) steps.push({ role, to });
  }
  const token = tokens[at] ?? '';
  if (isHum(token)) steps.push({ role: 'backchannel', to: at + 1 });
  if (refusals.has(token) && tokens[at + 1] === pauseToken)
    steps.push({ role: 'fillers', to: at + 1 });
  return [...steps, ...(nameSteps[at] ?? [])];
}

function listNameSteps(
  tokens: readonly string[],
  at: number,
  names: readonly { readonly words: readonly string[]; readonly sound?: string }[],
  isFinal: boolean,
): PhraseStep[] {
  return names.flatMap(({ words: nameTokens, sound }): PhraseStep[] => {
    if (nameTokens.every((word, offset) => word === tokens[at + offset]))
      return [{ role: 'fillers', to: at + nameTokens.length }];
    // Only a final text may misspell a name.
    const isAlike = isFinal && soundsLikeName(tokens[at] ?? '', sound);
    return isAlike ? [{ role: 'fillers', to: at + 1 }] : [];
  });
}

function soundsLikeName(token: string, sound: string | undefined) {
  if (sound === undefined || token.length < 3 || token.length > nameLimits.nameLetters)
    return false;
  const latin = toLatin(token);
  if (latin === undefined) return false;
  const code = toPhoneticCode(latin);
  return (
    code[0] === sound[0] &&
    isWithinDistance(code, sound, getMaxNameDistance(sound)) &&
    !isPhrase(token)
  );
}

function applyRole(parsed: ParsedInterjection, role: PhraseRole): ParsedInterjection {
  // The last wish counts, but "stop" outlasts "wait" and "never mind".
  switch (role) {
    case 'stop':
      return 'stop';
    case 'wait':
      return parsed === 'stop' ? parsed : 'wait';
    case 'neverMind':
      return parsed === 'stop' ? parsed : 'never-mind';
    case 'goOn':
      return 'go-on';
    case 'backchannel':
      return parsed === 'nothing' ? 'backchannel' : parsed;
    case 'fillers':
      return parsed === 'nothing' || parsed === 'backchannel' ? 'other' : parsed;
  }
}

const maxSentenceTokens = 30;

/** Joins the words of a text as tokens. Empty for a longer sentence. */
function joinWordTokens(text: string) {
  const tokens = tokenizeText(text).filter(isWordToken);
  return tokens.length > maxSentenceTokens ? '' : tokens.join(' ');
}

function consistsOfPhrases(
  remainingText: string,
  answerPhrases: readonly string[],
  politePhrases: readonly string[],
  isFound = false,
): boolean {
  if (remainingText === '') return isFound;
  const canContinue = (phrase: string, isWanted: boolean) =>
    phrase !== '' &&
    `${remainingText} `.startsWith(`${phrase} `) &&
    consistsOfPhrases(
      remainingText.slice(phrase.length + 1),
      answerPhrases,
      politePhrases,
      isFound || isWanted,
    );
  const isWanted = answerPhrases.some((phrase) => canContinue(phrase, true));
  return isWanted || politePhrases.some((phrase) => canContinue(phrase, false));
}

const confirmationTables: readonly (Record<
  keyof ConfirmationPhrases,
  readonly string[]
> & {
  readonly code: string;
})[] = languages.map(({ code, confirmations }) => ({
  code,
  yes: toTokenPhrases(confirmations.yes),
  no: toTokenPhrases(confirmations.no),
  beside: toTokenPhrases(confirmations.beside),
}));

const refusalPhrases = new Set(
  languages.flatMap(({ overlap: { neverMind, refusals, stop, wait } }) =>
    toTokenPhrases([...(refusals ?? []), ...neverMind, ...stop, ...(wait ?? [])]),
  ),
);
const unambiguousTables = confirmationTables.map(({ yes, ...table }) => ({
  ...table,
  yes: yes.filter((phrase) => !refusalPhrases.has(phrase)),
}));

/** Meaning of a text that answers a question of the bot. */
export type YesOrNo = 'yes' | 'no';

/**
 * Finds the yes or no that a final text is, apart from politeness and the bot's names.
 *
 * Where languages disagree, the likely one (BCP 47) and English decide. Every other word counts in any language, since a
 * person may answer in another one than they usually speak.
 */
export function findYesOrNo(
  text: string,
  names: readonly string[],
  language?: string,
): YesOrNo | undefined {
  // A question is neither.
  if (/[?\uff1f\u061f\u037e]/u.test(text)) return undefined;
  const { kind } = classifyInterjection(text, { isFinal: true, names });
  if (kind === 'stop' || kind === 'wait') return undefined;
  if (kind === 'never-mind') return 'no';
  const sentence = joinWordTokens(text);
  const namePhrases = toTokenPhrases(names);
  const findAnswer = (tables: typeof confirmationTables) => {
    const hasAnswer = (answer: YesOrNo) =>
      tables.some(({ beside, [answer]: answerPhrases }) =>
        consistsOfPhrases(sentence, answerPhrases, [...beside, ...namePhrases]),
      );
    if (hasAnswer('yes')) return 'yes';
    return hasAnswer('no') ? 'no' : undefined;
  };
  return findAnswer(listLikelyTables(language)) ?? findAnswer(unambiguousTables);
}

/** A Polish yes is a Malay no. */
function listLikelyTables(language: string | undefined) {
  const code = language && toBaseLanguage(language);
  if (!confirmationTables.some((table) => table.code === code)) return [];
  return confirmationTables.filter(
    (table) => table.code === code || table.code === 'en',
  );
}

/**
 * A wish that the bot obeys without the chat model. `no`: the person is not to be heard any more. `pause`: nobody is
 * to be heard for a while.
 */
export type WishKind = 'stop' | 'no' | 'leave' | 'pause';

/** The wish that a text is. */
export type Wish = {
  readonly kind: WishKind;
  /** Only a listener can be told this: "don't listen to me". People say "not me" and "leave" to each other as well. */
  readonly isForListener: boolean;
  /** The text calls the bot by name. */
  readonly isByName: boolean;
};

type PhraseMeaning = Pick<Wish, 'kind' | 'isForListener'> | 'beside';

/** The last group counts for a phrase of several languages. */
const wishGroups = ['beside', 'pauseHearing', 'leave', 'notMe', 'doNotHear'] as const;
/** A new wish also needs words in `languages`, its decision in `decideUtterance`, and its work in `obeyCommand`. */
const wishMeanings: Readonly<Record<(typeof wishGroups)[number], PhraseMeaning>> = {
  beside: 'beside',
  pauseHearing: { kind: 'pause', isForListener: false },
  leave: { kind: 'leave', isForListener: false },
  notMe: { kind: 'no', isForListener: false },
  doNotHear: { kind: 'no', isForListener: true },
};

const wishPhrases = new Map<string, PhraseMeaning>(
  languages.flatMap(({ commands }) =>
    wishGroups.flatMap((group) =>
      (commands[group] ?? [])
        .flatMap(listSpellings)
        .map((phrase) => [phrase, wishMeanings[group]] as const),
    ),
  ),
);
// Who reads a label on a button may say it.
for (const label of listLabels('button.not_me'))
  for (const phrase of listSpellings(label))
    wishPhrases.set(phrase, wishMeanings.notMe);

const maxWishChars = 120;
const maxWishTokens = Math.max(
  ...[...wishPhrases.keys()].map((phrase) => phrase.split(' ').length),
);
const notWishTexts = languages.flatMap(({ commands }) => commands.others ?? []);

/**
 * Finds the wish that a final text is, spoken or typed, apart from politeness, hums and the bot's names. The labels of
 * the buttons count as they stand in each language of the texts.
 *
 * Undefined for two different wishes, for a longer sentence, and for a question that is no polite request by name.
 *
 * @example
 * import { findWish } from '#src/turn/overlap/interjections.ts';
 *
 * findWish('Nova, leave, please.', ['Nova'])?.kind; // 'leave'
 */
export function findWish(text: string, names: readonly string[]): Wish | undefined {
  const wish = findPhraseWish(text, names);
  if (wish) return wish;
  const { kind } = classifyInterjection(text, { isFinal: true, names });
  return kind === 'stop' ? { kind, isForListener: false, isByName: false } : undefined;
}

function findPhraseWish(text: string, names: readonly string[]): Wish | undefined {
  if (text.length > maxWishChars) return undefined;
  const plainText = ` ${toPlainWords(text)} `;
  if (notWishTexts.some((phrase) => plainText.includes(` ${phrase} `)))
    return undefined;
  const read = readPhrases(tokenizeText(text), names);
  if (!read) return undefined;
  const { isByName, meanings } = read;
  // "Nova, can you leave?" is a request.
  const isRequest = isByName && meanings.has('beside');
  if (!isRequest && /[?\uff1f\u061f]/u.test(text)) return undefined;
  return chooseWish(meanings, isByName);
}

/** Reads tokens as phrases and names of the bot. Undefined if another word is left over. */
function readPhrases(tokens: readonly string[], names: readonly string[]) {
  const nameSteps = findNameSteps(tokens, names, false);
  const meanings = new Set<PhraseMeaning>();
  let isByName = false;
  for (let at = 0; at < tokens.length; ) {
    const match = matchWishPhrase(tokens, at);
    const nameEnd = Math.max(at, ...(nameSteps[at] ?? []).map((name) => name.to));
    const to = match?.to ?? nameEnd;
    if (to === at) return undefined;
    if (match?.meaning) meanings.add(match.meaning);
    isByName ||= !match;
    at = to;
  }
  return { isByName, meanings };
}

function chooseWish(meanings: ReadonlySet<PhraseMeaning>, isByName: boolean) {
  const wishes = [...meanings].flatMap((meaning) =>
    meaning === 'beside' ? [] : [meaning],
  );
  const [wish] = wishes;
  if (!wish || wishes.some(({ kind }) => kind !== wish.kind)) return undefined;
  const isForListener = wishes.some((each) => each.isForListener);
  return { kind: wish.kind, isForListener, isByName };
}

function matchWishPhrase(
  tokens: readonly string[],
  at: number,
): { readonly to: number; readonly meaning?: PhraseMeaning } | undefined {
  for (let to = Math.min(tokens.length, at + maxWishTokens); to > at; to--) {
    const meaning = wishPhrases.get(tokens.slice(at, to).join(' '));
    if (meaning) return { to, meaning };
  }
  const token = tokens[at] ?? '';
  return token === pauseToken || isHum(token) ? { to: at + 1 } : undefined;
}

function listSpellings(phrase: string) {
  return [tokenizePhrase(phrase).join(' '), ...toTokenPhrases([phrase])];
}

/** Lists the label of a button in each language of the texts, or in that of a code (ISO 639-1). */
function listLabels(id: PlainTextId, code?: string): readonly string[] {
  return textLocales
    .filter((locale) => code === undefined || isSameLanguage(locale, code))
    .map((locale) => formatText(id, {}, locale));
}
