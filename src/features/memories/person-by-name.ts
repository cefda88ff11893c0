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
  called: string,
  people: readonly ChannelMember[],
): ChannelMember | undefined {
  const wanted = splitNameWords(called);
  if (wanted === '') return undefined;
  for (const isMeant of [isWholeName, isFirstName, isSimilarName]) {
    const meant = people.filter(({ name }) => isMeant(wanted, splitNameWords(name)));
    if (meant.length > 0) return meant.length === 1 ? meant[0] : undefined;
  }
  return undefined;
}

export function findPeopleNamed(
  text: string,
  people: readonly ChannelMember[],
): readonly ChannelMember[] {
  const words = splitNameWords(text);
  return people.filter(({ name }) => {
    const whole = splitNameWords(name);
    return [whole, getFirstWord(whole)].some(
      (one) => one !== '' && hasName(words, one),
    );
  });
}

function splitNameWords(text: string) {
  return normaliseLetters(toPlainWords(text));
}

function getFirstWord(words: string) {
  return words.split(' ')[0] ?? '';
}

/** Tests whether a name is among the words, also with a genitive `s`. */
function hasName(words: string, name: string) {
  if (isDense(name)) return words.includes(name);
  return ` ${words} `.includes(` ${name} `) || ` ${words} `.includes(` ${name}s `);
}

function joinWords(words: string) {
  return words.replaceAll(' ', '');
}

function isWholeName(wanted: string, name: string) {
  return name === wanted;
}

function isFirstName(wanted: string, name: string) {
  return getFirstWord(name) === wanted;
}

function isSimilarName(wanted: string, name: string) {
  return [name, getFirstWord(name)].some((one) => {
    const [from, to] = [toLatin(joinWords(wanted)), toLatin(joinWords(one))];
    if (from === undefined || to === undefined) return false;
    const [heard, own] = [toPhoneticCode(from), toPhoneticCode(to)];
    return isWithinDistance(heard, own, getMaxNameDistance(own));
  });
}
