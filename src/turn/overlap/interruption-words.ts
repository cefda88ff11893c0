import { classify } from './interjections.ts';

/** Kind of words over the bot's voice; `aside` is for other people, `noise` has none, or none that were said. */
export type OverlapKind =
  | 'stop'
  | 'wait'
  | 'go-on'
  | 'backchannel'
  | 'never-mind'
  | 'other'
  | 'aside'
  | 'empty'
  | 'noise'
  | 'echo';

/** `drop` and `hold`: stop and wait, from a person who has a say in it. */
export type Meaning =
  | 'nothing'
  | 'fine'
  | 'echo'
  | 'words'
  | 'perhaps-stop'
  | 'stop'
  | 'drop'
  | 'hold';

/** While more words may come, and when all are there. */
const meanings: Readonly<
  Record<OverlapKind, { readonly partial: Meaning; readonly final: Meaning }>
> = {
  stop: { partial: 'perhaps-stop', final: 'stop' },
  'never-mind': { partial: 'words', final: 'drop' },
  wait: { partial: 'words', final: 'hold' },
  other: { partial: 'words', final: 'words' },
  aside: { partial: 'words', final: 'fine' },
  'go-on': { partial: 'fine', final: 'fine' },
  backchannel: { partial: 'fine', final: 'fine' },
  noise: { partial: 'fine', final: 'fine' },
  empty: { partial: 'nothing', final: 'fine' },
  echo: { partial: 'echo', final: 'echo' },
};

/** `sure`: no word that might follow could change it. */
export function meaningOf(
  { what, isFinal, sure = false }: { what: OverlapKind; isFinal: boolean; sure?: boolean },
  hasSay: boolean,
): Meaning {
  const meaning = meanings[what][isFinal || (what === 'stop' && sure) ? 'final' : 'partial'];
  return (meaning === 'drop' || meaning === 'hold') && !hasSay ? 'words' : meaning;
}

/** Kind of a partial text, of which more words may come; "he" may become "here", and most short words another. */
export function overlapOfPartial(
  text: string,
  names: readonly string[],
): { readonly what: OverlapKind; readonly sure: boolean } {
  const words = classify(text, { isFinal: false, names });
  const isOpen = words.kind === 'backchannel' && isBeginning(text);
  return { what: isOpen ? 'empty' : words.kind, sure: 'sure' in words && words.sure };
}

function isBeginning(text: string): boolean {
  return /^\P{L}*[\p{L}&&\p{Script=Latin}]{1,2}\P{L}*$/v.test(text);
}
