/** How much of one spoken sentence is known to have left. */
export type SpokenSentence = {
  readonly text: string;
  readonly sentMs: number;
  /** Length of the sound so far. */
  readonly soundMs: number;
  /** False while more sound of it may come. */
  readonly whole: boolean;
};

/**
 * Sound that may lack without a word missing: three frames, since a sentence ends in silence
 * and the link may refuse a packet.
 */
const spareMs = 60;

/** Ordinary pace, about 15 characters a second: for a sentence whose sound had not all come when it was cut. */
const characterMs = 65;

const words = new Intl.Segmenter(undefined, { granularity: 'word' });

/** The words people heard: whole sentences, and of the one that was cut those that were over by then. */
export function heardText(sentences: readonly SpokenSentence[]): string {
  return sentences
    .map(heardOf)
    .filter((text) => text !== '')
    .join(' ');
}

function heardOf({ text, sentMs, soundMs, whole }: SpokenSentence): string {
  if (sentMs <= 0) return '';
  if (whole && sentMs >= soundMs - spareMs) return text.trim();
  const lengthMs = whole ? soundMs : Math.max(soundMs, text.length * characterMs);
  return wholeWords(text.trim(), sentMs / lengthMs);
}

/** The words that lie wholly inside the first `share` of `text`; works for scripts without spaces, too. */
function wholeWords(text: string, share: number): string {
  const end = share * text.length;
  let heard = 0;
  for (const { index, segment } of words.segment(text)) {
    if (index + segment.length > end) break;
    heard = index + segment.length;
  }
  return text.slice(0, heard).trimEnd();
}
