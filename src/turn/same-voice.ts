import { toPlainWords } from './addressing/names.ts';

/** Words of one person, the instants of their voice in ms of one clock, and its mean level in dBFS. */
export type TimedWords = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly levelDb: number | undefined;
  readonly words: string;
};

/** Two microphones of one room begin and end a voice this far apart at most: the far one misses soft sounds. */
const maxOffsetMs = 300;
/** Less than this apart in level, two people say the same words at once, as a room of friends does. */
const minLevelStepDb = 3;
/** The far microphone is recognised worse, so two of five words may differ. */
const minSharedWords = 0.6;

/**
 * Tests whether utterances of two people are one voice that the microphones of both have heard, as in a room where two
 * people sit side by side without headphones.
 *
 * @example
 * import { isSameVoice } from '#src/turn/same-voice.ts';
 *
 * const near = { fromMs: 0, toMs: 1_400, levelDb: -22, words: 'Nova, how long is the bridge?' };
 * const far = { fromMs: 60, toMs: 1_300, levelDb: -34, words: 'nova how long is a bridge' };
 * isSameVoice(near, far); // true
 */
export function isSameVoice(utterance: TimedWords, other: TimedWords): boolean {
  const levelStepDb = Math.abs((utterance.levelDb ?? 0) - (other.levelDb ?? 0));
  return (
    levelStepDb >= minLevelStepDb &&
    Math.abs(utterance.fromMs - other.fromMs) <= maxOffsetMs &&
    Math.abs(utterance.toMs - other.toMs) <= maxOffsetMs &&
    measureSharedWords(utterance.words, other.words) >= minSharedWords
  );
}

/** Share of the words of the longer text that the other text has too, from 0 to 1. */
function measureSharedWords(text: string, otherText: string) {
  const texts = [text, otherText].map(splitWords);
  const [shorter = [], longer = []] = texts.toSorted((a, b) => a.length - b.length);
  const rest = [...shorter];
  let shared = 0;
  for (const word of longer) {
    const index = rest.indexOf(word);
    if (index < 0) continue;
    rest.splice(index, 1);
    shared++;
  }
  return longer.length === 0 ? 0 : shared / longer.length;
}

function splitWords(text: string) {
  const words = toPlainWords(text)
    .split(' ')
    .filter((word) => word !== '');
  // Languages without spaces are compared by their characters.
  return words.length > 1 ? words : [...words.join('')];
}
