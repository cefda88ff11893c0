import type { OverlapPhrases } from './language-words.ts';

/** Words that belong to no language, or to all. */
export const everywhere: {
  readonly overlap: OverlapPhrases;
  /** Whole sentences of stop words that mostly mean something else: six in Spanish, a bus stop in Hindi. */
  readonly notStops: string;
  /** Written for a breath: a hallucination only where hardly any voice was there. */
  readonly faintHallucinations: string;
  /** Sounds of listening, thinking, laughing and coughing, as recognisers spell them. */
  readonly hums: readonly RegExp[];
} = {
  overlap: {
    stop: 'stop',
    wait: '',
    goOn: '',
    backchannel: `ok, okay, okey, wow, ah, aha, oh, ooh, uh, uh huh, mm hm, mm, mhm, ahem, achoo, lol,
      haha, hehe`,
    neverMind: '',
    fillers: 'please, sorry, hey, hello',
  },
  notStops: `seis, nog, koma, ti, mir, ro, tie, tuki, acha, futa, dah, nok, sat, बस स्टॉप,
    बस स्टाप`,
  faintHallucinations: 'okay, ok, oh, uh, um, hmm, hm, mm, mhm, ah',
  hums: [
    /^(?:m+(?:h+m*)?|h+m+|u+h+m*|u+m+|e+h+m*|e+rm*|a+h+m*|o+h+|hu+h|h[aeo]h?|aw+|eu+h+|[äöø]+h*m*|aha+|oho+)$/u,
    /^(?:(?:a?h[aeiou]){2,}h?|(?:j[aei]){2,}j?|(?:[кх][аие]){2,}х?|(?:а?х[аеио]){2,}х?|[кх]{2,}|k{2,}|w{2,})$/u,
    /^(?:(?:rs){1,}|(?:wk){2,}w?|(?:χ[αεοι]){2,}|ه{2,}|ח{2,}|5{3,}|[\u110f\u1112ㅋㅎ])$/u,
    /^(?:а+|э+м*|м+|м+г+м+|у+гу+|а+га+|о+|ох+|эх+|хм+|χμ+|μ+|α+χ*|ω+χ*|हम्+म*|হুম+|ஹ்ம்|ம்+)$/u,
  ],
};
