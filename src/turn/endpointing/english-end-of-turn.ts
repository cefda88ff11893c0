import en from '#src/turn/languages/en.json' with { type: 'json' };
import type { WordClasses } from '#src/turn/languages/language-words.ts';

const subordinators = new Set(en.endOfTurn.subordinators);

const wordClasses: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(en.endOfTurn.wordClasses).map(([name, words]) => [
    name,
    new Set(words),
  ]),
);

/**
 * Gets the logit that an English sentence without punctuation is over. Words are in lower case, with no filler at
 * the end.
 */
export function predictEnglishEnd(words: readonly string[]): number {
  const fixed = getPhraseLogit(words);
  if (fixed !== undefined) return fixed;
  const sentence = findLastSentence(words);
  const tail = getTailLogit(sentence);
  if (tail <= -1.5) return tail;
  const form = getFormLogit(sentence);
  return form + getPleaseLogit(words, form) + (form > 0 ? tail : Math.min(0, tail));
}

function getPhraseLogit(words: readonly string[]) {
  if (words.length === 1 && isInClass('wholeAnswers', words[0])) return 1.8;
  if (words.every((word) => isInClass('greetings', word))) return 0.5;
  if (words.every((word) => isInClass('courtesies', word))) return 1.6;
  const joins = words.at(-1) === 'then' && isInClass('conjunctions', words.at(-2));
  return joins ? -1.5 : undefined;
}

function getPleaseLogit(words: readonly string[], form: number) {
  if (!words.includes('please')) return 0;
  // A speaker who says "please" last is done.
  return words.at(-1) === 'please' && form < 1 ? 1.3 : 0.3;
}

function findLastSentence(words: readonly string[]) {
  let from = 0;
  while (from < words.length - 1 && isInClass('openers', words[from])) from++;
  const rest = words.slice(from);
  const named = rest.slice(1);
  const isName =
    !startsSentence(rest) && !isInClass('subjects', rest[0]) && named.length >= 2;
  return isName && startsSentence(named) ? named : rest;
}

function startsSentence([first, second]: readonly string[]) {
  if (isInClass('questionWords', first) || isInClass('verbs', first)) return true;
  return isInClass('auxiliaries', first) && canBeSubject(second);
}

function getFormLogit(words: readonly string[]) {
  const [first = ''] = words;
  if (subordinators.has(first) && !isQuestion(words))
    return countClauses(words) >= 2 ? 1.4 : -1.6;
  if (isQuestion(words)) return getQuestionLogit(words);
  if (isCommand(words)) return getCommandLogit(words);
  if (isInClass('auxiliaries', first) && first !== 'been' && canBeSubject(words[1]))
    return words.length <= 2 ? -0.8 : 1.7; // "Can you", "is there".
  if (first !== removeContraction(first) || words.slice(1).some(isVerb))
    return getStatementLogit(words);
  return getFragmentLogit(words);
}

/** Recognises commands: "stop it", "never mind", "don't go", "let's go". */
function isCommand([first = '', second]: readonly string[]) {
  if (first === 'never' || first === "don't") return isInClass('verbs', second);
  return isInClass('verbs', first) || removeContraction(first) === 'let';
}

function getFragmentLogit(words: readonly string[]) {
  const [first] = words;
  const isAdverbial = ['prepositions', 'particles', 'timeWords'] as const;
  if (isAdverbial.some((list) => isInClass(list, first))) return -0.3;
  if (words.length === 1) return 0.2;
  if (isInClass('subjects', first) || words.length >= 6) return 0;
  if (isInClass('determiners', first)) return words.includes('and') ? -0.3 : 0.3;
  // Words without a verb are mostly an answer.
  return 0.8;
}

/** Recognises questions: "when is", "what time is", but not "when i was". */
function isQuestion(words: readonly string[]) {
  const [first = '', second = ''] = words;
  if (isInClass('questionWords', first) && first.length > 0) {
    if (isInClass('onlySubjects', second)) return false;
    if (first === 'when' || first === 'where') return isInClass('auxiliaries', second);
    return words.slice(1, 6).some(isVerb);
  }
  return (
    first !== removeContraction(first) &&
    isInClass('questionWords', removeContraction(first))
  );
}

function getQuestionLogit(words: readonly string[]) {
  const whole =
    words.length >= (words[0] === removeContraction(words[0] ?? '') ? 3 : 2);
  return whole ? 2 : 0.3;
}

function getCommandLogit(words: readonly string[]) {
  const { length } = words;
  if (length === 1) return 0.2;
  const isPhrasal = isInClass('particles', words[1]);
  if (
    isInClass('targetVerbs', words[0]) &&
    !isPhrasal &&
    !words.slice(2, -1).some(introducesObject)
  )
    return -0.3;
  return length === 2 ? 1.4 : 1.7;
}

function introducesObject(word: string) {
  // After "to", "into", "for" or "at" the object of a command is complete.
  return isInClass('prepositions', word) || word === 'that' || word === 'and';
}

function getStatementLogit(words: readonly string[]) {
  const { length } = words;
  if (length <= 2) return 0.3;
  if (isInClass('determiners', words[0]) && hasOpenRelativeClause(words)) return -1;
  return length <= 4 ? 0.5 : 0.7;
}

/** Recognises that the only verb belongs to the relative clause: "the song we heard". */
function hasOpenRelativeClause(words: readonly string[]) {
  const at = words.findIndex(
    (word, n) => n > 1 && isInClass('onlySubjects', removeContraction(word)),
  );
  if (at < 0 || words.slice(1, at).some(isVerb)) return false;
  return words.slice(at + 1).filter(isVerb).length <= 1;
}

/** Rates the last words: -2 and less is open, above 0 is a good end. */
function getTailLogit(words: readonly string[]) {
  const last = words.at(-1) ?? '';
  if (isInClass('finalWords', last)) return needsObject(words) ? -1.6 : 0.4;
  return getGrammarLogit(last, words) ?? getContentLogit(last, words);
}

function getGrammarLogit(last: string, words: readonly string[]) {
  // "Come in", "hold on", but not "turn off".
  if (isInClass('particles', last))
    return words.length !== 2 || isInClass('phrasalVerbs', words[0]) ? 0 : -1;
  if (isInClass('prepositions', last)) return getStrandedLogit(words);
  if (isInClass('auxiliaries', last)) return getAuxiliaryLogit(words);
  if (isInClass('onlySubjects', last)) return getSubjectLogit(words);
  if (isInClass('onlySubjects', removeContraction(last))) return -2.6;
  if (
    isInClass('articles', last) ||
    isInClass('conjunctions', last) ||
    subordinators.has(last)
  )
    return -3;
  return undefined;
}

function getContentLogit(last: string, words: readonly string[]) {
  if (isInClass('demonstratives', last)) return getPointerLogit(last, words);
  if (isInClass('adjectives', last)) return getAdjectiveLogit(words);
  if (isInClass('knowingVerbs', last) && isKnowingOpen(words)) return -1.6;
  return isInClass('relationalNouns', last) &&
    !isCommand(words) &&
    isNounPhraseOpen(words)
    ? -1.45
    : 0;
}

/** Recognises a "know" without object: "do you know", "I want to know", but not "I know". */
function isKnowingOpen(words: readonly string[]) {
  return (
    words.at(-2) === 'to' || (isInClass('auxiliaries', words[0]) && words.length === 3)
  );
}

/** Rates a final subject: better in "where are they" than in "what can i". */
function getSubjectLogit(words: readonly string[]) {
  return isQuestion(words) && isFormOfBe(words.at(-2)) ? -0.5 : -3;
}

function isFormOfBe(word: string | undefined) {
  return (
    word !== undefined &&
    /^(?:(?:is|are|was|were|am|be|been)$|.+'(?:s|re|m)$)/.test(word)
  );
}

/** Rates a final "this" or "that": open in "I think that", but not in "who said that". */
function getPointerLogit(last: string, words: readonly string[]) {
  if (
    last === 'that' &&
    isInClass('reportingWords', words.at(-2)) &&
    !isQuestion(words)
  )
    return -2;
  return last === 'these' || last === 'those' ? -0.5 : -0.1;
}

/** Recognises a missing object: "can you tell me", "remind me". */
function needsObject(words: readonly string[]) {
  const [at, before, last] = ['', ...words].slice(-3);
  if (before === 'to' && last === 'me') return isInClass('tellingVerbs', at);
  return (
    words.length <= 5 &&
    ['me', 'him', 'us', 'them', 'you'].includes(last ?? '') &&
    ['tell', 'show', 'give', 'remind', 'ask', 'let', 'send', 'bring'].includes(
      before ?? '',
    )
  );
}

/** Rates a final preposition: better if its noun is before it, as in "what are you talking about". */
function getStrandedLogit(words: readonly string[]) {
  const before = words.at(-2) ?? '';
  if (!isQuestion(words) || !(isVerb(before) || before === 'it' || before === 'you'))
    return -2.6;
  return words.at(-1) === 'from' ? -0.3 : -0.8;
}

/** Rates a final auxiliary: good in "tell me where it is", open in "the capital of france is". */
function getAuxiliaryLogit(words: readonly string[]) {
  if (isMainVerb(words)) return isQuestion(words) ? 0 : -0.5;
  if (words.slice(1, -2).some((word) => isInClass('questionWords', word))) return 0.8;
  if (!isInClass('subjects', words.at(-2))) return -2.2;
  return words.length <= 3 ? 0.2 : -1.6;
}

/** Recognises a final main verb: "what can you do", "should i be". */
function isMainVerb(words: readonly string[]) {
  return (
    /^(?:do|be|have)$/.test(words.at(-1) ?? '') &&
    isInClass('auxiliaries', words.at(-3))
  );
}

/** Rates a final adjective: open in "a very big", but not in "it is very big". */
function getAdjectiveLogit(words: readonly string[]) {
  const before = words.findLast((word) => !isInClass('adjectives', word));
  return words.length > 1 && (before === undefined || isInClass('determiners', before))
    ? -1.8
    : 0;
}

/** Recognises an open noun phrase: "what is the capital", but not "what is your name". */
function isNounPhraseOpen(words: readonly string[]) {
  const before = words.at(-2);
  if (before === 'the' || before === 'a' || isInClass('adjectives', before))
    return true;
  return words.at(-3) === 'the' && /..est$/.test(before ?? '');
}

function countClauses(words: readonly string[]) {
  return words.reduce(
    (count, _, at) => count + (at === 0 ? 0 : countNewClauses(words, at)),
    0,
  );
}

/** Counts new clauses: a subject with its verb, a question, or a command after the first clause. */
function countNewClauses(words: readonly string[], at: number) {
  const [word = '', next = ''] = words.slice(at);
  if (at > 3 && isInClass('verbs', word) && isInClass('objects', next)) return 2;
  const byNoun = !isInClass('subjects', words[1]);
  if (isClauseHead(word, next)) return at > 2 && byNoun ? 2 : 1;
  return at === 2 && byNoun && isVerb(word) ? 1 : 0;
}

/** Recognises "she went", "she's", "did she". */
function isClauseHead(word: string, next: string) {
  const isContraction =
    word !== removeContraction(word) && isInClass('subjects', removeContraction(word));
  return isContraction || (isInClass('subjects', word) && isVerb(next));
}

function canBeSubject(word: string | undefined) {
  if (word === undefined) return false;
  return (
    isInClass('subjects', word) ||
    isInClass('determiners', word) ||
    !(isInClass('prepositions', word) || isInClass('auxiliaries', word))
  );
}

function isVerb(word: string) {
  if (word !== removeContraction(word)) return true;
  if (
    isInClass('auxiliaries', word) ||
    isInClass('verbs', word) ||
    isInClass('pastVerbs', word)
  )
    return true;
  if (word.length > 4 && /(ed|ing)$/.test(word)) return !isInClass('notVerbs', word);
  return (
    word.endsWith('s') && isInClass('verbs', word.replace(/(?<=[sxz]|sh|ch)es$|s$/, ''))
  );
}

function removeContraction(word: string) {
  return word.replace(/'(s|re|m|ll|ve|d)$/, '');
}

function isInClass(wordClass: keyof WordClasses, word: string | undefined) {
  return word !== undefined && (wordClasses.get(wordClass)?.has(word) ?? false);
}
