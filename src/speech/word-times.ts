import type { Transcript } from './ports.ts';

/** A transcript whose words are so much later, in ms; negative: earlier, but not before 0. */
export function shiftWords(transcript: Transcript, byMs: number): Transcript {
  const { words } = transcript;
  if (!words || byMs === 0) return transcript;
  const at = (ms: number) => Math.max(0, ms + byMs);
  const shifted = words.map((word) => {
    return { ...word, startMs: at(word.startMs), endMs: at(word.endMs) };
  });
  return { ...transcript, words: shifted };
}
