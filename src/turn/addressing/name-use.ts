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

export function findStrongestNameUse(
  sentences: readonly Sentence[],
  names: readonly Name[],
  tolerance: Tolerance,
): NameUse {
  let best: NameUse = 'absent';
  if (names.length === 0) return best;
  for (const sentence of sentences) {
    const naming = findSentenceNameUse(sentence, names, tolerance);
    if (nameUseStrength[naming] > nameUseStrength[best]) best = naming;
    if (best === 'called') break;
  }
  return best;
}

function measurePhrase(
  words: readonly SentenceWord[],
  at: number,
  phrases: ReadonlySet<string>,
  until = words.length,
) {
  let [spaced, joined, found] = ['', '', 0];
  const end = Math.min(at + maxPhraseWords, until);
  const canJoin = isDense(words[at]?.text ?? '');
  for (let to = at; to < end; to++) {
    const { text = '' } = words[to] ?? {};
    spaced = to === at ? text : `${spaced} ${text}`;
    joined += text;
    if (phrases.has(spaced) || (canJoin && phrases.has(joined))) found = to + 1 - at;
  }
  return found;
}

export function skipGreetings(
  words: readonly SentenceWord[],
  at: number,
  end: number,
  fillers = fillerPhrases,
): { readonly to: number; readonly greeted: boolean } {
  let [to, greeted] = [at, false];
  while (to < end) {
    const greeting = measurePhrase(words, to, greetingPhrases, end);
    const length = greeting || measurePhrase(words, to, fillers, end);
    if (length === 0) break;
    greeted ||= greeting > 0;
    to += length;
  }
  return { to, greeted };
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
    const naming = classifyNameUse(sentence, at, hit);
    if (naming === 'called') return naming;
    if (hit.how !== 'alike' && nameUseStrength[naming] > nameUseStrength[best])
      best = naming;
  }
  return best;
}

function classifyNameUse(
  sentence: Sentence,
  at: number,
  hit: NameMatch & { readonly name: Name },
) {
  const { words } = sentence;
  const [first, last, next] = [words[at], words[hit.to - 1], words[hit.to]];
  if (hit.how === 'inflected' || first?.isQuoted || last?.isQuoted) return 'told-of';
  if (first?.before === 'within' || next?.before === 'within') return 'told-of';
  const lead = skipGreetings(words, 0, at);
  if (lead.to === at) return classifyOpeningName(sentence, hit, lead.greeted);
  if (skipGreetings(words, hit.to, words.length).to === words.length)
    return classifyClosingName(sentence, at, hit);
  return classifyMiddleName(words, at, hit);
}

/** Classifies a name at the start: "Nova, ...", "hey Nova ..." */
function classifyOpeningName(
  { words, isQuestion }: Sentence,
  { how, to, name }: NameMatch & { readonly name: Name },
  greeted: boolean,
) {
  const next = words[to];
  if (next?.before === 'pause') return 'called';
  if (!next) return greeted || how === 'exact' ? 'called' : 'unclear';
  const request = Math.max(
    measurePhrase(words, to, requestPhrases),
    measureInversion(words, to, isQuestion),
  );
  const reporting = measureReportVerb(words, to);
  if (request > 0 && request >= reporting) return 'called';
  if (reporting > 0) return 'told-of';
  return greeted || (how === 'exact' && !name.isEveryday) ? 'called' : 'unclear';
}

/** Classifies a name at the end: "..., Nova?", "what do you think Nova" */
function classifyClosingName(sentence: Sentence, at: number, { how }: NameMatch) {
  const before = sentence.words.slice(0, at);
  if (sentence.words[at]?.before === 'pause')
    return isInNameList(before) ? 'told-of' : 'called';
  const { to: start } = skipGreetings(before, 0, at);
  const asks = questionWords.has(before[start]?.text ?? '');
  if (
    endsWithPhrase(before, completePhrases) ||
    (asks && endsWithPhrase(before, strandedPhrases))
  )
    return 'called';
  if (endsWithPhrase(before, governorPhrases)) return 'told-of';
  if (asks || sentence.isQuestion) return 'called';
  return how === 'exact' && isAddressedToListener(before, start) ? 'called' : 'unclear';
}

function isAddressedToListener(words: readonly SentenceWord[], start: number) {
  if (measurePhrase(words, start, requestPhrases) > 0) return true;
  return words.some(({ text }) => secondPersonWords.has(text));
}

/**
 * Classifies a name in the middle. "I don't know, Nova, what do you think?" calls the bot, "I asked Nova yesterday"
 * does not.
 */
function classifyMiddleName(
  words: readonly SentenceWord[],
  at: number,
  { to, how }: NameMatch,
) {
  const isAfterPause = words[at]?.before === 'pause';
  if (isAfterPause && measurePhrase(words, to, requestPhrases) > 0) return 'called';
  const isReported =
    endsWithPhrase(words.slice(0, at), governorPhrases) ||
    measurePhrase(words, to, reportPhrases) > 0;
  const isGreeted = isAfterPause || (at === 1 && how === 'exact');
  if (!isReported && isGreeted && continuesAfterPause(words, to)) return 'called';
  return isReported && how === 'exact' ? 'told-of' : 'unclear';
}

/** Recognises two more words after a pause, which are no list as in "Ana, Nova, Ben". */
function continuesAfterPause(words: readonly SentenceWord[], at: number) {
  return words[at]?.before === 'pause' && words[at + 1]?.before === 'space';
}

/** Counts the words of an inversion: 2 in "Nova is it raining", 0 in "Nova is a car" and "Nova did it". */
function measureInversion(words: readonly SentenceWord[], at: number, asks: boolean) {
  const [verb = '', subject = ''] = [words[at]?.text, words[at + 1]?.text];
  if (!auxiliaries.has(verb)) return 0;
  if (asks || subjects.has(subject)) return 2;
  const isLast = at + 2 >= words.length;
  if (!impersonalSubjects.has(subject) || isLast) return 0;
  return objectAuxiliaries.has(verb) && subject !== 'it' ? 0 : 2;
}

/**
 * Counts the words of a verb that speaks about the bot, as in "Nova said". 0 if there
 * is none.
 */
function measureReportVerb(words: readonly SentenceWord[], at: number) {
  const text = words[at]?.text ?? '';
  const verb = /^[a-z]{2,}ly$|^(?:just|even|still|also)$/.test(text) ? at + 1 : at;
  const isReported =
    isPastTense(words[verb]?.text ?? '') ||
    measurePhrase(words, verb, reportPhrases) > 0;
  return isReported ? Math.max(1, measurePhrase(words, at, reportPhrases)) : 0;
}

/** Recognises the English past tense, but not `need`. */
function isPastTense(text: string) {
  return (
    /^[a-z]+[^e]ed$/.test(text) && !/^(?:embed|speed|breed|proceed|succeed)$/.test(text)
  );
}

function endsWithPhrase(words: readonly SentenceWord[], phrases: ReadonlySet<string>) {
  for (let length = Math.min(3, words.length); length > 0; length--) {
    if (measurePhrase(words, words.length - length, phrases) === length) return true;
  }
  return false;
}

/** Recognises a list of single words between pauses before the name: "Ana, Ben, Nova". */
function isInNameList(before: readonly SentenceWord[]) {
  const last = before.at(-1);
  if (!last || before.length < 2 || last.before !== 'pause') return false;
  return skipGreetings(before, before.length - 1, before.length).to < before.length;
}
