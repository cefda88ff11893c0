import { languages } from '#src/turn/languages/languages.ts';
import { skipGreetings } from './name-use.ts';
import {
  exactSpelling,
  fillerPhrases,
  findName,
  isDense,
  type Name,
  type Sentence,
  type SentenceWord,
  toPhraseSet,
} from './names.ts';

const wholeDismissals = toPhraseSet(
  languages.flatMap(({ dismissals }) => dismissals?.wholes ?? []),
);
/** Words before a dismissal: "no, not you". */
const dismissalLeads = new Set([
  ...fillerPhrases,
  ...toPhraseSet(
    languages.flatMap(({ overlap }) => [...overlap.fillers, ...(overlap.refusals ?? [])]),
  ),
]);
/** With the bot's name at the end. */
const maxDismissalWords = 10;
const dismissalParts = [
  ...toPhraseSet(languages.flatMap(({ dismissals }) => dismissals?.parts ?? [])),
];
const spacedDismissalParts = dismissalParts.filter((phrase) => !isDense(phrase));
const denseDismissalParts = dismissalParts.filter(isDense);

/** "Not you", "I wasn't talking to you": the speaker did not mean the bot. */
export function isDismissal(sentences: readonly Sentence[], names: readonly Name[]) {
  return sentences.some(
    (sentence) => !sentence.isQuestion && isDismissingSentence(sentence, names),
  );
}

function isDismissingSentence(sentence: Sentence, names: readonly Name[]): boolean {
  const { words } = sentence;
  const texts = words.map(({ text }) => text);
  const spaced = ` ${texts.join(' ')} `;
  if (spacedDismissalParts.some((phrase) => spaced.includes(` ${phrase} `))) return true;
  if (texts.some(isDense)) {
    const compact = texts.join('');
    if (denseDismissalParts.some((phrase) => compact.includes(phrase))) return true;
  }
  return saysNotYou(sentence, names);
}

/** The first words between pauses, apart from greetings, fillers and the bot's name, are a dismissal. */
function saysNotYou(sentence: Sentence, names: readonly Name[]): boolean {
  for (const { from, to } of splitByPauses(sentence.words)) {
    const start = skipLeadAndName(sentence, from, to, names);
    for (let at = Math.max(from, to - maxDismissalWords); at <= Math.min(start, to - 1); at++) {
      const texts = sentence.words.slice(at, to).map(({ text }) => text);
      const lengths = [texts.length, ...findOwnNameEnds(sentence, at, to, names)];
      if (lengths.some((length) => isWholeDismissal(texts.slice(0, length)))) return true;
    }
    if (start < to) return false;
  }
  return false;
}

function isWholeDismissal(texts: readonly string[]) {
  return (
    wholeDismissals.has(texts.join(' ')) ||
    (isDense(texts[0] ?? '') && wholeDismissals.has(texts.join('')))
  );
}

/** "Not you Nova" */
function findOwnNameEnds(
  sentence: Sentence,
  start: number,
  to: number,
  names: readonly Name[],
): number[] {
  const lengths: number[] = [];
  for (let at = Math.max(start + 1, to - 4); at < to; at++) {
    if (findName(sentence, at, names, exactSpelling)?.to === to) lengths.push(at - start);
  }
  return lengths;
}

function skipLeadAndName(
  sentence: Sentence,
  from: number,
  to: number,
  names: readonly Name[],
): number {
  const { to: start } = skipGreetings(sentence.words, from, to, dismissalLeads);
  const hit = start < to ? findName(sentence, start, names, exactSpelling) : undefined;
  return hit ? skipGreetings(sentence.words, hit.to, to, dismissalLeads).to : start;
}

function splitByPauses(
  words: readonly SentenceWord[],
): { readonly from: number; readonly to: number }[] {
  const starts = words.flatMap(({ before }, at) => (at === 0 || before === 'pause' ? [at] : []));
  return starts.map((from, index) => ({ from, to: starts[index + 1] ?? words.length }));
}
