import {
  collectPhrases,
  fillerPhrases,
  findName,
  governorPhrases,
  greetingPhrases,
  isDense,
  type Name,
  type NameMatch,
  reportPhrases,
  requestPhrases,
  type Sentence,
  type SentenceWord,
  secondPersonWords,
  type Tolerance,
} from './names.ts';

/**
 * Use of a name: people call the bot by it (`called`), talk about the bot (`told-of`), do neither for sure
 * (`unclear`), or do not use it.
 */
type NameUse = 'called' | 'told-of' | 'unclear' | 'absent';

const completePhrases = collectPhrases('completePhrases');
const strandedPhrases = collectPhrases('strandedPhrases');
const questionWords = collectPhrases('questionWords');
const auxiliaries = collectPhrases('auxiliaries');
const subjects = collectPhrases('subjects');
const impersonalSubjects = collectPhrases('impersonalSubjects');
const objectAuxiliaries = collectPhrases('objectAuxiliaries');

const maxPhraseWords = 4;
const nameUseStrength: Readonly<Record<NameUse, number>> = {
  absent: 0,
  unclear: 1,
  'told-of': 2,
  called: 3,
};

/** Finds the clearest use of any of the names in some sentences. */
export function findStrongestNameUse(
  sentences: readonly Sentence[],
  names: readonly Name[],
  tolerance: Tolerance,
): NameUse {
  let best: NameUse = 'absent';
  if (names.length === 0) return best;
  for (const sentence of sentences) {
    const nameUse = findSentenceNameUse(sentence, names, tolerance);
    if (nameUseStrength[nameUse] > nameUseStrength[best]) best = nameUse;
    if (best === 'called') break;
  }
  return best;
}

function measurePhrase(
  sentenceWords: readonly SentenceWord[],
  at: number,
  phrases: ReadonlySet<string>,
  until = sentenceWords.length,
) {
  let [spacedText, joinedText, phraseLength] = ['', '', 0];
  const end = Math.min(at + maxPhraseWords, until);
  const canJoin = isDense(sentenceWords[at]?.text ?? '');
  for (let to = at; to < end; to++) {
    const { text = '' } = sentenceWords[to] ?? {};
    spacedText = to === at ? text : `${spacedText} ${text}`;
    joinedText += text;
    if (phrases.has(spacedText) || (canJoin && phrases.has(joinedText)))
      phraseLength = to + 1 - at;
  }
  return phraseLength;
}

/** Skips greetings and fillers between two positions. `to` is the position after them. */
export function skipGreetings(
  sentenceWords: readonly SentenceWord[],
  start: number,
  end: number,
  fillers: ReadonlySet<string> = fillerPhrases,
): { readonly to: number; readonly hasGreeting: boolean } {
  let [to, hasGreeting] = [start, false];
  while (to < end) {
    const greeting = measurePhrase(sentenceWords, to, greetingPhrases, end);
    const length = greeting || measurePhrase(sentenceWords, to, fillers, end);
    if (length === 0) break;
    hasGreeting ||= greeting > 0;
    to += length;
  }
  return { to, hasGreeting };
}

function findSentenceNameUse(
  sentence: Sentence,
  names: readonly Name[],
  tolerance: Tolerance,
) {
  let best: NameUse = 'absent';
  for (let at = 0; at < sentence.words.length; at++) {
    const hit = findName(sentence, at, names, tolerance);
    if (!hit) continue;
    const nameUse = classifyNameUse(sentence, at, hit);
    if (nameUse === 'called') return nameUse;
    if (hit.spelling !== 'alike' && nameUseStrength[nameUse] > nameUseStrength[best])
      best = nameUse;
  }
  return best;
}

function classifyNameUse(
  sentence: Sentence,
  at: number,
  hit: NameMatch & { readonly name: Name },
) {
  const { words: sentenceWords } = sentence;
  const [firstWord, lastWord, nextWord] = [
    sentenceWords[at],
    sentenceWords[hit.to - 1],
    sentenceWords[hit.to],
  ];
  if (hit.spelling === 'inflected' || firstWord?.isQuoted || lastWord?.isQuoted)
    return 'told-of';
  if (firstWord?.gap === 'within' || nextWord?.gap === 'within') return 'told-of';
  const opening = skipGreetings(sentenceWords, 0, at);
  if (opening.to === at) return classifyOpeningName(sentence, hit, opening.hasGreeting);
  if (
    skipGreetings(sentenceWords, hit.to, sentenceWords.length).to ===
    sentenceWords.length
  )
    return classifyClosingName(sentence, at, hit);
  return classifyMiddleName(sentenceWords, at, hit);
}

/** Classifies a name at the start: "Nova, ...", "hey Nova ..." */
function classifyOpeningName(
  { words: sentenceWords, isQuestion }: Sentence,
  { spelling, to, name }: NameMatch & { readonly name: Name },
  isGreeted: boolean,
) {
  const nextWord = sentenceWords[to];
  if (nextWord?.gap === 'pause') return 'called';
  if (!nextWord) return isGreeted || spelling === 'exact' ? 'called' : 'unclear';
  const request = Math.max(
    measurePhrase(sentenceWords, to, requestPhrases),
    measureInversion(sentenceWords, to, isQuestion),
  );
  const report = measureReportVerb(sentenceWords, to);
  if (request > 0 && request >= report) return 'called';
  if (report > 0) return 'told-of';
  return isGreeted || (spelling === 'exact' && !name.isEveryday) ? 'called' : 'unclear';
}

/** Classifies a name at the end: "..., Nova?", "what do you think Nova" */
function classifyClosingName(sentence: Sentence, at: number, { spelling }: NameMatch) {
  const wordsBefore = sentence.words.slice(0, at);
  if (sentence.words[at]?.gap === 'pause')
    return isInNameList(wordsBefore) ? 'told-of' : 'called';
  const { to: start } = skipGreetings(wordsBefore, 0, at);
  const asks = questionWords.has(wordsBefore[start]?.text ?? '');
  if (
    endsWithPhrase(wordsBefore, completePhrases) ||
    (asks && endsWithPhrase(wordsBefore, strandedPhrases))
  )
    return 'called';
  if (endsWithPhrase(wordsBefore, governorPhrases)) return 'told-of';
  if (asks || sentence.isQuestion) return 'called';
  return spelling === 'exact' && isAddressedToListener(wordsBefore, start)
    ? 'called'
    : 'unclear';
}

function isAddressedToListener(sentenceWords: readonly SentenceWord[], start: number) {
  if (measurePhrase(sentenceWords, start, requestPhrases) > 0) return true;
  return sentenceWords.some(({ text }) => secondPersonWords.has(text));
}

/**
 * Classifies a name in the middle. "I don't know, Nova, what do you think?" calls the bot, "I asked Nova yesterday"
 * does not.
 */
function classifyMiddleName(
  sentenceWords: readonly SentenceWord[],
  at: number,
  { to, spelling }: NameMatch,
) {
  const isAfterPause = sentenceWords[at]?.gap === 'pause';
  if (isAfterPause && measurePhrase(sentenceWords, to, requestPhrases) > 0)
    return 'called';
  const isReported =
    endsWithPhrase(sentenceWords.slice(0, at), governorPhrases) ||
    measurePhrase(sentenceWords, to, reportPhrases) > 0;
  const isGreeted = isAfterPause || (at === 1 && spelling === 'exact');
  if (!isReported && isGreeted && continuesAfterPause(sentenceWords, to))
    return 'called';
  return isReported && spelling === 'exact' ? 'told-of' : 'unclear';
}

/** Recognises two more words after a pause, which are no list as in "Ana, Nova, Ben". */
function continuesAfterPause(sentenceWords: readonly SentenceWord[], at: number) {
  return sentenceWords[at]?.gap === 'pause' && sentenceWords[at + 1]?.gap === 'space';
}

/** Counts the words of an inversion: 2 in "Nova is it raining", 0 in "Nova is a car" and "Nova did it". */
function measureInversion(
  sentenceWords: readonly SentenceWord[],
  at: number,
  isQuestion: boolean,
) {
  const [verb = '', subject = ''] = [
    sentenceWords[at]?.text,
    sentenceWords[at + 1]?.text,
  ];
  if (!auxiliaries.has(verb)) return 0;
  if (isQuestion || subjects.has(subject)) return 2;
  const isLast = at + 2 >= sentenceWords.length;
  if (!impersonalSubjects.has(subject) || isLast) return 0;
  return objectAuxiliaries.has(verb) && subject !== 'it' ? 0 : 2;
}

/** Counts the words of a verb that speaks about the bot, as in "Nova said". 0 without such a verb. */
function measureReportVerb(sentenceWords: readonly SentenceWord[], at: number) {
  const text = sentenceWords[at]?.text ?? '';
  const verb = /^[a-z]{2,}ly$|^(?:just|even|still|also)$/.test(text) ? at + 1 : at;
  const isReported =
    isPastTense(sentenceWords[verb]?.text ?? '') ||
    measurePhrase(sentenceWords, verb, reportPhrases) > 0;
  return isReported ? Math.max(1, measurePhrase(sentenceWords, at, reportPhrases)) : 0;
}

/** Recognises the English past tense, but not `need`. */
function isPastTense(text: string) {
  return (
    /^[a-z]+[^e]ed$/.test(text) && !/^(?:embed|speed|breed|proceed|succeed)$/.test(text)
  );
}

function endsWithPhrase(
  sentenceWords: readonly SentenceWord[],
  phrases: ReadonlySet<string>,
) {
  for (let length = Math.min(3, sentenceWords.length); length > 0; length--) {
    if (measurePhrase(sentenceWords, sentenceWords.length - length, phrases) === length)
      return true;
  }
  return false;
}

/** Recognises a list of single words between pauses before the name: "Ana, Ben, Nova". */
function isInNameList(wordsBefore: readonly SentenceWord[]) {
  const last = wordsBefore.at(-1);
  if (!last || wordsBefore.length < 2 || last.gap !== 'pause') return false;
  return (
    skipGreetings(wordsBefore, wordsBefore.length - 1, wordsBefore.length).to <
    wordsBefore.length
  );
}
