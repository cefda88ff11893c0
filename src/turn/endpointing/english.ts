import en from '#src/turn/languages/en.json' with { type: 'json' };
import type { WordClasses } from '#src/turn/languages/language-words.ts';

const subordinators = new Set(en.endOfTurn.subordinators);

const classes: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(en.wordClasses).map(([name, words]) => [name, new Set(words)]),
);

/** Logit that an English sentence without punctuation is over. Words are in lower case, with no filler at the end. */
export function englishCompleteLogit(words: readonly string[]): number {
  const fixed = phraseLogit(words);
  if (fixed !== undefined) return fixed;
  const sentence = lastSentence(words);
  const tail = tailLogit(sentence);
  if (tail <= -1.5) return tail;
  const form = formLogit(sentence);
  return form + pleaseLogit(words, form) + (form > 0 ? tail : Math.min(0, tail));
}

function phraseLogit(words: readonly string[]): number | undefined {
  if (words.length === 1 && isOneOf('wholeAnswers', words[0])) return 1.8;
  if (words.every((word) => isOneOf('greetings', word))) return 0.5;
  if (words.every((word) => isOneOf('courtesies', word))) return 1.6;
  const joins = words.at(-1) === 'then' && isOneOf('conjunctions', words.at(-2));
  return joins ? -1.5 : undefined;
}

/** A speaker who says "please" last is done. */
function pleaseLogit(words: readonly string[], form: number): number {
  if (!words.includes('please')) return 0;
  return words.at(-1) === 'please' && form < 1 ? 1.3 : 0.3;
}

function lastSentence(words: readonly string[]): readonly string[] {
  let from = 0;
  while (from < words.length - 1 && isOneOf('openers', words[from])) from++;
  const rest = words.slice(from);
  const named = rest.slice(1);
  const isName = !startsSentence(rest) && !isOneOf('subjects', rest[0]) && named.length >= 2;
  return isName && startsSentence(named) ? named : rest;
}

function startsSentence([first, second]: readonly string[]): boolean {
  if (isOneOf('questionWords', first) || isOneOf('verbs', first)) return true;
  return isOneOf('auxiliaries', first) && canBeSubject(second);
}

function formLogit(words: readonly string[]): number {
  const [first = ''] = words;
  if (subordinators.has(first) && !asks(words)) return clauses(words) >= 2 ? 1.4 : -1.6;
  if (asks(words)) return questionLogit(words);
  if (isCommand(words)) return commandLogit(words);
  if (isOneOf('auxiliaries', first) && first !== 'been' && canBeSubject(words[1]))
    return words.length <= 2 ? -0.8 : 1.7; // "Can you", "is there".
  if (first !== contracted(first) || words.slice(1).some(isVerb)) return statementLogit(words);
  return fragmentLogit(words);
}

/** "Stop it", "be quiet", "never mind", "don't go", "let's go". */
function isCommand([first = '', second]: readonly string[]) {
  if (first === 'never' || first === "don't") return isOneOf('verbs', second);
  return isOneOf('verbs', first) || contracted(first) === 'let';
}

/** Words without a verb are mostly an answer. "The song" may be the subject of a sentence. */
function fragmentLogit(words: readonly string[]): number {
  const [first] = words;
  const isAdverbial = ['prepositions', 'particles', 'timeWords'] as const;
  if (isAdverbial.some((list) => isOneOf(list, first))) return -0.3;
  if (words.length === 1) return 0.2;
  if (isOneOf('subjects', first) || words.length >= 6) return 0;
  if (isOneOf('determiners', first)) return words.includes('and') ? -0.3 : 0.3;
  return 0.8;
}

/** "When is", "what time is", but not "when i was". */
function asks(words: readonly string[]): boolean {
  const [first = '', second = ''] = words;
  if (isOneOf('questionWords', first) && first.length > 0) {
    if (isOneOf('onlySubjects', second)) return false;
    if (first === 'when' || first === 'where') return isOneOf('auxiliaries', second);
    return words.slice(1, 6).some(isVerb);
  }
  return first !== contracted(first) && isOneOf('questionWords', contracted(first));
}

function questionLogit(words: readonly string[]): number {
  const whole = words.length >= (words[0] === contracted(words[0] ?? '') ? 3 : 2);
  return whole ? 2 : 0.3;
}

function commandLogit(words: readonly string[]): number {
  const { length } = words;
  if (length === 1) return 0.2;
  const isPhrasal = isOneOf('particles', words[1]);
  if (isOneOf('targetVerbs', words[0]) && !isPhrasal && !words.slice(2, -1).some(leadsOn))
    return -0.3;
  return length === 2 ? 1.4 : 1.7;
}

/** After "to", "into", "for" or "at" the object of a command is complete. */
function leadsOn(word: string): boolean {
  return isOneOf('prepositions', word) || word === 'that' || word === 'and';
}

function statementLogit(words: readonly string[]): number {
  const { length } = words;
  if (length <= 2) return 0.3;
  if (isOneOf('determiners', words[0]) && isRelative(words)) return -1;
  return length <= 4 ? 0.5 : 0.7;
}

/** "The song we heard": the only verb belongs to the relative clause. */
function isRelative(words: readonly string[]) {
  const at = words.findIndex((word, n) => n > 1 && isOneOf('onlySubjects', contracted(word)));
  if (at < 0 || words.slice(1, at).some(isVerb)) return false;
  return words.slice(at + 1).filter(isVerb).length <= 1;
}

/** -2 and less is open, above 0 is a good end. */
function tailLogit(words: readonly string[]): number {
  const last = words.at(-1) ?? '';
  if (isOneOf('finalWords', last)) return wantsMore(words) ? -1.6 : 0.4;
  const grammar = grammarLogit(last, words);
  return grammar ?? contentLogit(last, words);
}

function grammarLogit(last: string, words: readonly string[]): number | undefined {
  // "Come in", "hold on", but not "turn off".
  if (isOneOf('particles', last))
    return words.length !== 2 || isOneOf('phrasalVerbs', words[0]) ? 0 : -1;
  if (isOneOf('prepositions', last)) return strandedLogit(words);
  if (isOneOf('auxiliaries', last)) return auxiliaryLogit(words);
  if (isOneOf('onlySubjects', last)) return subjectLogit(words);
  if (isOneOf('onlySubjects', contracted(last))) return -2.6;
  if (isOneOf('articles', last) || isOneOf('conjunctions', last) || subordinators.has(last))
    return -3;
  return undefined;
}

function contentLogit(last: string, words: readonly string[]): number {
  if (isOneOf('demonstratives', last)) return pointerLogit(last, words);
  if (isOneOf('adjectives', last)) return adjectiveLogit(words);
  if (isOneOf('knowingVerbs', last) && isKnowingOpen(words)) return -1.6;
  return isOneOf('relationalNouns', last) && !isCommand(words) && isNounPhraseOpen(words)
    ? -1.45
    : 0;
}

/** "Do you know", "I want to know", but not "I know". */
function isKnowingOpen(words: readonly string[]) {
  return words.at(-2) === 'to' || (isOneOf('auxiliaries', words[0]) && words.length === 3);
}

/** "Where are they", "isn't it", but not "what can i". */
function subjectLogit(words: readonly string[]): number {
  return asks(words) && isBeing(words.at(-2)) ? -0.5 : -3;
}

function isBeing(word: string | undefined) {
  return word !== undefined && /^(?:(?:is|are|was|were|am|be|been)$|.+'(?:s|re|m)$)/.test(word);
}

/** "Repeat that", "who said that", but not "I think that". */
function pointerLogit(last: string, words: readonly string[]): number {
  if (last === 'that' && isOneOf('reportingWords', words.at(-2)) && !asks(words)) return -2;
  return last === 'these' || last === 'those' ? -0.5 : -0.1;
}

/** "Can you tell me", "remind me": the object is missing. */
function wantsMore(words: readonly string[]) {
  const [at, before, last] = ['', ...words].slice(-3);
  if (before === 'to' && last === 'me') return isOneOf('tellingVerbs', at);
  return (
    words.length <= 5 &&
    ['me', 'him', 'us', 'them', 'you'].includes(last ?? '') &&
    ['tell', 'show', 'give', 'remind', 'ask', 'let', 'send', 'bring'].includes(before ?? '')
  );
}

/** "What are you talking about": the noun comes before its preposition. */
function strandedLogit(words: readonly string[]): number {
  const before = words.at(-2) ?? '';
  if (!asks(words) || !(isVerb(before) || before === 'it' || before === 'you')) return -2.6;
  return words.at(-1) === 'from' ? -0.3 : -0.8;
}

/** "Yes it is", "tell me where it is", "what can you do", but not "the capital of france is". */
function auxiliaryLogit(words: readonly string[]): number {
  if (isMainVerb(words)) return asks(words) ? 0 : -0.5;
  if (words.slice(1, -2).some((word) => isOneOf('questionWords', word))) return 0.8;
  if (!isOneOf('subjects', words.at(-2))) return -2.2;
  return words.length <= 3 ? 0.2 : -1.6;
}

/** "What can you do", "should i be". */
function isMainVerb(words: readonly string[]) {
  return /^(?:do|be|have)$/.test(words.at(-1) ?? '') && isOneOf('auxiliaries', words.at(-3));
}

/** "A very big", but not "it is very big". */
function adjectiveLogit(words: readonly string[]): number {
  const before = words.findLast((word) => !isOneOf('adjectives', word));
  return words.length > 1 && (before === undefined || isOneOf('determiners', before)) ? -1.8 : 0;
}

/** "What is the capital", but not "what is your name". */
function isNounPhraseOpen(words: readonly string[]) {
  const before = words.at(-2);
  if (before === 'the' || before === 'a' || isOneOf('adjectives', before)) return true;
  return words.at(-3) === 'the' && /..est$/.test(before ?? '');
}

function clauses(words: readonly string[]): number {
  return words.reduce((count, _, at) => count + (at === 0 ? 0 : clausesAt(words, at)), 0);
}

/** A clause is a subject with its verb, a question, or a command after the first clause. */
function clausesAt(words: readonly string[], at: number): number {
  const [word = '', next = ''] = words.slice(at);
  if (at > 3 && isOneOf('verbs', word) && isOneOf('objects', next)) return 2;
  const byNoun = !isOneOf('subjects', words[1]);
  if (isClauseHead(word, next)) return at > 2 && byNoun ? 2 : 1;
  return at === 2 && byNoun && isVerb(word) ? 1 : 0;
}

/** "She went", "she's", "did she". */
function isClauseHead(word: string, next: string) {
  const isContraction = word !== contracted(word) && isOneOf('subjects', contracted(word));
  return isContraction || (isOneOf('subjects', word) && isVerb(next));
}

function canBeSubject(word: string | undefined) {
  if (word === undefined) return false;
  return (
    isOneOf('subjects', word) ||
    isOneOf('determiners', word) ||
    !(isOneOf('prepositions', word) || isOneOf('auxiliaries', word))
  );
}

function isVerb(word: string) {
  if (word !== contracted(word)) return true;
  if (isOneOf('auxiliaries', word) || isOneOf('verbs', word) || isOneOf('pastVerbs', word))
    return true;
  if (word.length > 4 && /(ed|ing)$/.test(word)) return !isOneOf('notVerbs', word);
  return word.endsWith('s') && isOneOf('verbs', word.replace(/(?<=[sxz]|sh|ch)es$|s$/, ''));
}

function contracted(word: string): string {
  return word.replace(/'(s|re|m|ll|ve|d)$/, '');
}

function isOneOf(wordClass: keyof WordClasses, word: string | undefined) {
  return word !== undefined && (classes.get(wordClass)?.has(word) ?? false);
}
