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
  SpokenCommandPhrases,
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
function tokenize(text: string) {
  const isWhole = text.length <= maxInterjectionChars;
  const said = isWhole
    ? text
    : text.slice(0, maxInterjectionChars).replace(/\S{1,40}$/u, '');
  const found = tokenizePhrase(said);
  const from = found.findIndex(isWordToken);
  return from < 0 ? [] : found.slice(from, found.findLastIndex(isWordToken) + 1);
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

const humPatterns = everywhere.hums.map((source) => new RegExp(source, 'u'));

function isHum(token: string) {
  return humPatterns.some((hum) => hum.test(token));
}

function replacePairs(text: string, pairs: readonly (readonly [RegExp, string])[]) {
  return pairs.reduce((said, [from, to]) => said.replace(from, to), text);
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
  return phraseTables.some(({ roles: known }) => known.has(token));
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

function createPhraseTable({ isWidespread, overlap }: LanguageWords) {
  const found = new Map<string, PhraseRole>();
  for (const role of phraseRoles) {
    const all = [
      ...toTokenPhrases(overlap[role]),
      ...(commonPhrasesByRole.get(role) ?? []),
    ];
    for (const phrase of all) if (!found.has(phrase)) found.set(phrase, role);
  }
  const refusals = toTokenPhrases(overlap.refusals);
  for (const phrase of repeatWords(refusals))
    if (!found.has(phrase)) found.set(phrase, 'fillers');
  const lengths = [...found.keys()].map((phrase) => phrase.split(' ').length);
  return {
    isWidespread,
    roles: found,
    refusals: new Set(refusals),
    longest: Math.max(...lengths),
    sorted: [...found.keys()].sort(),
  };
}

function repeatWords(words: readonly string[]) {
  return words.flatMap((word) => [`${word} ${word}`, `${word} ${word} ${word}`]);
}

function toTokenPhrases(list: readonly string[] = []) {
  return tokenizeEach(list).map((found) => found.filter(isWordToken).join(' '));
}

/** Intent of a whole sentence. `other` only contains such words. `sure`: no further word can change the intent. */
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
type HeardTokens = {
  readonly tokens: readonly string[];
  readonly isFinal: boolean;
  /** Names of the bot that begin at each token. */
  readonly named: readonly (readonly PhraseStep[])[];
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
  const { isFinal } = options;
  const tokens = tokenize(text);
  if (isRecogniserNote(text)) return { kind: 'backchannel', sure: isFinal };
  if (tokens.length === 0) return { kind: 'empty' };
  const named = findNameSteps(tokens, options.names ?? [], isFinal);
  const readings = phraseTables.map((table) =>
    readInLanguage(table, { tokens, isFinal, named }),
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
  const called = names.slice(0, nameLimits.names).flatMap(toNamePhrases);
  return tokens.map((_, at) => listNameSteps(tokens, at, called, isFinal));
}

function toNamePhrases(name: string) {
  const words = tokenize(name.slice(0, nameLimits.nameLetters)).filter(isWordToken);
  const latin = words.length === 1 ? toLatin(words[0] ?? '') : undefined;
  const sound =
    latin !== undefined && latin.length > 3 ? toPhoneticCode(latin) : undefined;
  return words.length === 0 ? [] : [{ words, sound }];
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
  said: string,
): ParsedInterjection {
  const found = readings.flatMap(({ isWidespread, parsed }) =>
    parsed ? [{ isWidespread, parsed }] : [],
  );
  const widespread = found
    .filter((one) => one.isWidespread)
    .map(({ parsed }) => parsed);
  if (widespread.includes('stop')) return notStopPhrases.has(said) ? 'nothing' : 'stop';
  const allParsed =
    widespread.length > 0 ? widespread : found.map(({ parsed }) => parsed);
  const parsed = precedence.find((wanted) => allParsed.includes(wanted)) ?? 'nothing';
  return parsed === 'stop' && notStopPhrases.has(said) ? 'nothing' : parsed;
}

function readInLanguage(table: PhraseTable, heard: HeardTokens): LanguageReading {
  const { tokens, isFinal } = heard;
  const allParsed: (ParsedInterjection | undefined)[] = ['nothing'];
  let open = false;
  for (const [at, token] of tokens.entries()) {
    const parsed = allParsed[at];
    if (!parsed) continue;
    if (token === pauseToken) allParsed[at + 1] ??= parsed;
    open ||= !isFinal && canGrow(table, tokens, at);
    for (const { role, to } of listSteps(table, heard, at))
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
  heard: HeardTokens,
  at: number,
): PhraseStep[] {
  const { tokens, named } = heard;
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
  return [...steps, ...(named[at] ?? [])];
}

function listNameSteps(
  tokens: readonly string[],
  at: number,
  names: readonly { readonly words: readonly string[]; readonly sound?: string }[],
  isFinal: boolean,
): PhraseStep[] {
  return names.flatMap(({ words, sound }): PhraseStep[] => {
    if (words.every((word, place) => word === tokens[at + place]))
      return [{ role: 'fillers', to: at + words.length }];
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
  const heard = toPhoneticCode(latin);
  return (
    heard[0] === sound[0] &&
    isWithinDistance(heard, sound, getMaxNameDistance(sound)) &&
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

/** Empty for a longer sentence. */
function toTokenWords(text: string) {
  const tokens = tokenize(text).filter(isWordToken);
  return tokens.length > maxSentenceTokens ? '' : tokens.join(' ');
}

function consistsOfPhrases(
  words: string,
  wanted: readonly string[],
  beside: readonly string[],
  isFound = false,
): boolean {
  if (words === '') return isFound;
  const canContinue = (phrase: string, isWanted: boolean) =>
    phrase !== '' &&
    `${words} `.startsWith(`${phrase} `) &&
    consistsOfPhrases(
      words.slice(phrase.length + 1),
      wanted,
      beside,
      isFound || isWanted,
    );
  const isWanted = wanted.some((one) => canContinue(one, true));
  return isWanted || beside.some((one) => canContinue(one, false));
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

export type YesOrNo = 'yes' | 'no';

/**
 * Finds the yes or no that a final text is, apart from politeness and the bot's names.
 *
 * Of a known language (BCP 47), only its words and English count.
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
  const words = toTokenWords(text);
  const called = toTokenPhrases(names);
  const tables = selectTables(language);
  const hasAnswer = (answer: YesOrNo) =>
    tables.some(({ beside, [answer]: wanted }) =>
      consistsOfPhrases(words, wanted, [...beside, ...called]),
    );
  if (hasAnswer('yes')) return 'yes';
  return hasAnswer('no') ? 'no' : undefined;
}

function selectTables(language: string | undefined) {
  const code = language?.split('-')[0];
  // A Polish yes is a Malay no.
  if (!confirmationTables.some((one) => one.code === code)) return unambiguousTables;
  return confirmationTables.filter((one) => one.code === code || one.code === 'en');
}

export type SpokenCommand = Exclude<keyof SpokenCommandPhrases, 'beside' | 'others'>;

const maxCommandChars = 120;
/** A new command also needs words in `languages`, its decision in `decideUtterance`, and its work in `obeyCommand`. */
const allCommands: readonly SpokenCommand[] = ['doNotHear', 'pauseHearing'];

const commandPhrases = new Map<string, SpokenCommand | 'beside'>(
  languages.flatMap(({ commands }) => [
    ...toTokenPhrases(commands.beside).map((phrase) => [phrase, 'beside'] as const),
    ...allCommands.flatMap((command) =>
      (commands[command] ?? [])
        .flatMap(listSpellings)
        .map((phrase) => [phrase, command] as const),
    ),
  ]),
);
const maxCommandTokens = Math.max(
  ...[...commandPhrases.keys()].map((phrase) => phrase.split(' ').length),
);
const notCommandTexts = languages.flatMap(({ commands }) => commands.others ?? []);

/**
 * Finds the command that an utterance is, apart from politeness, hums and the bot's names.
 *
 * Undefined for a question, for two different commands, and for a longer sentence.
 */
export function findSpokenCommand(
  text: string,
  names: readonly string[],
): SpokenCommand | undefined {
  if (text.length > maxCommandChars || /[?\uff1f\u061f]/u.test(text)) return undefined;
  const words = ` ${toPlainWords(text)} `;
  if (notCommandTexts.some((one) => words.includes(` ${one} `))) return undefined;
  const tokens = tokenize(text);
  const named = findNameSteps(tokens, names, false);
  const found = new Set<SpokenCommand>();
  for (let at = 0; at < tokens.length; ) {
    const { to, kind } = matchCommandPhrase(tokens, at) ?? {
      to: Math.max(at, ...(named[at] ?? []).map((name) => name.to)),
    };
    if (to === at) return undefined;
    if (kind && kind !== 'beside') found.add(kind);
    at = to;
  }
  const [command, ...more] = found;
  return more.length === 0 ? command : undefined;
}

function matchCommandPhrase(
  tokens: readonly string[],
  at: number,
): { readonly to: number; readonly kind?: SpokenCommand | 'beside' } | undefined {
  for (let to = Math.min(tokens.length, at + maxCommandTokens); to > at; to--) {
    const kind = commandPhrases.get(tokens.slice(at, to).join(' '));
    if (kind) return { to, kind };
  }
  const token = tokens[at] ?? '';
  return token === pauseToken || isHum(token) ? { to: at + 1 } : undefined;
}

function listSpellings(phrase: string) {
  return [tokenizePhrase(phrase).join(' '), ...toTokenPhrases([phrase])];
}
