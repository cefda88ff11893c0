import {
  fillerPhrases,
  governorPhrases,
  greetingPhrases,
  type Hit,
  isDense,
  type Name,
  nameAt,
  phrasesFor,
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
type Naming = 'called' | 'told-of' | 'unclear' | 'absent';

const completePhrases = phrasesFor('completePhrases');
const strandedPhrases = phrasesFor('strandedPhrases');
const questionWords = phrasesFor('questionWords');
const auxiliaries = phrasesFor('auxiliaries');
const subjects = phrasesFor('subjects');
const impersonalSubjects = phrasesFor('impersonalSubjects');
const objectAuxiliaries = phrasesFor('objectAuxiliaries');

const longestPhrase = 4;
const strength: Readonly<Record<Naming, number>> = {
  absent: 0,
  unclear: 1,
  'told-of': 2,
  called: 3,
};

export function namingIn(
  sentences: readonly Sentence[],
  names: readonly Name[],
  tolerance: Tolerance,
): Naming {
  let best: Naming = 'absent';
  if (names.length === 0) return best;
  for (const sentence of sentences) {
    const naming = namingOf(sentence, names, tolerance);
    if (strength[naming] > strength[best]) best = naming;
    if (best === 'called') break;
  }
  return best;
}

/** Counts the words of the longest phrase that begins at `at` and ends before `until`. */
function phraseLength(
  words: readonly SentenceWord[],
  at: number,
  phrases: ReadonlySet<string>,
  until = words.length,
): number {
  let [spaced, joined, found] = ['', '', 0];
  const end = Math.min(at + longestPhrase, until);
  const canJoin = isDense(words[at]?.text ?? '');
  for (let to = at; to < end; to++) {
    const { text = '' } = words[to] ?? {};
    spaced = to === at ? text : `${spaced} ${text}`;
    joined += text;
    if (phrases.has(spaced) || (canJoin && phrases.has(joined))) found = to + 1 - at;
  }
  return found;
}

/** Skips greetings and fillers from `at` on. */
export function skipLead(
  words: readonly SentenceWord[],
  at: number,
  end: number,
  fillers = fillerPhrases,
): { readonly to: number; readonly greeted: boolean } {
  let [to, greeted] = [at, false];
  while (to < end) {
    const greeting = phraseLength(words, to, greetingPhrases, end);
    const length = greeting || phraseLength(words, to, fillers, end);
    if (length === 0) break;
    greeted ||= greeting > 0;
    to += length;
  }
  return { to, greeted };
}

function namingOf(sentence: Sentence, names: readonly Name[], tolerance: Tolerance): Naming {
  let best: Naming = 'absent';
  for (let at = 0; at < sentence.words.length; at++) {
    const hit = nameAt(sentence, at, names, tolerance);
    if (!hit) continue;
    const naming = useOf(sentence, at, hit);
    if (naming === 'called') return naming;
    if (hit.how !== 'alike' && strength[naming] > strength[best]) best = naming;
  }
  return best;
}

function useOf(sentence: Sentence, at: number, hit: Hit & { readonly name: Name }): Naming {
  const { words } = sentence;
  const [first, last, next] = [words[at], words[hit.to - 1], words[hit.to]];
  if (hit.how === 'inflected' || first?.quoted || last?.quoted) return 'told-of';
  if (first?.before === 'within' || next?.before === 'within') return 'told-of';
  const lead = skipLead(words, 0, at);
  if (lead.to === at) return openingUse(sentence, hit, lead.greeted);
  const tail = skipLead(words, hit.to, words.length);
  if (tail.to === words.length) return closingUse(sentence, at, hit);
  return middleUse(words, at, hit);
}

/** "Nova, ...", "hey Nova ..." */
function openingUse(
  { words, asks }: Sentence,
  { how, to, name }: Hit & { readonly name: Name },
  greeted: boolean,
): Naming {
  const next = words[to];
  if (next?.before === 'pause') return 'called';
  if (!next) return greeted || how === 'exact' ? 'called' : 'unclear';
  const request = Math.max(phraseLength(words, to, requestPhrases), inversion(words, to, asks));
  const reporting = verbLength(words, to);
  if (request > 0 && request >= reporting) return 'called';
  if (reporting > 0) return 'told-of';
  return greeted || (how === 'exact' && !name.everyday) ? 'called' : 'unclear';
}

/** "..., Nova?", "what do you think Nova" */
function closingUse(sentence: Sentence, at: number, { how }: Hit): Naming {
  const before = sentence.words.slice(0, at);
  if (sentence.words[at]?.before === 'pause') return isListed(before) ? 'told-of' : 'called';
  const { to: start } = skipLead(before, 0, at);
  const asks = questionWords.has(before[start]?.text ?? '');
  if (endsWith(before, completePhrases) || (asks && endsWith(before, strandedPhrases)))
    return 'called';
  if (endsWith(before, governorPhrases)) return 'told-of';
  if (asks || sentence.asks) return 'called';
  return how === 'exact' && isToYou(before, start) ? 'called' : 'unclear';
}

function isToYou(words: readonly SentenceWord[], start: number) {
  if (phraseLength(words, start, requestPhrases) > 0) return true;
  return words.some(({ text }) => secondPersonWords.has(text));
}

/** "I don't know, Nova, what do you think?" calls the bot, "I asked Nova yesterday" does not. */
function middleUse(words: readonly SentenceWord[], at: number, { to, how }: Hit): Naming {
  const isAfterPause = words[at]?.before === 'pause';
  if (isAfterPause && phraseLength(words, to, requestPhrases) > 0) return 'called';
  const isReported =
    endsWith(words.slice(0, at), governorPhrases) || phraseLength(words, to, reportPhrases) > 0;
  const isGreeted = isAfterPause || (at === 1 && how === 'exact');
  if (!isReported && isGreeted && goesOnAfterPause(words, to)) return 'called';
  return isReported && how === 'exact' ? 'told-of' : 'unclear';
}

/** Two more words after a pause are no list as in "Ana, Nova, Ben". */
function goesOnAfterPause(words: readonly SentenceWord[], at: number): boolean {
  return words[at]?.before === 'pause' && words[at + 1]?.before === 'space';
}

/** "Nova is it raining" is a question. "Nova is a car" and "Nova did it" are statements. */
function inversion(words: readonly SentenceWord[], at: number, asks: boolean): number {
  const [verb = '', subject = ''] = [words[at]?.text, words[at + 1]?.text];
  if (!auxiliaries.has(verb)) return 0;
  if (asks || subjects.has(subject)) return 2;
  const isLast = at + 2 >= words.length;
  if (!impersonalSubjects.has(subject) || isLast) return 0;
  return objectAuxiliaries.has(verb) && subject !== 'it' ? 0 : 2;
}

/** "Nova said", "Nova actually knows". */
function verbLength(words: readonly SentenceWord[], at: number): number {
  const text = words[at]?.text ?? '';
  const verb = /^[a-z]{2,}ly$|^(?:just|even|still|also)$/.test(text) ? at + 1 : at;
  const isReported =
    isPast(words[verb]?.text ?? '') || phraseLength(words, verb, reportPhrases) > 0;
  return isReported ? Math.max(1, phraseLength(words, at, reportPhrases)) : 0;
}

/** English past tense, but not `need`. */
function isPast(text: string) {
  return /^[a-z]+[^e]ed$/.test(text) && !/^(?:embed|speed|breed|proceed|succeed)$/.test(text);
}

function endsWith(words: readonly SentenceWord[], phrases: ReadonlySet<string>): boolean {
  for (let length = Math.min(3, words.length); length > 0; length--) {
    if (phraseLength(words, words.length - length, phrases) === length) return true;
  }
  return false;
}

/** "Ana, Ben, Nova": single words between pauses before the name. */
function isListed(before: readonly SentenceWord[]) {
  const last = before.at(-1);
  if (!last || before.length < 2 || last.before !== 'pause') return false;
  return skipLead(before, before.length - 1, before.length).to < before.length;
}
