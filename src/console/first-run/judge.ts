import { similarity } from '#src/audio/echo/similarity.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import { joined } from './joined.ts';

/** Comparison of the sound that reached a person with the sound that was sent. */
export type LikenessVerdict = {
  /** Similarity of the waveforms, 0 to 1; the same sentence through Opus gives above 0.9, another one below 0.5. */
  readonly similarity: number;
  readonly transcript: string;
  /** Part of the answer's words that the transcript holds in order. */
  readonly words: number;
};

export const neededSimilarity = 0.6;
export const neededWords = 0.6;
/**
 * Similarity from which the sound is the same sentence, and a third of the words is enough: the small recogniser guesses
 * badly now and then.
 */
const sameSimilarity = 0.9;
const neededWordsOfSame = 1 / 3;

/** Whether enough of the words were understood. */
export function isUnderstood({ similarity: sound, words }: LikenessVerdict): boolean {
  return words >= (sound >= sameSimilarity ? neededWordsOfSame : neededWords);
}

/** Listens to `heard` as a stranger would. Errors: as the transcriber's. */
export async function judgeLikeness(
  heard: Pcm,
  made: readonly Pcm[],
  answer: string,
  transcriber: Transcriber,
  signal: AbortSignal,
): Promise<LikenessVerdict> {
  const transcript = await recognise(resample(heard, 16_000), transcriber, signal);
  return {
    similarity: similarity(heard, joined(made)),
    transcript,
    words: wordsInOrder(answer, transcript),
  };
}

async function recognise(pcm: Pcm, transcriber: Transcriber, signal: AbortSignal): Promise<string> {
  for await (const update of transcriber.transcribe(pcm, signal)) {
    if (update.kind === 'final') return update.transcript.text;
  }
  return '';
}

/** Lower-case words without punctuation: `It's 5.` is `its`, `5`. */
export function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .replace(/['\u2019]/g, '')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

/** The part of `expected`'s words that `heard` holds in the same order, 0 to 1 (longest common subsequence). */
export function wordsInOrder(expected: string, heard: string): number {
  const [wanted, got] = [wordsOf(expected), wordsOf(heard)];
  if (wanted.length === 0) return 0;
  let best = new Array<number>(got.length + 1).fill(0);
  for (const word of wanted) {
    const next = [0];
    for (const [at, other] of got.entries()) {
      const [diagonal = 0, above = 0, left = 0] = [best[at], best[at + 1], next[at]];
      next.push(word === other ? diagonal + 1 : Math.max(above, left));
    }
    best = next;
  }
  return (best.at(-1) ?? 0) / wanted.length;
}
