import type { Transcript } from './ports.ts';

type Words = NonNullable<Transcript['words']>;

/** Words shifted later by `byMs`; negative: earlier, but not before 0. */
export function shiftWords(words: Words, byMs: number): Words {
  const at = (ms: number) => Math.max(0, ms + byMs);
  return words.map((word) => ({ ...word, startMs: at(word.startMs), endMs: at(word.endMs) }));
}

/** A transcript with its words, if any, shifted later by `byMs`. */
export function shiftTranscript(transcript: Transcript, byMs: number): Transcript {
  const { words } = transcript;
  return words && byMs !== 0 ? { ...transcript, words: shiftWords(words, byMs) } : transcript;
}
