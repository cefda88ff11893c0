import type { Phrases } from './interjections-phrases.ts';

/** Known in every language; sounds are in `isHum`. */
export const everywhere: Phrases = {
  stop: 'stop',
  wait: '',
  goOn: '',
  backchannel: `ok, okay, okey, wow, ah, aha, oh, ooh, uh, uh huh, mm hm, mm, mhm, ahem, achoo, lol,
    haha, hehe`,
  neverMind: '',
  around: 'please, sorry, hey, hello',
};

/** Whole sentences of stop words that mostly mean something else: six in Spanish, a bus stop in Hindi. */
export const elsewhere = `seis, nog, koma, ti, mir, ro, tie, tuki, acha, futa, dah, nok, sat,
  बस स्टॉप, बस स्टाप`;

/** Spoken by so many that a stop word of theirs stops, whatever the same word means elsewhere. */
export const bigLanguages: ReadonlySet<string> = new Set(
  'en de fr es pt it pl ru tr ar hi bn id vi zh ja ko'.split(' '),
);

/** Sounds of listening, thinking, laughing and coughing, as recognisers spell them. */
const hums: readonly RegExp[] = [
  /^(?:m+(?:h+m*)?|h+m+|u+h+m*|u+m+|e+h+m*|e+rm*|a+h+m*|o+h+|hu+h|h[aeo]h?|aw+|eu+h+|[äöø]+h*m*|aha+|oho+)$/u,
  /^(?:(?:a?h[aeiou]){2,}h?|(?:j[aei]){2,}j?|(?:[кх][аие]){2,}х?|(?:а?х[аеио]){2,}х?|[кх]{2,}|k{2,}|w{2,})$/u,
  /^(?:(?:rs){1,}|(?:wk){2,}w?|(?:χ[αεοι]){2,}|ه{2,}|ח{2,}|5{3,}|[\u110f\u1112ㅋㅎ])$/u,
  /^(?:а+|э+м*|м+|м+г+м+|у+гу+|а+га+|о+|ох+|эх+|хм+|χμ+|μ+|α+χ*|ω+χ*|हम्+म*|হুম+|ஹ்ம்|ம்+)$/u,
];

export function isHum(token: string): boolean {
  return hums.some((hum) => hum.test(token));
}
