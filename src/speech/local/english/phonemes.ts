import { join } from 'node:path';
import { readModelText } from '#src/speech/local/process/model-files.ts';
import sounds from './english-sounds.json' with { type: 'json' };

type SoundTable = Readonly<Record<string, string>>;

/**
 * Sounds of ARPAbet in the eSpeak NG letters of Piper's American voices. Vowels are short before
 * the consonants of `shortVowels`.
 */
const {
  vowels,
  shortVowels,
  consonants,
}: Record<'vowels' | 'shortVowels' | 'consonants', SoundTable> = sounds;
const weakForms = new Map(Object.entries(sounds.weakForms));

/** Words that are abbreviations in capitals. */
const spelledWords: ReadonlySet<string> = new Set(['AI', 'ID', 'IT', 'US', 'AM', 'PM']);
const hissingSounds: ReadonlySet<string> = new Set(['S', 'Z', 'SH', 'ZH', 'CH', 'JH']);
const voicelessSounds: ReadonlySet<string> = new Set(['P', 'T', 'K', 'F', 'TH']);
/** The longest word of the dictionary has 28. */
const maxEntryLetters = 40;
const wordPattern = /[A-Za-z](?:[A-Za-z']*[A-Za-z])?|'/g;
const linkingR =
  /(?<=\u025a|\u025c\u02d0)(?= [\u02c8\u02cc]?[aeiou\u00e6\u0250\u0251\u0254\u0259\u025b\u026a\u028a\u028c])/g;
const theBeforeVowel =
  /\u00f0\u0259(?= [\u02c8\u02cc]?[aeiou\u00e6\u0250\u0251\u0254\u0259\u025b\u026a\u028a\u028c])/g;

/** Sound of a letter, refined by neighbours. */
type Rule = { readonly sound: string; readonly by: Map<string, Rule> };
type LetterRules = {
  /** Neighbour that each level of `trie` reads: the distance of a letter, or an earlier sound. */
  readonly features: readonly string[];
  readonly trie: ReadonlyMap<string, Rule>;
};

/** Pronunciation of English words, by a dictionary, names, and letters for all others. */
export class EnglishPhonemes {
  /** Lines of CMUdict, sorted. */
  readonly #dictionary: string;
  readonly #names: ReadonlyMap<string, readonly string[]>;
  readonly #rules: LetterRules;

  private constructor(dictionary: string, names: string, rules: LetterRules) {
    this.#dictionary = dictionary;
    this.#names = new Map(
      names.split('\n').map((entry) => {
        const [name = '', ...sounds] = entry.split(' ');
        return [stripAccents(name), sounds];
      }),
    );
    this.#rules = rules;
  }

  /** Reads the words of CMUdict, letter rules learnt from them, and names. */
  static async open(folder: string): Promise<EnglishPhonemes> {
    const [dictionary, names, rules] = await Promise.all([
      readModelText(join(folder, 'words.txt'), 'latin1'),
      readModelText(join(folder, 'names.txt'), 'utf8'),
      readModelText(join(folder, 'letters.txt'), 'utf8'),
    ]);
    return new EnglishPhonemes(dictionary, names, parseLetterRules(rules));
  }

  /**
   * Converts words without digits and symbols to IPA, as `spellOutEnglish` gives them, with their stops and commas.
   *
   * @example
   * import type { EnglishPhonemes } from '#src/speech/local/english/phonemes.ts';
   *
   * declare const phonemes: EnglishPhonemes;
   * phonemes.toIpa('raincoats') === phonemes.toIpa('rain coats'); // false
   */
  toIpa(text: string): string {
    return text
      .replace(wordPattern, (token) =>
        token === "'" ? '' : this.#pronounceToken(token),
      )
      .replace(linkingR, '\u0279')
      .replace(theBeforeVowel, '\u00f0\u026a');
  }

  #pronounceToken(token: string) {
    const lower = token.toLowerCase();
    const isUnreadable =
      /^[A-Z]{2,5}$/.test(token) &&
      !(this.#findSounds(lower) && /[AEIOUY]/.test(token));
    if (isUnreadable || spelledWords.has(token))
      return [...lower]
        .map((letter) => (letter === 'a' ? '\u02c8e\u026a' : this.#toWordIpa(letter)))
        .join(' ');
    const weak = this.#names.has(lower) ? undefined : weakForms.get(lower);
    return weak ?? this.#toWordIpa(lower);
  }

  #toWordIpa(lower: string) {
    return joinSounds(this.#getSounds(lower));
  }

  #getSounds(lower: string): readonly string[] {
    const knownSounds = this.#findSounds(lower);
    if (knownSounds) return knownSounds;
    const [, owner] = /^(.+)'s?$/.exec(lower) ?? [];
    if (owner) return addPlural(this.#getSounds(owner));
    const letters = lower.replaceAll("'", '');
    const stem = /[^s]s$/.test(letters)
      ? this.#findSounds(letters.slice(0, -1))
      : undefined;
    return stem
      ? addPlural(stem)
      : (this.#findCompound(letters) ?? this.#readLetters(letters));
  }

  #findSounds(lower: string) {
    // Each part of a long word would be hashed as a whole, in quadratic time.
    if (lower.length > maxEntryLetters) return undefined;
    const nameSounds = this.#names.get(lower);
    if (nameSounds) return nameSounds;
    const dictionary = this.#dictionary;
    for (let low = 0, high = dictionary.length; low < high; ) {
      const start = dictionary.lastIndexOf('\n', ((low + high) >> 1) - 1) + 1;
      const end = dictionary.indexOf('\n', start);
      const line = dictionary.slice(start, end);
      const entry = line.slice(0, line.indexOf(' '));
      if (entry === lower) return line.split(' #', 1)[0]?.split(' ').slice(1);
      if (entry < lower) low = end + 1;
      else high = start;
    }
    return undefined;
  }

  /** Splits a compound such as `raincoat`. */
  #findCompound(letters: string) {
    if (letters.length < 7) return undefined;
    for (let at = letters.length - 3; at >= 3; at--) {
      const [stem, ending] = [
        this.#findSounds(letters.slice(0, at)),
        this.#findSounds(letters.slice(at)),
      ];
      if (stem && ending)
        return [...stem, ...ending.map((sound) => sound.replace('1', '2'))];
    }
    return undefined;
  }

  /** Gives each letter the most frequent sound among the same neighbours. */
  #readLetters(letters: string) {
    const read: string[] = [];
    for (let at = 0; at < letters.length; at++) {
      let rule = this.#rules.trie.get(letters[at] ?? '');
      for (const feature of this.#rules.features) {
        const nearer = rule?.by.get(getFeature(feature, letters, at, read) ?? '#');
        if (nearer === undefined) break;
        rule = nearer;
      }
      read.push(rule?.sound ?? '_');
    }
    return keepOneStress(
      read.flatMap((sound) => (sound === '_' ? [] : sound.split('+'))),
    );
  }
}

/** Parses the neighbours, then one rule a line, indented below the parent rule. */
function parseLetterRules(text: string) {
  const [features = '', ...ruleLines] = text.trimEnd().split('\n');
  const trie = new Map<string, Rule>();
  const levels = [trie];
  for (const ruleLine of ruleLines) {
    const depth = ruleLine.search(/\S/);
    const [key = '', sound = ''] = ruleLine.trim().split('\t');
    const by = new Map<string, Rule>();
    levels[depth]?.set(key, { sound, by });
    levels[depth + 1] = by;
  }
  return { features: features.split(' '), trie };
}

function getFeature(
  feature: string,
  letters: string,
  at: number,
  read: readonly string[],
) {
  if (feature === 'p1') return read[at - 1];
  if (feature === 'p2') return read[at - 2];
  if (feature === 's') return read.some((sound) => sound.includes('1')) ? '1' : '0';
  return letters[at + Number(feature)];
}

/** Joins ARPAbet sounds such as M IY1 T IH0 NG to IPA. */
function joinSounds(sounds: readonly string[]) {
  return sounds
    .map((sound, at) => {
      const [previous = '', next = ''] = [sounds[at - 1], sounds[at + 1]];
      if (isVowel(sound)) return toVowel(sound, at, sounds);
      const isTapped =
        sound === 'T' && (isVowel(previous) || previous === 'R') && next.endsWith('0');
      return isTapped ? '\u027e' : (consonants[sound] ?? '');
    })
    .join('');
}

function toVowel(sound: string, at: number, sounds: readonly string[]) {
  const next = sounds[at + 1] ?? '';
  const name = sound.slice(0, 2);
  const mark = getStressMark(sound, next === '');
  if (name === 'ER')
    return `${mark}${sound === 'ER0' ? '\u025a' : '\u025c\u02d0'}${isVowel(next) ? '\u0279' : ''}`;
  const weak = mark === '' ? reduceVowel(sound, at, sounds) : undefined;
  return weak ?? `${mark}${shortVowels[`${name} ${next}`] ?? vowels[name] ?? ''}`;
}

function getStressMark(sound: string, isLast: boolean) {
  if (sound.endsWith('1')) return '\u02c8';
  return sound.endsWith('2') && !isLast ? '\u02cc' : '';
}

/** Reduces the vowel of an unstressed syllable, with an own sound in `houses` and `wanted`. */
function reduceVowel(sound: string, at: number, sounds: readonly string[]) {
  const next = sounds[at + 1] ?? '';
  if (/^IY[02]$/.test(sound)) return next === 'R' ? undefined : 'i';
  if (sound !== 'AH0' && sound !== 'IH0') return undefined;
  if (isEnding(sounds.slice(at - 1))) return '\u1d7b';
  if (sound === 'IH0') return undefined;
  if (at > 0) return '\u0259';
  return next === 'N' ? '\u028c' : '\u0250';
}

function isEnding([stem = '', , ending, ...laterSounds]: readonly string[]) {
  if (laterSounds.length > 0) return false;
  return ending === 'Z'
    ? hissingSounds.has(stem)
    : ending === 'D' && /^[TD]$/.test(stem);
}

function isVowel(sound: string) {
  return /\d$/.test(sound);
}

function addPlural(sounds: readonly string[]) {
  const last = sounds.at(-1) ?? '';
  if (hissingSounds.has(last)) return [...sounds, 'IH0', 'Z'];
  return [...sounds, voicelessSounds.has(last) ? 'S' : 'Z'];
}

/** Keeps or makes exactly one main stress, as the letter rules choose each stress alone. */
function keepOneStress(sounds: readonly string[]) {
  const main = ['1', '2', '0']
    .map((stress) => sounds.findIndex((sound) => sound.endsWith(stress)))
    .find((at) => at >= 0);
  return sounds.map((sound, at) =>
    sound.replace(/\d/, (stress) => (at === main ? '1' : stress.replace('1', '2'))),
  );
}

/** Removes accents, and splits ligatures: `e` for `\u00e9`. */
export function stripAccents(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '');
}
