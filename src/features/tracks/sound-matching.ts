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
  spokenName: string,
  sounds: readonly NamedSound[],
): readonly NamedSound[] {
  const query = normaliseText(spokenName);
  if (query === '') return [];
  const scores = sounds.map((sound) => scoreMatch(query, sound));
  const bestScore = Math.max(1, ...scores);
  return sounds.filter((_, index) => scores[index] === bestScore);
}

/** Scores a match of a query with a sound. 0 means no match. */
function scoreMatch(query: string, { name, title = '' }: NamedSound) {
  const labels = [name, name.split('/').at(-1) ?? '', title].map(normaliseText);
  const labelWords = new Set(labels.join(' ').split(' '));
  if (labels[0] === query) return 4_000;
  if (labels.includes(query)) return 3_000;
  if (query.split(' ').every((word) => labelWords.has(word))) return 2_000;
  if (isUnspaced(query) && labels.some((label) => hasText(label, query))) return 1_000;
  // The longest name among the words is closest.
  const spokenLabels = labels.filter((label) => ` ${query} `.includes(` ${label} `));
  return Math.max(0, ...spokenLabels.map((label) => label.length));
}

function isUnspaced(text: string) {
  return /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}]/u.test(text);
}

function hasText(label: string, query: string) {
  return label.replaceAll(' ', '').includes(query.replaceAll(' ', ''));
}

function normaliseText(text: string) {
  const bare = text.normalize('NFKD').replace(/\p{M}+/gu, '');
  const folded = bare.toUpperCase().toLowerCase(); // so that \u00df is ss
  return folded.replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
}
