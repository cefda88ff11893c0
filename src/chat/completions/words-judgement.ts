const letters = ['whole', 'goeson'];
const judgement =
  /^[\s\p{P}\p{S}]*(?:(whole)|goes[\s_-]*on)(?!['\u2011\u2019-]?[\p{L}\p{M}\p{N}])([^\p{L}\p{N}\s{[(<]*)/iu;
/** Only a mark or the end of its line tells it from an answer such as "Whole milk is better". */
const lineEnd = /^[^\S\n]*(?:[-\u2013\u2014:|]+\s|\n|$)/;
/** A dash behind it may still belong to it. */
const possibleDash = /^[-\u2013\u2014:|]*$/;
const maxMarks = 40;

/** Reads the word whole or goes on, with any marks around it, off the beginning of an answer. Undefined: there is none. */
export function readJudgement(
  text: string,
  isLast: boolean,
): { readonly isWhole: boolean; readonly rest: string } | 'unsure' | undefined {
  const found = judgement.exec(text);
  if (!found) return !isLast && mayBecomeJudgement(text) ? 'unsure' : undefined;
  const behind = text.slice(found[0].length);
  if (!isLast && possibleDash.test(behind.trim())) return 'unsure';
  const [end = ''] = lineEnd.exec(behind) ?? [];
  if (end === '' && behind !== '' && found[2] === '') return undefined;
  return {
    isWhole: found[1] !== undefined,
    rest: behind.slice(end.length).trimStart(),
  };
}

function mayBecomeJudgement(text: string) {
  const begun = text.toLowerCase().replace(/^[\s\p{P}\p{S}]+|[\s_-]/gu, '');
  return text.length < maxMarks && letters.some((known) => known.startsWith(begun));
}
