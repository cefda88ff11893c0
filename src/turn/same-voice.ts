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
/**
 * Likeness that proves one voice, by the measurements behind it. Of 7,000 pairs of people of `test/fixtures/human` who began at once nine of the 2,640
 * shortest passed 0.7, and 0.79 was the highest; from 0.8 s on one did, with 0.72, and from 1.2 s on none passed 0.655. One voice across a room reaches
 * 0.8 in three of four.
 */
const voiceProofs = [
  { count: 75, likeness: 0.66 },
  { count: 48, likeness: 0.7 },
  { count: 24, likeness: 0.75 },
] as const;
const minLouderDb = 2;
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

/** Sound of one person that two microphones heard: correlation of both, level above the own one in dB, measurements of 16 ms with a voice. */
export type SharedVoice = {
  readonly likeness: number;
  readonly louderDb: number;
  readonly count: number;
};

/** Tests by sound alone whether a voice is somebody else's, whose own microphone hears it louder. */
export function isSharedVoice({ count, likeness, louderDb }: SharedVoice): boolean {
  const isProven = voiceProofs.some(
    (proof) => count >= proof.count && likeness >= proof.likeness,
  );
  return isProven && louderDb >= minLouderDb;
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
