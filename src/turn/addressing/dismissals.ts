import { languages } from '#src/turn/languages/languages.ts';
import { skipLead } from './addressing-call.ts';
import {
  exactly,
  fillerPhrases,
  isDense,
  type Name,
  nameAt,
  phrasesOf,
  type Sentence,
  type SentenceWord,
} from './names.ts';

const wholes = phrasesOf(languages.flatMap(({ dismissals }) => dismissals?.wholes ?? []));
/** Words before a dismissal: "no, not you". */
const leads = new Set([
  ...fillerPhrases,
  ...phrasesOf(
    languages.flatMap(({ overlap }) => [...overlap.fillers, ...(overlap.refusals ?? [])]),
  ),
]);
/** With the bot's name at the end. */
const longestWhole = 10;
const parts = [...phrasesOf(languages.flatMap(({ dismissals }) => dismissals?.parts ?? []))];
const spacedParts = parts.filter((phrase) => !isDense(phrase));
const denseParts = parts.filter(isDense);

/** "Not you", "I wasn't talking to you": the speaker did not mean the bot. */
export function isDismissal(sentences: readonly Sentence[], names: readonly Name[]) {
  return sentences.some((sentence) => !sentence.asks && dismisses(sentence, names));
}

function dismisses(sentence: Sentence, names: readonly Name[]): boolean {
  const { words } = sentence;
  const texts = words.map(({ text }) => text);
  const spaced = ` ${texts.join(' ')} `;
  if (spacedParts.some((phrase) => spaced.includes(` ${phrase} `))) return true;
  if (texts.some(isDense)) {
    const compact = texts.join('');
    if (denseParts.some((phrase) => compact.includes(phrase))) return true;
  }
  return saysNotYou(sentence, names);
}

/** The first words between pauses, apart from greetings, fillers and the bot's name, are a dismissal. */
function saysNotYou(sentence: Sentence, names: readonly Name[]): boolean {
  for (const { from, to } of stretchesOf(sentence.words)) {
    const start = afterLead(sentence, from, to, names);
    for (let at = Math.max(from, to - longestWhole); at <= Math.min(start, to - 1); at++) {
      const texts = sentence.words.slice(at, to).map(({ text }) => text);
      const lengths = [texts.length, ...ownNameEnds(sentence, at, to, names)];
      if (lengths.some((length) => isWhole(texts.slice(0, length)))) return true;
    }
    if (start < to) return false;
  }
  return false;
}

function isWhole(texts: readonly string[]) {
  return wholes.has(texts.join(' ')) || (isDense(texts[0] ?? '') && wholes.has(texts.join('')));
}

/** "Not you Nova" */
function ownNameEnds(
  sentence: Sentence,
  start: number,
  to: number,
  names: readonly Name[],
): number[] {
  const lengths: number[] = [];
  for (let at = Math.max(start + 1, to - 4); at < to; at++) {
    if (nameAt(sentence, at, names, exactly)?.to === to) lengths.push(at - start);
  }
  return lengths;
}

function afterLead(sentence: Sentence, from: number, to: number, names: readonly Name[]): number {
  const { to: start } = skipLead(sentence.words, from, to, leads);
  const hit = start < to ? nameAt(sentence, start, names, exactly) : undefined;
  return hit ? skipLead(sentence.words, hit.to, to, leads).to : start;
}

function stretchesOf(
  words: readonly SentenceWord[],
): { readonly from: number; readonly to: number }[] {
  const starts = words.flatMap(({ before }, at) => (at === 0 || before === 'pause' ? [at] : []));
  return starts.map((from, index) => ({ from, to: starts[index + 1] ?? words.length }));
}
