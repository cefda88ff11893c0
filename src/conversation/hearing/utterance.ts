import type { Pcm } from '#src/audio/pcm.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { Transcript } from '#src/speech/ports.ts';

/** One person's utterance, whole or as far as it has come. */
export type Utterance = {
  readonly fromMs: number;
  /** Arrival of the last voiced packet. */
  readonly toMs: number;
  readonly pcm: Pcm;
};

/** An utterance in the form of a pipeline. */
export function said(
  { fromMs, toMs, pcm }: Utterance,
  speakerId: string,
  name: string,
  transcript: () => Promise<Transcript>,
): TurnUtterance {
  return { speakerId, name, fromMs, toMs, pcm, transcript };
}
