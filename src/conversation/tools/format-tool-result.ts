import type { Facts } from './tool-entry.ts';

/** Longest name of a person, in characters; Discord's own limit is 32. */
const longestNameChars = 64;
/** Result of one call, for a model. */
const longestResultChars = 2_000;

/** Control characters, changes of writing direction, tags, and spaces without width. */
const unseen = /[\p{Cc}\p{Cf}\u2028\u2029\u{e0000}-\u{e007f}]+/gu;

/** Facts from a tool, for a model: values of one JSON object, which cannot be taken for words of a person. */
export function formatToolResult(facts: Facts, maxChars = longestResultChars): string {
  const each = Object.entries(facts).map(([key, value]) => [key, harmless(value, maxChars)]);
  const whole = JSON.stringify({ result: Object.fromEntries(each) });
  if (whole.length <= maxChars) return whole;
  return JSON.stringify({ result: whole.slice(0, maxChars / 2), isCut: true });
}

/** Reason why a call was not made, in words of the bot itself. */
export function formatRefusal(why: string): string {
  return JSON.stringify({ error: onOneLine(why, longestResultChars / 4) });
}

/** Result of a call of which it is unknown whether it was performed: the model does not repeat it, people may ask again. */
export function formatUnknownOutcome(name: string, why: string): string {
  const advice = 'It may have happened all the same: say so, and do not try again.';
  return formatRefusal(`${name} ${why}. ${advice}`);
}

/** Text as one line of visible characters, cut to `maxChars`. */
export function onOneLine(words: string, maxChars = longestNameChars): string {
  return words.replace(unseen, ' ').replace(/\s+/g, ' ').trim().slice(0, maxChars).toWellFormed();
}

function harmless(value: Facts[string], maxChars: number): Facts[string] {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return onOneLine(value, maxChars);
  return value.map((one) => onOneLine(one));
}
