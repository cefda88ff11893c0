import { similarity } from '#src/audio/echo/similarity.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import { joined } from './joined.ts';
import { wordsInOrder } from './words.ts';

/** Comparison of the sound that reached a person with the sound that was sent. */
export type LikenessVerdict = {
  /** Of the waveforms, 0 to 1; the same sentence through Opus gives above 0.9, another one below 0.5. */
  readonly similarity: number;
  readonly transcript: string;
  /** Part of the answer's words that the transcript holds in order. */
  readonly words: number;
};

export const neededSimilarity = 0.6;
export const neededWords = 0.6;
/** From this similarity on the sound is the same sentence, and a third of the words is enough: the small recogniser guesses badly now and then. */
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
