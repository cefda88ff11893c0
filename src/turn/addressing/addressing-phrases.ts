import type { AddressingPhrases } from '#src/turn/languages/language-words.ts';
import { languages } from '#src/turn/languages/languages.ts';
import { normalised } from './names-sentences.ts';

export const requestPhrases = phrasesFor('requests');
export const reportPhrases = phrasesFor('reports');
export const governorPhrases = phrasesFor('governors');
export const completePhrases = phrasesFor('completePhrases');
export const strandedPhrases = phrasesFor('strandedPhrases');
export const questionWords = phrasesFor('questionWords');
export const greetingPhrases = phrasesFor('greetings');
export const fillerPhrases = phrasesFor('fillers');
export const secondPersonWords = phrasesFor('secondPerson');
export const auxiliaries = phrasesFor('auxiliaries');
export const subjects = phrasesFor('subjects');
export const impersonalSubjects = phrasesFor('impersonalSubjects');
export const objectAuxiliaries = phrasesFor('objectAuxiliaries');

/** Everyday words: they are no misspelt names, and a name among them needs a pause. */
export const commonWords: ReadonlySet<string> = new Set(
  [
    ...[requestPhrases, reportPhrases, governorPhrases, greetingPhrases],
    ...[fillerPhrases, secondPersonWords, phrasesFor('notNames')],
  ].flatMap((phrases) => [...phrases].filter((phrase) => !phrase.includes(' '))),
);

/** The phrases of one kind in all languages. */
function phrasesFor(kind: keyof AddressingPhrases): ReadonlySet<string> {
  return phrasesOf(languages.flatMap(({ addressing }) => addressing?.[kind] ?? []));
}

/** Phrases, normalised, without apostrophes. */
export function phrasesOf(phrases: readonly string[]): ReadonlySet<string> {
  return new Set(phrases.map(readPhrase));
}

function readPhrase(phrase: string): string {
  return normalised(phrase).replaceAll("'", '').replace(/\s+/g, ' ').trim();
}
