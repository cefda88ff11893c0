/** A sound that lies here, or sounds. */
type NamedSound = { readonly name: string; readonly title?: string };
type SoundMatch = readonly NamedSound[];

/** A sound, and everything it may be called, each as plain words. */
type Candidate = {
  readonly sound: NamedSound;
  readonly labels: readonly string[];
  readonly words: ReadonlySet<string>;
};

/**
 * Sounds that a person means by some words, in the order of the library: that of this full name; else those called just so; else those with all of these
 * words in name, folder or title; else those whose name or title is among the words, as in "the rain please".
 */
export function soundsMeant(called: string, sounds: readonly NamedSound[]): SoundMatch {
  const wanted = plain(called);
  if (wanted === '') return [];
  const words = wanted.split(' ');
  const all = sounds.map(candidateOf);
  return (
    some(all, ({ sound }) => plain(sound.name) === wanted) ??
    some(all, ({ labels }) => labels.includes(wanted)) ??
    some(all, (one) => words.every((word) => one.words.has(word))) ??
    some(all, ({ labels }) => isUnspaced(wanted) && labels.some((one) => holds(one, wanted))) ??
    longest(all, ` ${wanted} `) ??
    []
  );
}

function candidateOf(sound: NamedSound): Candidate {
  const { name, title = '' } = sound;
  const own = name.split('/').at(-1) ?? name;
  const labels = [name, own, title].map(plain).filter((label) => label !== '');
  const words = new Set(labels.flatMap((label) => label.split(' ')));
  return { sound, labels: [...new Set(labels)], words };
}

function some(
  all: readonly Candidate[],
  fits: (one: Candidate) => boolean,
): SoundMatch | undefined {
  const found = all.filter(fits).map(({ sound }) => sound);
  return found.length > 0 ? found : undefined;
}

/** Those whose longest name stands among the words. */
function longest(all: readonly Candidate[], spoken: string): SoundMatch | undefined {
  const lengths = all.map(({ labels }) => {
    return Math.max(
      0,
      ...labels.filter((one) => spoken.includes(` ${one} `)).map((one) => one.length),
    );
  });
  const most = Math.max(0, ...lengths);
  return most === 0
    ? undefined
    : all.filter((_, at) => lengths[at] === most).map(({ sound }) => sound);
}

/** Scripts that set no spaces between words. */
function isUnspaced(words: string): boolean {
  return /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}]/u.test(words);
}

function holds(label: string, wanted: string): boolean {
  return label.replaceAll(' ', '').includes(wanted.replaceAll(' ', ''));
}

/** Lower case without accents, letters and digits only, one space between words. */
function plain(words: string): string {
  const bare = words.normalize('NFKD').replace(/\p{M}+/gu, '');
  const folded = bare.toUpperCase().toLowerCase(); // so that \u00df is ss
  return folded.replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
}
