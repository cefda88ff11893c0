/** Numbers of a complaint. `taken` and `more` are needed by the question, `requested` was allowed for the answer. */
const complaints: readonly RegExp[] = [
  // "190000 + 16000 > 200000"
  /(?<taken>\d{1,12}) \+ (?<requested>\d{1,12}) > (?<allowed>\d{1,12})/,
  // "(4000 > 2048 - 9)"
  /(?<requested>\d{1,12}) > (?<allowed>\d{1,12}) - (?<taken>\d{1,12})/,
  // "must be <= 4097. Given: 4000 inputs tokens and 512 max_new_tokens"
  /<= (?<allowed>\d{1,12})\D{1,40}(?<taken>\d{1,12})\D{1,40}(?<requested>\d{1,12})/,
  // "length is 2048 tokens. However, you requested 4009 tokens (9 in the messages, 4000 in the completion)"
  /length (?:is|of) (?<allowed>\d{1,12})\D{1,80}\d{1,12}\D{1,40}(?<taken>\d{1,12})(?:\D{1,40}(?<more>\d{1,12}))?\D{1,60}(?<requested>\d{1,12})\D{0,30}(?:completion|output)/,
  // "You requested up to 65536 tokens, but can only afford 17554"
  /requested (?:up to )?(?<requested>\d{1,12}) tokens\D{1,60}afford (?<allowed>\d{1,12})/,
  // "max_tokens must be at most 8192, got 32000"
  /\bmax_(?:completion_|output_|new_)?tokens\b\D{1,60}(?:at most|than or equal to|<=|not exceed|up to|maximum)\D{0,10}(?<allowed>\d{1,12})\D{1,60}(?<requested>\d{1,12})/,
  // "max_tokens is too large: 32000. This model supports at most 16384", "max_tokens: 9000 > 8192"
  /\bmax_(?:completion_|output_|new_)?tokens\b\D{1,40}(?<requested>\d{1,12})\D{1,80}(?<allowed>\d{1,12})/,
];

/** "tokens per minute (TPM): Limit 6000, Requested 7200", in either order. */
const rateComplaints: readonly RegExp[] = [
  /\b(?:limit|allow\w{0,8}|max\w{0,5}|cap|at most|up to)\b\D{0,30}?(?<allowed>\d{1,12}).{1,80}?\b(?:request\w{0,5}|need\w{0,3}|got|sent|asked|wants?|uses?|takes?)\b\D{0,30}?(?<requested>\d{1,12})/i,
  /\b(?:request\w{0,5}|need\w{0,3}|got|sent|asked|wants?|uses?|takes?)\b\D{0,30}?(?<requested>\d{1,12}).{1,80}?\b(?:limit|allow\w{0,8}|max\w{0,5}|cap|at most|up to)\b\D{0,30}?(?<allowed>\d{1,12})/i,
];

/** A limit that counts seconds or minutes. */
export const perMinutePattern: RegExp =
  /per[ _-]?(?:min|sec)|\b[RT]P[MS]\b|\/ ?(?:m|min|minute|s|sec)\b|by ?minute/i;

/**
 * Counts the tokens by which the allowed answer is too long, by the numbers of a complaint. Undefined where a shorter
 * answer does not help, as the question alone is too long, or where waiting helps.
 */
export function countTokensOver(sentence: string): number | undefined {
  if (!/token/i.test(sentence)) return undefined;
  const text = sentence.replace(/(\d)[,_](?=\d{3})/g, '$1').replace(/[`'"]/g, '');
  const patterns = perMinutePattern.test(text)
    ? [...complaints, ...rateComplaints]
    : complaints;
  const overs = patterns.map((pattern) => countOver(pattern.exec(text)?.groups));
  return overs.find((over) => over !== undefined);
}

function countOver(numbers: Readonly<Record<string, string | undefined>> | undefined) {
  if (!numbers) return undefined;
  const {
    allowed: allowedTokens,
    more = 0,
    requested: requestedTokens,
    taken = 0,
  } = numbers;
  const over =
    Number(taken) + Number(more) + Number(requestedTokens) - Number(allowedTokens);
  return over > 0 && over < Number(requestedTokens) ? over : undefined;
}
