import type { ChannelMember } from '#src/ports/voice-link.ts';
import {
  getMaxNameDistance,
  isDense,
  isWithinDistance,
  normaliseLetters,
  toLatin,
  toPhoneticCode,
  toPlainWords,
} from '#src/turn/addressing/names.ts';

/**
 * Finds a person by the whole name, its first word, or a similar sound. Undefined if no
 * person or several match.
 */
export function findPersonByName(
  spokenName: string,
  people: readonly ChannelMember[],
): ChannelMember | undefined {
  const nameWords = splitNameWords(spokenName);
  if (nameWords === '') return undefined;
  for (const isMatch of [isWholeName, isFirstName, isSimilarName]) {
    const matches = people.filter(({ name }) =>
      isMatch(nameWords, splitNameWords(name)),
    );
    if (matches.length > 0) return matches.length === 1 ? matches[0] : undefined;
  }
  return undefined;
}

/** Finds people whose name, or its first word, is in a text. */
export function findPeopleNamed(
  text: string,
  people: readonly ChannelMember[],
): readonly ChannelMember[] {
  const textWords = splitNameWords(text);
  return people.filter(({ name }) => {
    const wholeName = splitNameWords(name);
    return [wholeName, getFirstWord(wholeName)].some(
      (namePart) => namePart !== '' && hasName(textWords, namePart),
    );
  });
}

function splitNameWords(text: string) {
  return normaliseLetters(toPlainWords(text));
}

function getFirstWord(name: string) {
  return name.split(' ')[0] ?? '';
}

/** Tests whether a name is among the words, also with a genitive `s`. */
function hasName(textWords: string, name: string) {
  if (isDense(name)) return textWords.includes(name);
  return (
    ` ${textWords} `.includes(` ${name} `) || ` ${textWords} `.includes(` ${name}s `)
  );
}

function joinWords(name: string) {
  return name.replaceAll(' ', '');
}

function isWholeName(spokenName: string, name: string) {
  return name === spokenName;
}

function isFirstName(spokenName: string, name: string) {
  return getFirstWord(name) === spokenName;
}

function isSimilarName(spokenName: string, name: string) {
  return [name, getFirstWord(name)].some((namePart) => {
    const [spokenLatin, nameLatin] = [
      toLatin(joinWords(spokenName)),
      toLatin(joinWords(namePart)),
    ];
    if (spokenLatin === undefined || nameLatin === undefined) return false;
    const [spokenCode, nameCode] = [
      toPhoneticCode(spokenLatin),
      toPhoneticCode(nameLatin),
    ];
    return isWithinDistance(spokenCode, nameCode, getMaxNameDistance(nameCode));
  });
}
