type NamedSound = { readonly name: string; readonly title?: string };

/**
 * Finds sounds in the order of the library: by full name, then by last part or title, then by all words, then by a name among the
 * words, as in "the rain please".
 *
 * @example
 * import { matchSounds } from '#src/features/tracks/sound-matching.ts';
 *
 * matchSounds('the rain please', [{ name: 'nature/rain' }, { name: 'nature/wind' }]); // [{ name: 'nature/rain' }]
 */
export function matchSounds(
  called: string,
  sounds: readonly NamedSound[],
): readonly NamedSound[] {
  const wanted = normaliseWords(called);
  if (wanted === '') return [];
  const fits = sounds.map((sound) => scoreMatch(wanted, sound));
  const best = Math.max(1, ...fits);
  return sounds.filter((_, at) => fits[at] === best);
}

/** Scores a match of the wanted words with a sound. 0 means no match. */
function scoreMatch(wanted: string, { name, title = '' }: NamedSound) {
  const labels = [name, name.split('/').at(-1) ?? '', title].map(normaliseWords);
  const words = new Set(labels.join(' ').split(' '));
  if (labels[0] === wanted) return 4_000;
  if (labels.includes(wanted)) return 3_000;
  if (wanted.split(' ').every((word) => words.has(word))) return 2_000;
  if (isUnspaced(wanted) && labels.some((one) => hasWords(one, wanted))) return 1_000;
  // The longest name among the words is closest.
  const spoken = labels.filter((one) => ` ${wanted} `.includes(` ${one} `));
  return Math.max(0, ...spoken.map((one) => one.length));
}

function isUnspaced(words: string) {
  return /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}]/u.test(words);
}

function hasWords(label: string, wanted: string) {
  return label.replaceAll(' ', '').includes(wanted.replaceAll(' ', ''));
}

function normaliseWords(words: string) {
  const bare = words.normalize('NFKD').replace(/\p{M}+/gu, '');
  const folded = bare.toUpperCase().toLowerCase(); // so that \u00df is ss
  return folded.replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
}
