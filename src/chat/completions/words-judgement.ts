const judgementLetters = ['whole', 'goeson'];
const judgement =
  /^[\s\p{P}\p{S}]*(?:(whole)|goes[\s_-]*on)(?!['\u2011\u2019-]?[\p{L}\p{M}\p{N}])([^\p{L}\p{N}\s{[(<]*)/iu;
/** Only a mark or a line end behind the judgement tells it from an answer such as "Whole milk is better". */
const lineEnd = /^[^\S\n]*(?:[-\u2013\u2014:|]+\s|\n|$)/;
/** A dash behind the judgement may still belong to it. */
const possibleDash = /^[-\u2013\u2014:|]*$/;
const maxMarks = 40;

/** Reads "whole" or "goes on", with any marks around, off the beginning of a text. Undefined without a judgement. */
export function readJudgement(
  text: string,
  isLast: boolean,
): { readonly isWhole: boolean; readonly answer: string } | 'unsure' | undefined {
  const match = judgement.exec(text);
  if (!match) return !isLast && mayBecomeJudgement(text) ? 'unsure' : undefined;
  const behind = text.slice(match[0].length);
  if (!isLast && possibleDash.test(behind.trim())) return 'unsure';
  const [end = ''] = lineEnd.exec(behind) ?? [];
  if (end === '' && behind !== '' && match[2] === '') return undefined;
  return {
    isWhole: match[1] !== undefined,
    answer: behind.slice(end.length).trimStart(),
  };
}

function mayBecomeJudgement(text: string) {
  const start = text.toLowerCase().replace(/^[\s\p{P}\p{S}]+|[\s_-]/gu, '');
  return (
    text.length < maxMarks &&
    judgementLetters.some((letters) => letters.startsWith(start))
  );
}
