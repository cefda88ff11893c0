/** Longest reply that is read, in characters: numbers only take no more. */
const maxReplyChars = 2_000;

const onlyNumbers = /^(?:[\s\d[\](){},;.:*#&-]|lines?|numbers?|and)*$/i;
const leadingNumbers = /^[\s*-]*(?:\[\d+\][\s,;]*)+/;

/**
 * Numbers of a reply that was asked for numbers only, each once, in its order. Of other words nothing is read, but what a
 * line copied from the data begins with: a number in the middle of a sentence may mean anything.
 */
export function numbersIn(reply: string): readonly number[] {
  const numbers = reply
    .slice(0, maxReplyChars)
    .split(/[\n\r]+/)
    .flatMap((line) => (onlyNumbers.test(line) ? [line] : (leadingNumbers.exec(line) ?? [])))
    .flatMap((line) => line.match(/\d+/g) ?? [])
    .map(Number);
  return [...new Set(numbers)];
}
