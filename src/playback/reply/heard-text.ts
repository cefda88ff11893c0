import { type Sounding, wordTimes } from './word-times.ts';

/** How much of one spoken sentence is known to have left. */
export type SpokenSentence = Sounding & { readonly sentMs: number };

/**
 * Sound that may lack without a word missing: three frames, since a sentence ends in silence
 * and the link may refuse a packet.
 */
const spareMs = 60;

/** The words people heard: whole sentences, and of the one that was cut those that were over by then. */
export function heardText(sentences: readonly SpokenSentence[]): string {
  return sentences
    .map(heardOf)
    .filter((text) => text !== '')
    .join(' ');
}

function heardOf(sentence: SpokenSentence): string {
  const { text, sentMs, soundMs, whole } = sentence;
  if (sentMs <= 0) return '';
  if (whole && sentMs >= soundMs - spareMs) return text.trim();
  const heard = wordTimes(sentence).findLast(({ toMs }) => toMs <= sentMs);
  return text.slice(0, heard?.to ?? 0).trim();
}
