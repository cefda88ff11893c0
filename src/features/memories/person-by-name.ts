import type { ChannelMember } from '#src/ports/voice-link.ts';
import {
  isDense,
  isWithin,
  latinOf,
  normalised,
  plainWords,
  slackOf,
  soundOf,
} from '#src/turn/addressing/names.ts';

/**
 * The one of these people who has this name: the whole name, its first word, or a name that sounds alike; undefined where none
 * or more than one has it.
 */
export function personByName(
  called: string,
  people: readonly ChannelMember[],
): ChannelMember | undefined {
  const wanted = wordsOf(called);
  if (wanted === '') return undefined;
  for (const isMeant of [isWhole, isFirst, isAlike]) {
    const meant = people.filter(({ name }) => isMeant(wanted, wordsOf(name)));
    if (meant.length > 0) return meant.length === 1 ? meant[0] : undefined;
  }
  return undefined;
}

/** Those of these people whose name stands in the text, whole or by its first word. */
export function peopleNamedIn(
  text: string,
  people: readonly ChannelMember[],
): readonly ChannelMember[] {
  const words = wordsOf(text);
  return people.filter(({ name }) => {
    const whole = wordsOf(name);
    return [whole, firstOf(whole)].some((one) => one !== '' && holdsName(words, one));
  });
}

function wordsOf(text: string): string {
  return normalised(plainWords(text));
}

function firstOf(words: string): string {
  return words.split(' ')[0] ?? '';
}

/** Also with the ending of a genitive. */
function holdsName(words: string, name: string) {
  if (isDense(name)) return words.includes(name);
  return ` ${words} `.includes(` ${name} `) || ` ${words} `.includes(` ${name}s `);
}

function joined(words: string): string {
  return words.replaceAll(' ', '');
}

function isWhole(wanted: string, name: string) {
  return name === wanted;
}

function isFirst(wanted: string, name: string) {
  return firstOf(name) === wanted;
}

function isAlike(wanted: string, name: string) {
  return [name, firstOf(name)].some((one) => {
    const [from, to] = [latinOf(joined(wanted)), latinOf(joined(one))];
    if (from === undefined || to === undefined) return false;
    const [heard, own] = [soundOf(from), soundOf(to)];
    return isWithin(heard, own, slackOf(own));
  });
}
