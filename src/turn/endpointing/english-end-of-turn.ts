import en from '#src/turn/languages/en.json' with { type: 'json' };
import type { WordClasses } from '#src/turn/languages/language-words.ts';

const subordinators = new Set(en.endOfTurn.subordinators);

const wordClasses: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(en.endOfTurn.wordClasses).map(([name, classWords]) => [
    name,
    new Set(classWords),
  ]),
);

/**
 * Gets the logit that an English sentence without punctuation is over. Words are in lower case, with no filler at
 * the end.
 */
export function predictEnglishEnd(textWords: readonly string[]): number {
  const phraseLogit = getPhraseLogit(textWords);
  if (phraseLogit !== undefined) return phraseLogit;
  const sentence = findLastSentence(textWords);
  const tail = getTailLogit(sentence);
  if (tail <= -1.5) return tail;
  const form = getFormLogit(sentence);
  return form + getPleaseLogit(textWords, form) + (form > 0 ? tail : Math.min(0, tail));
}

function getPhraseLogit(textWords: readonly string[]) {
  if (textWords.length === 1 && isInClass('wholeAnswers', textWords[0])) return 1.8;
  if (textWords.every((word) => isInClass('greetings', word))) return 0.5;
  if (textWords.every((word) => isInClass('courtesies', word))) return 1.6;
  if (isEcho(textWords)) return 1.2;
  if (isShortAnswer(textWords)) return 1.4;
  if (textWords.every((word) => isInClass('openers', word))) return -1; // "Well", "and so".
  const isJoining =
    textWords.at(-1) === 'then' && isInClass('conjunctions', textWords.at(-2));
  return isJoining ? -1.5 : undefined;
}

/** Recognises an echo of what somebody said: "so do I", "neither have we". */
function isEcho(textWords: readonly string[]) {
  const [echo, auxiliary, subject] = textWords.slice(-3);
  return (
    isInClass('echoes', echo) &&
    isInClass('auxiliaries', auxiliary) &&
    isInClass('onlySubjects', subject) &&
    textWords.slice(0, -3).every((word) => isInClass('openers', word))
  );
}

/** Recognises "yes we can" and "no I don't", but not "yes I don't". */
function isShortAnswer(textWords: readonly string[]) {
  const [answer = '', subject, auxiliary = ''] = textWords;
  return (
    textWords.length === 3 &&
    isInClass('wholeAnswers', answer) &&
    isInClass('openers', answer) &&
    !isInClass('greetings', answer) &&
    isInClass('subjects', subject) &&
    isInClass('auxiliaries', auxiliary) &&
    isNegative(answer) === isNegative(auxiliary)
  );
}

function getPleaseLogit(textWords: readonly string[], form: number) {
  if (!textWords.includes('please')) return 0;
  // A speaker who says "please" last is done.
  return textWords.at(-1) === 'please' && form < 1 ? 1.3 : 0.3;
}

function findLastSentence(textWords: readonly string[]) {
  let from = 0;
  while (from < textWords.length - 1 && isInClass('openers', textWords[from])) from++;
  // "Wait while I look" is a command with its clause.
  const isCommandBefore = from > 0 && isInClass('verbs', textWords[from - 1]);
  if (isCommandBefore && subordinators.has(textWords[from] ?? '')) from--;
  const withoutOpeners = textWords.slice(from);
  const withoutName = withoutOpeners.slice(1);
  const isName =
    !startsSentence(withoutOpeners) &&
    !isInClass('subjects', withoutOpeners[0]) &&
    withoutName.length >= 2;
  return isName && startsSentence(withoutName) ? withoutName : withoutOpeners;
}

function startsSentence([firstWord, secondWord]: readonly string[]) {
  if (isInClass('questionWords', firstWord) || isInClass('verbs', firstWord))
    return true;
  return isInClass('auxiliaries', firstWord) && canBeSubject(secondWord);
}

function getFormLogit(sentence: readonly string[]) {
  const [firstWord = ''] = sentence;
  if (subordinators.has(firstWord) && !isQuestion(sentence))
    return countClauses(sentence) >= 2 ? 1.4 : -1.6;
  if (isQuestion(sentence)) return getQuestionLogit(sentence);
  if (isCommand(sentence)) return getCommandLogit(sentence);
  if (
    isInClass('auxiliaries', firstWord) &&
    firstWord !== 'been' &&
    canBeSubject(sentence[1])
  )
    return sentence.length <= 2 ? -0.8 : 1.7; // "Can you", "is there".
  if (firstWord !== removeContraction(firstWord) || sentence.slice(1).some(isVerb))
    return getStatementLogit(sentence);
  return getFragmentLogit(sentence);
}

/** Recognises commands: "stop it", "never mind", "don't go", "let's go". */
function isCommand([firstWord = '', secondWord]: readonly string[]) {
  if (firstWord === 'never' || firstWord === "don't")
    return isInClass('verbs', secondWord);
  return isInClass('verbs', firstWord) || removeContraction(firstWord) === 'let';
}

function getFragmentLogit(sentence: readonly string[]) {
  const [firstWord] = sentence;
  const isAdverbial = ['prepositions', 'particles', 'timeWords'] as const;
  if (isAdverbial.some((list) => isInClass(list, firstWord))) return -0.3;
  if (sentence.length === 1) return 0.2;
  if (isInClass('subjects', firstWord) || sentence.length >= 6) return 0;
  if (isInClass('determiners', firstWord)) return sentence.includes('and') ? -0.3 : 0.3;
  // Words without a verb are mostly an answer.
  return 0.8;
}

/** Recognises questions: "when is", "what time is", but not "when i was". */
function isQuestion(sentence: readonly string[]) {
  const [firstWord = '', secondWord = ''] = sentence;
  if (isInClass('questionWords', firstWord) && firstWord.length > 0) {
    if (isInClass('onlySubjects', secondWord)) return false;
    if (firstWord === 'when' || firstWord === 'where')
      return isInClass('auxiliaries', secondWord);
    return sentence.slice(1, 6).some(isVerb);
  }
  return (
    firstWord !== removeContraction(firstWord) &&
    isInClass('questionWords', removeContraction(firstWord))
  );
}

function getQuestionLogit(sentence: readonly string[]) {
  const isWhole =
    sentence.length >= (sentence[0] === removeContraction(sentence[0] ?? '') ? 3 : 2);
  return isWhole ? 2 : 0.3;
}

function getCommandLogit(sentence: readonly string[]) {
  const { length } = sentence;
  if (length === 1) return 0.2;
  const isPhrasal = isInClass('particles', sentence[1]);
  if (
    isInClass('targetVerbs', sentence[0]) &&
    !isPhrasal &&
    !sentence.slice(2, -1).some(introducesObject)
  )
    return -0.3;
  return length === 2 ? 1.4 : 1.7;
}

function introducesObject(word: string) {
  // After "to", "into", "for" or "at" the object of a command is complete.
  return isInClass('prepositions', word) || word === 'that' || word === 'and';
}

function getStatementLogit(sentence: readonly string[]) {
  const { length } = sentence;
  if (length <= 2) return 0.3;
  if (isInClass('determiners', sentence[0]) && hasOpenRelativeClause(sentence))
    return -1;
  return length <= 4 ? 0.5 : 0.7;
}

/** Recognises that the only verb belongs to the relative clause: "the song we heard". */
function hasOpenRelativeClause(sentence: readonly string[]) {
  const at = sentence.findIndex(
    (word, n) => n > 1 && isInClass('onlySubjects', removeContraction(word)),
  );
  if (at < 0 || sentence.slice(1, at).some(isVerb)) return false;
  return sentence.slice(at + 1).filter(isVerb).length <= 1;
}

/** Rates the last words: -2 and less is open, above 0 is a good end. */
function getTailLogit(sentence: readonly string[]) {
  const lastWord = sentence.at(-1) ?? '';
  if (isInClass('finalWords', lastWord)) return needsObject(sentence) ? -1.6 : 0.4;
  return getGrammarLogit(lastWord, sentence) ?? getContentLogit(lastWord, sentence);
}

function getGrammarLogit(lastWord: string, sentence: readonly string[]) {
  // "Come in", "hold on", but not "turn off".
  if (isInClass('particles', lastWord))
    return sentence.length !== 2 || isInClass('phrasalVerbs', sentence[0]) ? 0 : -1;
  if (isInClass('prepositions', lastWord)) return getStrandedLogit(sentence);
  if (isInClass('auxiliaries', lastWord)) return getAuxiliaryLogit(sentence);
  if (isInClass('onlySubjects', lastWord)) return getSubjectLogit(sentence);
  if (isInClass('onlySubjects', removeContraction(lastWord))) return -2.6;
  if (
    isInClass('articles', lastWord) ||
    isInClass('conjunctions', lastWord) ||
    subordinators.has(lastWord)
  )
    return -3;
  return undefined;
}

function getContentLogit(lastWord: string, sentence: readonly string[]) {
  if (isInClass('demonstratives', lastWord)) return getPointerLogit(lastWord, sentence);
  if (isInClass('adjectives', lastWord)) return getAdjectiveLogit(sentence);
  if (isInClass('knowingVerbs', lastWord) && isKnowingOpen(sentence)) return -1.6;
  return isInClass('relationalNouns', lastWord) &&
    !isCommand(sentence) &&
    isNounPhraseOpen(sentence)
    ? -1.45
    : 0;
}

/** Recognises a "know" without object: "do you know", "I want to know", but not "I know". */
function isKnowingOpen(sentence: readonly string[]) {
  return (
    sentence.at(-2) === 'to' ||
    (isInClass('auxiliaries', sentence[0]) && sentence.length === 3)
  );
}

/** Rates a final subject: better in "where are they" than in "what can i", and good in "he is late isn't he". */
function getSubjectLogit(sentence: readonly string[]) {
  if (isTag(sentence)) return 0.4;
  return isQuestion(sentence) && isFormOfBe(sentence.at(-2)) ? -0.5 : -3;
}

/** Recognises a statement or command with a question about it: "he isn't late is he", "let's go shall we", but not "I don't know can I". */
function isTag(sentence: readonly string[]) {
  const before = sentence.slice(0, -2);
  const [auxiliary = '', subject] = sentence.slice(-2);
  const isInvitation = auxiliary === 'shall' && subject === 'we';
  const isAgreed = subject !== 'i' || auxiliary === 'am' || isNegative(auxiliary);
  return (
    isInClass('auxiliaries', auxiliary) &&
    before.some(isVerb) &&
    (isInvitation || (isAgreed && before.some(isNegative) !== isNegative(auxiliary))) &&
    !before.some((word) => isInClass('questionWords', removeContraction(word)))
  );
}

function isNegative(word: string) {
  return /n't$|^(?:no|nope|not|never|nobody|nothing)$/.test(word);
}

function isFormOfBe(word: string | undefined) {
  return (
    word !== undefined &&
    /^(?:(?:is|are|was|were|am|be|been)$|.+'(?:s|re|m)$)/.test(word)
  );
}

/** Rates a final "this" or "that": open in "I think that", but not in "who said that". */
function getPointerLogit(lastWord: string, sentence: readonly string[]) {
  if (
    lastWord === 'that' &&
    isInClass('reportingWords', sentence.at(-2)) &&
    !isQuestion(sentence)
  )
    return -2;
  return lastWord === 'these' || lastWord === 'those' ? -0.5 : -0.1;
}

/** Recognises a missing object: "can you tell me", "remind me". */
function needsObject(sentence: readonly string[]) {
  const [thirdLastWord, secondLastWord, lastWord] = ['', ...sentence].slice(-3);
  if (secondLastWord === 'to' && lastWord === 'me')
    return isInClass('tellingVerbs', thirdLastWord);
  return (
    sentence.length <= 5 &&
    ['me', 'him', 'us', 'them', 'you'].includes(lastWord ?? '') &&
    ['tell', 'show', 'give', 'remind', 'ask', 'let', 'send', 'bring'].includes(
      secondLastWord ?? '',
    )
  );
}

/** Rates a final preposition: better if its noun is before it, as in "what are you talking about" and "tell me what it's for". */
function getStrandedLogit(sentence: readonly string[]) {
  if (hasObjectBefore(sentence)) return 0.2;
  if (isGovernedByPredicate(sentence) || isSubjectPlaced(sentence)) return 0;
  // "To" mostly begins an infinitive.
  const isInfinitive = sentence.at(-1) === 'to' && !isAfterInfinitive(sentence);
  const isGap = !isInfinitive && hasGap(sentence);
  if (!isGap && !isQuestion(sentence)) return -2.6;
  return isGoverned(sentence, isInfinitive)
    ? getGovernedLogit(sentence, isInfinitive, isGap)
    : -2.6;
}

function isGoverned(sentence: readonly string[], isInfinitive: boolean) {
  const wordBefore = sentence.at(-2) ?? '';
  return isVerb(wordBefore) || isPronounBefore(wordBefore, isInfinitive);
}

function getGovernedLogit(
  sentence: readonly string[],
  isInfinitive: boolean,
  isGap: boolean,
) {
  if (sentence.at(-1) === 'from') return -0.3;
  if (isInfinitive || mostlyGoesOn(sentence)) return -0.8;
  if (isGap) return 0.3;
  return asksForObject(sentence) ? 0 : -0.8;
}

/** Recognises "what do you think of" and "what is the meaning of". */
function mostlyGoesOn(sentence: readonly string[]) {
  return sentence.at(-1) === 'of' || isInClass('knowingVerbs', sentence.at(-2));
}

/** Recognises the verb before a final "to" as an infinitive: "nobody to talk to". */
function isAfterInfinitive(sentence: readonly string[]) {
  return sentence.at(-3) === 'to' && isVerb(sentence.at(-2) ?? '');
}

/** Recognises "which team does he play for", but not "which team plays for" and "where do I go for". */
function asksForObject([firstWord = '', ...others]: readonly string[]) {
  const questionWord = removeContraction(firstWord);
  const isObject =
    isInClass('questionWords', questionWord) &&
    (isInClass('determiners', questionWord) || isInClass('onlySubjects', questionWord));
  const isTurned =
    questionWord !== firstWord ||
    others.slice(0, -2).some((word) => isInClass('auxiliaries', word));
  return isObject && isTurned;
}

/** Recognises that a preposition belongs to what is said of a pronoun: "what are you so afraid of", "anything you're good at". */
function isGovernedByPredicate(sentence: readonly string[]) {
  const subjectAt = sentence
    .slice(0, -2)
    .findLastIndex((word, n) => n > 0 && isPersonalSubject(removeContraction(word)));
  if (subjectAt < 0 || sentence.at(-1) === 'to') return false;
  const [wordBefore, subject, wordAfter] = sentence.slice(subjectAt - 1);
  if (isFormOfBe(wordBefore)) return asksForObject(sentence);
  return (isFormOfBe(subject) || isFormOfBe(wordAfter)) && hasGap(sentence);
}

function isPersonalSubject(word: string) {
  return isInClass('subjects', word) && word !== 'there';
}

/** Recognises "what's the film about" and "who is this parcel for", but not "what's the recipe for". */
function isSubjectPlaced(sentence: readonly string[]) {
  const [firstWord = '', secondWord = ''] = sentence;
  const isContraction = firstWord !== removeContraction(firstWord);
  const subject = sentence.slice(isContraction ? 1 : 2, -1);
  if (!isContraction && !isFormOfBe(secondWord)) return false;
  if (!isInClass('determiners', subject[0]) || subject.length < 2 || subject.length > 4)
    return false;
  const isPointedAt = isInClass('demonstratives', subject[0]);
  const lastWord = sentence.at(-1);
  switch (removeContraction(firstWord)) {
    case 'what':
      return (
        lastWord === 'about' || (isPointedAt && /^(?:for|from)$/.test(lastWord ?? ''))
      );
    case 'who':
      return /^(?:about|by|for|from)$/.test(lastWord ?? '');
    default:
      return false;
  }
}

/** Recognises the "that" of "who's that for", but not the "there" of "what is there to". */
function isPronounBefore(word: string, isInfinitive: boolean) {
  if (isInfinitive) return word === 'it' || word === 'you';
  return isInClass('subjects', word) && word !== 'i' && word !== 'there';
}

/** Recognises a clause that leaves a gap: "tell me what it's ...", "the one I was ...", "nothing to ...", but not "what to make ...". */
function hasGap(sentence: readonly string[]) {
  return sentence.slice(1, -1).some((word, n) => {
    const wordBefore = sentence[n];
    const isOpen =
      isInClass('subjects', removeContraction(word)) ||
      (word === 'to' && !isInClass('questionWords', wordBefore));
    return isOpen && isInClass('gapWords', wordBefore);
  });
}

/** Recognises "what is it like", "what are you up to" and "something i like", but not "i like" or "it looks like". */
function hasObjectBefore(sentence: readonly string[]) {
  const [firstWord = ''] = sentence;
  const [wordBefore, lastWord] = sentence.slice(-2);
  const isAsked =
    isQuestion(sentence) && isInClass('questionWords', removeContraction(firstWord));
  if (lastWord === 'like')
    return isAsked || (sentence.length > 2 && isInClass('onlySubjects', wordBefore));
  return isAsked && isInClass('particles', wordBefore);
}

/** Rates a final auxiliary: good in "tell me where it is", open in "the capital of france is". */
function getAuxiliaryLogit(sentence: readonly string[]) {
  if (isShortDenial(sentence)) return 0.6;
  if (isMainVerb(sentence)) return isQuestion(sentence) ? 0 : -0.5;
  if (sentence.slice(1, -2).some((word) => isInClass('questionWords', word)))
    return 0.8;
  if (!isInClass('subjects', sentence.at(-2))) return -2.2;
  return sentence.length <= 3 ? 0.2 : -1.6;
}

/** Recognises "why not", "probably not" and "I hope not", but not "it is not" and "try not". */
function isShortDenial(sentence: readonly string[]) {
  const [wordBefore = '', lastWord] = sentence.slice(-2);
  return (
    lastWord === 'not' &&
    sentence.length > 1 &&
    !isInClass('auxiliaries', wordBefore) &&
    (isInClass('reportingWords', wordBefore) || !isVerb(wordBefore))
  );
}

/** Recognises a final main verb: "what can you do", "should i be". */
function isMainVerb(sentence: readonly string[]) {
  return (
    /^(?:do|be|have)$/.test(sentence.at(-1) ?? '') &&
    isInClass('auxiliaries', sentence.at(-3))
  );
}

/** Rates a final adjective: open in "a very big", but not in "it is very big". */
function getAdjectiveLogit(sentence: readonly string[]) {
  const wordBefore = sentence.findLast((word) => !isInClass('adjectives', word));
  return sentence.length > 1 &&
    (wordBefore === undefined || isInClass('determiners', wordBefore))
    ? -1.8
    : 0;
}

/** Recognises an open noun phrase: "what is the capital", but not "what is your name". */
function isNounPhraseOpen(sentence: readonly string[]) {
  const wordBefore = sentence.at(-2);
  if (wordBefore === 'the' || wordBefore === 'a' || isInClass('adjectives', wordBefore))
    return true;
  return sentence.at(-3) === 'the' && /..est$/.test(wordBefore ?? '');
}

function countClauses(sentence: readonly string[]) {
  return sentence.reduce(
    (count, _, at) => count + (at === 0 ? 0 : countNewClauses(sentence, at)),
    0,
  );
}

/** Counts new clauses: a subject with its verb, a question, or a command after the first clause. */
function countNewClauses(sentence: readonly string[], position: number) {
  const [word = '', next = ''] = sentence.slice(position);
  if (position > 3 && isInClass('verbs', word) && isInClass('objects', next)) return 2;
  const byNoun = !isInClass('subjects', sentence[1]);
  if (isClauseHead(word, next)) return position > 2 && byNoun ? 2 : 1;
  return position === 2 && byNoun && isVerb(word) ? 1 : 0;
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
