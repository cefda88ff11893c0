/** A sound that lies here, or sounds. */
type NamedSound = { readonly name: string; readonly title?: string };

/**
 * Sounds that a person means by some words, in the order of the library: that of this full name; else those called just so; else those with all of these
 * words in name, folder or title; else those whose name or title is among the words, as in "the rain please".
 */
export function matchSounds(called: string, sounds: readonly NamedSound[]): readonly NamedSound[] {
  const wanted = normaliseWords(called);
  if (wanted === '') return [];
  const fits = sounds.map((sound) => scoreMatch(wanted, sound));
  const best = Math.max(1, ...fits);
  return sounds.filter((_, at) => fits[at] === best);
}

/** Closeness of words to what a sound may be called; 0: they do not mean it. Of names among the words the longest is closest. */
function scoreMatch(wanted: string, { name, title = '' }: NamedSound): number {
  const labels = [name, name.split('/').at(-1) ?? '', title].map(normaliseWords);
  const words = new Set(labels.join(' ').split(' '));
  if (labels[0] === wanted) return 4_000;
  if (labels.includes(wanted)) return 3_000;
  if (wanted.split(' ').every((word) => words.has(word))) return 2_000;
  if (isUnspaced(wanted) && labels.some((one) => hasWords(one, wanted))) return 1_000;
  const spoken = labels.filter((one) => ` ${wanted} `.includes(` ${one} `));
  return Math.max(0, ...spoken.map((one) => one.length));
}

/** Scripts that set no spaces between words. */
function isUnspaced(words: string) {
  return /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}]/u.test(words);
}

function hasWords(label: string, wanted: string) {
  return label.replaceAll(' ', '').includes(wanted.replaceAll(' ', ''));
}

/** Lower case without accents, letters and digits only, one space between words. */
function normaliseWords(words: string): string {
  const bare = words.normalize('NFKD').replace(/\p{M}+/gu, '');
  const folded = bare.toUpperCase().toLowerCase(); // so that \u00df is ss
  return folded.replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
}
