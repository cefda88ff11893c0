const cyrillic = new Map(
  Object.entries({
    а: 'a',
    б: 'b',
    в: 'v',
    г: 'g',
    ґ: 'g',
    д: 'd',
    е: 'e',
    э: 'e',
    є: 'e',
    ж: 'j',
    з: 'z',
    и: 'i',
    і: 'i',
    к: 'k',
    л: 'l',
    м: 'm',
    н: 'n',
    о: 'o',
    п: 'p',
    р: 'r',
    с: 's',
    т: 't',
    у: 'u',
    ф: 'f',
    х: 'h',
    ц: 'ts',
    ч: 'ch',
    ш: 'sh',
    щ: 'sh',
    ъ: '',
    ы: 'i',
    ь: '',
    ю: 'yu',
    я: 'ya',
    ј: 'j',
    љ: 'l',
    њ: 'n',
    ћ: 'ch',
    ђ: 'j',
    џ: 'j',
    α: 'a',
    β: 'v',
    γ: 'g',
    δ: 'd',
    ε: 'e',
    ζ: 'z',
    η: 'i',
    θ: 't',
    ι: 'i',
    κ: 'k',
    λ: 'l',
    μ: 'm',
    ν: 'n',
    ξ: 'x',
    ο: 'o',
    π: 'p',
    ρ: 'r',
    σ: 's',
    ς: 's',
    τ: 't',
    υ: 'i',
    φ: 'f',
    χ: 'h',
    ψ: 'ps',
    ω: 'o',
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

/** How a Latin word sounds, roughly and across languages: `nover`, `novah` and `nova` are one. */
export function soundOf(latin: string): string {
  return folds.reduce((sound, [spelling, into]) => sound.replace(spelling, into), latin);
}

/** How many letters of difference still count as the same name: none in a short one, so no word becomes a call. */
export function slackOf(sound: string): number {
  if (sound.length <= 3) return 0;
  if (sound.length <= 6) return 1;
  return sound.length <= 10 ? 2 : 3;
}

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
