const cyrillic = new Map(
  Object.entries({
    \u0430: 'a',
    \u0431: 'b',
    \u0432: 'v',
    \u0433: 'g',
    \u0491: 'g',
    \u0434: 'd',
    \u0435: 'e',
    \u044d: 'e',
    \u0454: 'e',
    \u0436: 'j',
    \u0437: 'z',
    \u0438: 'i',
    \u0456: 'i',
    \u043a: 'k',
    \u043b: 'l',
    \u043c: 'm',
    \u043d: 'n',
    \u043e: 'o',
    \u043f: 'p',
    \u0440: 'r',
    \u0441: 's',
    \u0442: 't',
    \u0443: 'u',
    \u0444: 'f',
    \u0445: 'h',
    \u0446: 'ts',
    \u0447: 'ch',
    \u0448: 'sh',
    \u0449: 'sh',
    \u044a: '',
    \u044b: 'i',
    \u044c: '',
    \u044e: 'yu',
    \u044f: 'ya',
    \u0458: 'j',
    \u0459: 'l',
    \u045a: 'n',
    \u045b: 'ch',
    \u0452: 'j',
    \u045f: 'j',
    \u03b1: 'a',
    \u03b2: 'v',
    \u03b3: 'g',
    \u03b4: 'd',
    \u03b5: 'e',
    \u03b6: 'z',
    \u03b7: 'i',
    \u03b8: 't',
    \u03b9: 'i',
    \u03ba: 'k',
    \u03bb: 'l',
    \u03bc: 'm',
    \u03bd: 'n',
    \u03be: 'x',
    \u03bf: 'o',
    \u03c0: 'p',
    \u03c1: 'r',
    \u03c3: 's',
    \u03c2: 's',
    \u03c4: 't',
    \u03c5: 'i',
    \u03c6: 'f',
    \u03c7: 'h',
    \u03c8: 'ps',
    \u03c9: 'o',
  }),
);

const latinOnly = /^[a-z0-9]+$/;

/** Spellings that sound alike, in this order, made one. */
const folds: readonly (readonly [RegExp, string])[] = [
  [/^kn/, 'n'],
  [/^wr/, 'r'],
  [/s?ch|sh/g, 'j'],
  [/ph/g, 'f'],
  [/gh/g, ''],
  [/c(?=[eiy])/g, 's'],
  [/ck|[cq]/g, 'k'],
  [/x/g, 'ks'],
  [/z/g, 's'],
  [/ow(?![aeiou])/g, 'o'],
  [/w/g, 'v'],
  [/y/g, 'i'],
  [/(?<=..)(?:[aeou]r|ah|re)$/, 'a'],
  [/(?!^)h/g, ''],
  [/e[ea]/g, 'i'],
  [/oo|ou/g, 'u'],
  [/ai|ei/g, 'e'],
  [/au/g, 'o'],
  [/(.)\1+/g, '$1'],
];

/** Latin, Cyrillic and Greek letters as Latin ones; undefined for any other script. */
export function latinOf(text: string): string | undefined {
  if (latinOnly.test(text)) return text;
  const latin = Array.from(text, (letter) => cyrillic.get(letter) ?? letter).join('');
  return latinOnly.test(latin) ? latin : undefined;
}

/** Rough phonetic code of a Latin word, across languages: `nover`, `novah` and `nova` are one. */
export function soundOf(latin: string): string {
  return folds.reduce((sound, [spelling, into]) => sound.replace(spelling, into), latin);
}

/** Largest edit distance, in letters, that still counts as the same name: none in a short one, so no word becomes a call. */
export function slackOf(sound: string): number {
  if (sound.length <= 3) return 0;
  if (sound.length <= 6) return 1;
  return sound.length <= 10 ? 2 : mostSlack;
}

/** Largest edit distance of any name. */
export const mostSlack = 3;

/** Whether at most `most` letters must be added, removed or changed. */
export function isWithin(from: string, to: string, most: number): boolean {
  if (Math.abs(from.length - to.length) > most) return false;
  let row = Array.from({ length: to.length + 1 }, (_, place) => place);
  for (let above = 0; above < from.length; above++) {
    const next = [above + 1];
    for (let place = 1; place <= to.length; place++) {
      const same = from[above] === to[place - 1] ? 0 : 1;
      const [left = 0, up = 0, corner = 0] = [next[place - 1], row[place], row[place - 1]];
      next.push(Math.min(left + 1, up + 1, corner + same));
    }
    row = next;
  }
  return (row[to.length] ?? 0) <= most;
}
