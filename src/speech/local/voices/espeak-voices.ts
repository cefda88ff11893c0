import {
  isSameLanguage,
  toBaseLanguage,
} from '#src/base/language/expected-language.ts';

/** A voice as `espeak-ng --voices` lists it. */
export type EspeakVoice = {
  /** Value of `-v`, such as `pt-br`. */
  readonly name: string;
  /** Other tags for which the program takes this voice, such as `pt`. The lowest rank goes first. */
  readonly others: readonly { readonly tag: string; readonly rank: number }[];
};

/**
 * Languages written in Chinese characters: the program names each of them ("Chinese letter") or reads it by its tone, which
 * nobody understands.
 */
const unreadLanguages: ReadonlySet<string> = new Set(['zh', 'cmn', 'yue', 'hak', 'ja']);
const otherTag = /\(([^\s()]{1,40}) (\d{1,3})\)/g;

/**
 * Parses the table of voices that the program prints. Languages that it cannot read are left out.
 *
 * @example
 * import { parseEspeakVoices } from '#src/speech/local/voices/espeak-voices.ts';
 *
 * const line = ' 5  pt-br           --/M      Portuguese_(Brazil) roa/pt-BR            (pt 6)';
 * parseEspeakVoices(line).map(({ name }) => name); // ['pt-br']
 */
export function parseEspeakVoices(table: string): readonly EspeakVoice[] {
  return table.split(/\r?\n/).flatMap((line) => {
    // Priority, language, age and gender, name, file, and other languages.
    const [priority = '', name, ...rest] = line.trim().split(/\s+/);
    if (!/^\d+$/.test(priority) || name === undefined) return [];
    if (unreadLanguages.has(toBaseLanguage(name))) return [];
    const others = [...rest.join(' ').matchAll(otherTag)].map(([, tag = '', rank]) => ({
      tag,
      rank: Number(rank),
    }));
    return { name, others };
  });
}

/** Finds the name of the voice for a language (BCP 47): of its region, else the usual one. */
export function findEspeakVoice(
  voices: readonly EspeakVoice[],
  language: string,
): string | undefined {
  const wanted = language.toLowerCase();
  return findTag(voices, wanted) ?? findTag(voices, toBaseLanguage(wanted));
}

function findTag(voices: readonly EspeakVoice[], tag: string) {
  if (voices.some(({ name }) => name.toLowerCase() === tag)) return tag;
  const ranked = voices.flatMap(({ name, others }) =>
    others.filter((other) => other.tag === tag).map(({ rank }) => ({ name, rank })),
  );
  return ranked.toSorted((a, b) => a.rank - b.rank)[0]?.name;
}

/** Lists the languages (BCP 47, without regions) of voices. */
export function listEspeakLanguages(voices: readonly EspeakVoice[]): readonly string[] {
  const tags = voices.flatMap(({ name, others }) => [
    name,
    ...others.map(({ tag }) => tag),
  ]);
  const languages: string[] = [];
  for (const tag of tags)
    if (!languages.some((known) => isSameLanguage(known, tag)))
      languages.push(toBaseLanguage(tag));
  return languages;
}
