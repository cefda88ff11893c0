import { languages } from '#src/turn/languages/languages.ts';
import { phrasesIn } from '#src/turn/overlap/interjections-tables.ts';
import { consistsOf, wordsOf } from './whole-sentence.ts';

/** Request about what plays: `level` in percent. */
export type TrackRequest =
  | { readonly kind: 'pause' | 'resume' | 'skip' | 'louder' | 'quieter' }
  | { readonly kind: 'level'; readonly percent: number };

const kinds = ['pause', 'resume', 'skip', 'louder', 'quieter'] as const;

const trackTables = languages.flatMap(({ trackRequests: said }) =>
  said
    ? [
        {
          kinds: kinds.map((kind) => ({ kind, phrases: phrasesIn(said[kind]) })),
          level: phrasesIn(said.level),
          beside: phrasesIn(said.beside),
        },
      ]
    : [],
);

/** Request about playing sounds that a whole sentence states; undefined where it holds anything else. */
export function trackRequestIn(text: string, names: readonly string[]): TrackRequest | undefined {
  const words = wordsOf(text);
  const called = phrasesIn(names);
  const [number, ...others] = words.match(/(?<!\S)\d{1,3}(?!\S)/g) ?? [];
  const rest = words.replace(/(?<!\S)\d{1,3}(?!\S) ?/, '').trim();
  for (const table of trackTables) {
    const beside = [...table.beside, ...called];
    const found = table.kinds.find(({ phrases }) => consistsOf(words, phrases, beside));
    if (found) return { kind: found.kind };
    if (number !== undefined && others.length === 0 && consistsOf(rest, table.level, beside))
      return { kind: 'level', percent: Number(number) };
  }
  return undefined;
}
